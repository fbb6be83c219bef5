/* cli/bench.c: steps on made-up data, timed. Training steps are those of train/training.c, on one batch that stays on
 * the device. Reads /proc/self for the memory, and nothing else. */
#include <config.h>

#include "cli/bench.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strait/schedule.h>
#include <string.h>

#include "base/error.h"
#include "compute/random.h"
#include "train/training.h"

#define RATE 1e-3                     /* small: made-up labels are not learnt, and nothing may diverge */
#define MOST_STEPS ((int64_t)1 << 40) /* a training's horizon */

struct bench {
  const struct bench_plan *plan;
  struct network *network;
  struct device *device;
  struct timed *timed;
  struct arena *arena;
  int64_t resident; /* bytes, before the network */
};
/* One phase: what its steps need. */
struct bench_session {
  struct bench *bench;
  strait_object *schedule;
  struct optimiser_keys keys;
  struct training *training;
  struct program *program; /* evaluation; then there is no training */
};

/* ---- a schedule ---- */

static double flat_rate(const void *self, const strait_step *step) {
  (void)self, (void)step;
  return RATE;
}
static const strait_schedule_ops flat_ops = {.size = sizeof flat_ops, .rate = flat_rate};
static const strait_class flat = {
    STRAIT_CLASS_BARE(STRAIT_SCHEDULE, "flat", "1.0", "a small rate", strait_object, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};

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

/* Resets the high-water mark. Where this is refused, a mark of an earlier phase may stay: the phases run in the
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

/* ---- a phase ---- */

/* Made-up data. */
static int make_batch(const struct bench_plan *plan, float **x, int32_t **y) {
  const int64_t words = plan->batch * signature_words(&plan->signature);
  const struct stream stream = stream_of(1, "bench", 0);
  *x = memory_alloc((size_t)words, sizeof **x);
  *y = memory_alloc((size_t)plan->batch, sizeof **y);
  if (!*x || !*y)
    return error_failure();
  stream_normals(&stream, *x, words);
  for (int64_t i = 0; i < plan->batch; i++)
    (*y)[i] = (int32_t)(i % plan->signature.classes);
  return STRAIT_OK;
}

/* A training from fresh weights, or from points evenly spaced between two ends of their own seeds. */
static int load_training(struct bench_session *s) {
  const struct network *network = s->bench->network;
  struct snapshot *snapshot = NULL;
  float *first = memory_alloc((size_t)network_weights(network)->count, sizeof *first);
  float *last = memory_alloc((size_t)network_weights(network)->count, sizeof *last);
  int status = first && last ? training_snapshot(s->training, &snapshot) : error_failure();
  if (!status) {
    network_initialise(network, 2, last, snapshot->statistics);
    network_initialise(network, 1, first, snapshot->statistics);
    if (snapshot->points > 1)
      snapshot_spread(snapshot, first, last);
    else
      memcpy(snapshot->theta[0], first, (size_t)snapshot->count * sizeof *first);
    status = training_load(s->training, snapshot);
  }
  snapshot_free(snapshot);
  memory_free(last);
  memory_free(first);
  return status;
}

static int open_training(struct bench_session *s, const strait_object *curve, const struct batch *batch) {
  int status = options_default(&optimiser_options, &s->keys, s->bench->arena);
  s->keys.weight_decay = 5e-4;
  s->keys.exact = s->bench->plan->exact;
  if (!status)
    status = object_create(&s->schedule, &flat, "bench", 1, NULL, 0);
  const struct training_plan plan = {.network = s->bench->network,
                                     .batch = batch,
                                     .device = s->bench->device,
                                     .schedule = s->schedule,
                                     .curve = curve,
                                     .keys = &s->keys,
                                     .iterations = MOST_STEPS};
  if (!status)
    status = training_create(&s->training, &plan);
  return status ? status : load_training(s);
}

static int open_evaluation(struct bench_session *s, const struct batch *batch) {
  const struct network *network = s->bench->network;
  const struct device_ops *ops = s->bench->device->ops;
  const int64_t count = network_weights(network)->count, buffers = network_statistics(network)->count;
  float *weights = memory_alloc((size_t)count, sizeof *weights);
  float *statistics = memory_alloc((size_t)buffers, sizeof *statistics);
  int status = weights && statistics ? STRAIT_OK : error_failure();
  if (!status)
    status = program_create(&s->program, network, s->bench->device, batch->samples,
                            PROGRAM_EVALUATE | (s->bench->plan->exact ? PROGRAM_EXACT : 0), 0);
  if (!status) {
    network_initialise(network, 1, weights, statistics);
    ops->upload(s->bench->device, program_weights(s->program), weights, count);
    if (buffers)
      ops->upload(s->bench->device, program_statistics(s->program), statistics, buffers);
    ops->upload(s->bench->device, program_input(s->program), batch->x,
                batch->samples * signature_words(&s->bench->plan->signature));
    ops->upload(s->bench->device, program_target(s->program), batch->target, batch->samples);
  }
  memory_free(weights);
  memory_free(statistics);
  return status;
}

static int session_open(struct bench_session *s, struct bench *bench, int phase) {
  const struct bench_plan *plan = bench->plan;
  float *x;
  int32_t *y;
  *s = (struct bench_session){.bench = bench};
  int status = make_batch(plan, &x, &y);
  const struct batch batch = {.samples = plan->batch, .x = x, .target = y};
  if (!status && phase == BENCH_EVALUATE)
    status = open_evaluation(s, &batch);
  else if (!status)
    status = open_training(s, phase == BENCH_CURVE ? plan->curve : NULL, &batch);
  memory_free(x);
  memory_free(y);
  return status;
}

static void session_close(struct bench_session *s) {
  training_free(s->training);
  program_free(s->program);
  object_free(s->schedule);
}

/* ---- timing ---- */

static int steps(struct bench_session *s, int64_t count) {
  const struct run run = {.samples = s->bench->plan->batch};
  struct loss_sums sums;
  if (s->training)
    return training_run(s->training, training_iteration(s->training) + count, 0);
  for (int64_t i = 0; i < count; i++) {
    program_forward(s->program, &run);
    program_loss(s->program, &run, &sums);
  }
  return program_status(s->program);
}

static int timed_steps(struct bench_session *s, int64_t count, double *seconds) {
  const double begin = timed_now(s->bench->plan->clock);
  int status = steps(s, count);
  *seconds = timed_now(s->bench->plan->clock) - begin;
  return status;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The first step touches all memory; the second says how many make a repeat. */
static int measure(struct bench_session *s, struct bench_phase *phase) {
  const struct bench_plan *plan = s->bench->plan;
  double seconds, *rate = arena_alloc(s->bench->arena, (size_t)plan->repeats, sizeof *rate);
  if (!rate || steps(s, 1) || timed_steps(s, 1, &seconds))
    return error_failure();
  phase->steps = seconds > 0 ? (int64_t)fmin(fmax(1, ceil(plan->seconds / seconds)), 1e6) : 1;
  timed_reset(s->bench->timed);
  for (int64_t i = 0; i < plan->repeats; i++) {
    if (timed_steps(s, phase->steps, &seconds))
      return error_failure();
    phase->total += seconds;
    rate[i] = seconds > 0 ? (double)(phase->steps * plan->batch) / seconds : 0;
  }
  qsort(rate, (size_t)plan->repeats, sizeof *rate, by_size);
  phase->least = rate[0];
  phase->most = rate[plan->repeats - 1];
  phase->median = (rate[(plan->repeats - 1) / 2] + rate[plan->repeats / 2]) / 2;
  return STRAIT_OK;
}

static int measure_phase(struct bench *bench, int number, struct bench_phase *phase) {
  struct bench_session s;
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
