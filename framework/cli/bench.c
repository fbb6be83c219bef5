/* cli/bench.c: steps of a program on made-up data, timed. A step does what a training's does (train/training.c) but for
 * the reading of data. Reads /proc/self for the memory, and nothing else. */
#include <config.h>

#include "cli/bench.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strait/curve.h>
#include <string.h>

#include "base/error.h"
#include "compute/random.h"
#include "network/program.h"
#include "train/optimiser.h"

#define RATE 1e-3 /* small: made-up labels are not learnt, and nothing may diverge */

struct bench {
  const struct bench_plan *plan;
  struct network *network;
  struct device *device;
  struct timed *timed;
  struct arena *arena;
  int64_t resident; /* bytes, before the network */
};
/* One phase: the program and what its step needs. */
struct session {
  struct bench *bench;
  int phase;
  struct program *program;
  struct optimiser_keys keys;
  struct optimiser *optimiser; /* NULL: evaluation */
  const strait_curve_ops *curve;
  struct update_op update;
  int64_t steps; /* done */
};

/* ---- memory ---- */

/* "VmRSS:", "VmHWM:" of /proc/self/status, in bytes; -1 where there is no such thing. */
static int64_t process_memory(const char *key) {
  char line[256];
  long long kilobytes = -1;
  FILE *file = fopen("/proc/self/status", "re");
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), "%lld", &kilobytes) == 1)
      break;
  if (file)
    fclose(file);
  return kilobytes < 0 ? -1 : kilobytes * 1024;
}

/* Starts the high-water mark anew. Where this is refused, a mark of an earlier phase may stay: the phases run in the
 * order of what they need. */
static void forget_peak(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  FILE *file = fopen("/proc/self/clear_refs", "we");
  if (file) {
    fputs("5", file);
    fclose(file);
  }
}

/* ---- a phase's program ---- */

static int64_t sample_words(const struct signature *signature) {
  int64_t words = 1;
  for (uint32_t i = 0; i < signature->rank; i++)
    words *= signature->dims[i];
  return words;
}

static int fill_data(struct session *s) {
  const struct bench_plan *plan = s->bench->plan;
  const int64_t words = plan->batch * sample_words(&plan->signature);
  float *x = memory_alloc((size_t)words, sizeof *x);
  int32_t *y = memory_alloc((size_t)plan->batch, sizeof *y);
  if (x && y) {
    const struct stream stream = stream_of(1, "bench", 0);
    stream_normals(&stream, x, words);
    for (int64_t i = 0; i < plan->batch; i++)
      y[i] = (int32_t)(i % plan->signature.classes);
    s->bench->device->ops->upload(s->bench->device, program_input(s->program), x, words);
    s->bench->device->ops->upload(s->bench->device, program_target(s->program), y, plan->batch);
  }
  memory_free(x);
  memory_free(y);
  return x && y ? STRAIT_OK : error_failure();
}

/* Initial weights of this seed, at a place. */
static int fill_weights(struct session *s, uint64_t seed, place to) {
  struct device *d = s->bench->device;
  const int64_t count = network_weights(s->bench->network)->count;
  const int64_t buffers = network_statistics(s->bench->network)->count;
  float *weights = memory_alloc((size_t)count, sizeof *weights);
  float *statistics = memory_alloc((size_t)buffers, sizeof *statistics);
  if (weights && statistics) {
    network_initialise(s->bench->network, seed, weights, statistics);
    d->ops->upload(d, to, weights, count);
    if (buffers)
      d->ops->upload(d, program_statistics(s->program), statistics, buffers);
  }
  memory_free(weights);
  memory_free(statistics);
  return weights && statistics ? STRAIT_OK : error_failure();
}

/* How much of each control point is in the weights of step `number`. */
static void coefficients(const struct session *s, int64_t number, double *c) {
  const struct stream stream = stream_of(1, "t", (uint64_t)number);
  if (s->curve)
    s->curve->coefficients(s->bench->plan->curve, stream_double(&stream, 0), c);
  else
    c[0] = 1;
}

/* Two ends of their own seeds, and inner points evenly spaced on the segment. */
static int fill_points(struct session *s) {
  struct device *d = s->bench->device;
  const int64_t count = network_weights(s->bench->network)->count;
  const int last = s->update.points - 1;
  int status = STRAIT_OK;
  for (int i = 0; i <= last && !status; i++) {
    status = d->ops->create(d, count, &s->update.theta[i]);
    if (!status && i > 0 && i < last)
      status = d->ops->create(d, count, &s->update.velocity[i]);
  }
  if (!status)
    status = fill_weights(s, 1, s->update.theta[0]);
  if (!status)
    status = fill_weights(s, 2, s->update.theta[last]);
  const place ends[2] = {s->update.theta[0], s->update.theta[last]};
  for (int i = 1; i < last && !status; i++) {
    const double c[2] = {1 - (double)i / last, (double)i / last};
    d->ops->combine(d, count, 2, ends, c, s->update.theta[i]);
  }
  if (!status)
    d->ops->combine(d, count, s->update.points, s->update.theta, s->update.next, s->update.w);
  return status;
}

static int open_points(struct session *s) {
  struct device *d = s->bench->device;
  const struct layout *layout = network_weights(s->bench->network);
  int64_t points = 1;
  int status = options_default(&optimiser_options, &s->keys, s->bench->arena);
  s->keys.weight_decay = 5e-4;
  if (!status)
    status = optimiser_create(&s->optimiser, &s->keys, layout);
  if (s->phase == BENCH_CURVE) {
    s->curve = object_ops(s->bench->plan->curve);
    points = s->curve->points(s->bench->plan->curve);
    if (!status && (points < 2 || points > MAX_POINTS))
      status = error_set(STRAIT_EINVAL, "curve %s has %lld control points; a training takes 2 to %d",
                         s->bench->plan->curve->name, (long long)points, MAX_POINTS);
  }
  if (status)
    return status;
  s->update.points = (int)points;
  s->update.w = program_weights(s->program);
  s->update.gradient = program_gradient(s->program);
  s->update.gradient_scale = 1;
  coefficients(s, 1, s->update.next);
  if (s->curve)
    return fill_points(s);
  s->update.theta[0] = s->update.w;
  status = d->ops->create(d, layout->count, &s->update.velocity[0]);
  return status ? status : fill_weights(s, 1, s->update.w);
}

static void session_close(struct session *s) {
  struct device *d = s->bench->device;
  for (int i = 0; i < s->update.points; i++) {
    if (s->curve)
      d->ops->destroy(d, s->update.theta[i]);
    d->ops->destroy(d, s->update.velocity[i]);
  }
  optimiser_free(s->optimiser);
  program_free(s->program);
}

static int session_open(struct session *s, struct bench *bench, int phase) {
  *s = (struct session){.bench = bench, .phase = phase};
  const int use =
      (phase == BENCH_EVALUATE ? PROGRAM_EVALUATE : PROGRAM_TRAIN) | (bench->plan->exact ? PROGRAM_EXACT : 0);
  int status = program_create(&s->program, bench->network, bench->device, bench->plan->batch, use, 0);
  if (!status)
    status = phase == BENCH_EVALUATE ? fill_weights(s, 1, program_weights(s->program)) : open_points(s);
  return status ? status : fill_data(s);
}

static void step(struct session *s) {
  const int training = s->phase != BENCH_EVALUATE;
  const struct run run = {.samples = s->bench->plan->batch,
                          .batch_statistics = training,
                          .update_statistics = training,
                          .dropout = training,
                          .iteration = s->steps + 1,
                          .seed = 1};
  struct loss_sums sums;
  program_forward(s->program, &run);
  program_loss(s->program, &run, &sums);
  if (training) {
    program_backward(s->program, &run);
    memcpy(s->update.coefficient, s->update.next, sizeof s->update.next);
    coefficients(s, s->steps + 2, s->update.next);
    optimiser_step(s->optimiser, s->bench->device, &s->update, RATE, s->steps);
  }
  s->steps++;
}

/* ---- timing ---- */

static double timed_steps(struct session *s, int64_t count) {
  const double begin = timed_now(s->bench->plan->clock);
  for (int64_t i = 0; i < count; i++)
    step(s);
  return timed_now(s->bench->plan->clock) - begin;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The first step touches all memory; the second says how many make a repeat. */
static int measure(struct session *s, struct bench_phase *phase) {
  const struct bench_plan *plan = s->bench->plan;
  double *rate = arena_alloc(s->bench->arena, (size_t)plan->repeats, sizeof *rate);
  if (!rate)
    return error_failure();
  step(s);
  const double one = timed_steps(s, 1);
  phase->steps = one > 0 ? (int64_t)fmin(fmax(1, ceil(plan->seconds / one)), 1e6) : 1;
  timed_reset(s->bench->timed);
  for (int64_t i = 0; i < plan->repeats; i++) {
    const double seconds = timed_steps(s, phase->steps);
    phase->total += seconds;
    rate[i] = seconds > 0 ? (double)(phase->steps * plan->batch) / seconds : 0;
  }
  qsort(rate, (size_t)plan->repeats, sizeof *rate, by_size);
  phase->least = rate[0];
  phase->most = rate[plan->repeats - 1];
  phase->median = (rate[(plan->repeats - 1) / 2] + rate[plan->repeats / 2]) / 2;
  return program_status(s->program);
}

static int measure_phase(struct bench *bench, int number, struct bench_phase *phase) {
  struct session s;
  int status = session_open(&s, bench, number);
  forget_peak();
  if (!status)
    status = measure(&s, phase);
  const int64_t peak = process_memory("VmHWM:");
  phase->peak_bytes = peak < 0 || bench->resident < 0 ? -1 : peak - bench->resident;
  phase->multiply_adds =
      (number == BENCH_EVALUATE ? 1 : 3) * (double)network_multiply_adds(bench->network) * (double)bench->plan->batch;
  const struct timing *timing = timed_read(bench->timed, &phase->operator_count);
  phase->operators = memory_alloc(phase->operator_count, sizeof *timing);
  if (phase->operators)
    memcpy(phase->operators, timing, phase->operator_count * sizeof *timing);
  else if (!status)
    status = error_failure();
  session_close(&s);
  return status;
}

int bench_run(const struct bench_plan *plan, struct bench_result *result) {
  struct bench bench = {.plan = plan, .arena = arena_create()};
  *result = (struct bench_result){0};
  int status = bench.arena ? device_create(&bench.device, NULL, plan->team, NULL) : error_failure();
  if (!status)
    status = timed_create(&bench.timed, bench.device, plan->clock, network_counts);
  forget_peak();
  bench.resident = process_memory("VmRSS:");
  if (!status)
    status = network_create(&bench.network, plan->model, &plan->signature);
  if (!status) {
    result->kernels = device_facts(bench.device).kernels;
    result->parameters = network_weights(bench.network)->count;
    result->multiply_adds = network_multiply_adds(bench.network);
  }
  for (int i = 0; i < BENCH_PHASES && !status; i++)
    if (plan->phases >> i & 1)
      status = measure_phase(&bench, i, &result->phase[i]);
  network_free(bench.network);
  timed_free(bench.timed);
  device_free(bench.device);
  arena_free(bench.arena);
  return status;
}

void bench_free(struct bench_result *result) {
  for (int i = 0; i < BENCH_PHASES; i++)
    memory_free(result->phase[i].operators);
}
