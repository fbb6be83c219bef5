/* align/match_activations.c: matching by activations. Both networks run side by side, step by step; where a layer with
 * weights reads, the products of one's units with the other's are summed by the device (as the gradient of a dense
 * layer: dw = dy^T x), batch by batch in double here. */
#include <math.h>
#include <string.h>

#include "align/assign.h"
#include "align/match.h"
#include "base/error.h"
#include "base/stop.h"
#include "compute/device.h"

/* What one tap saw. */
struct seen {
  double *sum[2], *square[2]; /* for each channel, of a and of b */
  double *product;            /* (channels of a, channels of b) */
};

struct observation {
  struct matching *m;
  struct device *device;
  struct feeder *feeder;
  struct program *program[2]; /* of a, of b */
  struct seen *seen;          /* for each tap */
  int64_t rows;               /* samples so far */
  place product;
  float *room; /* a batch of one tap's outputs, or its products */
};

static void observation_free(struct observation *o) {
  for (int t = 0; o->seen && t < o->m->channels->taps; t++) {
    memory_free(o->seen[t].sum[0]);
    memory_free(o->seen[t].product);
  }
  memory_free(o->seen);
  memory_free(o->room);
  if (place_is(o->product))
    o->device->ops->destroy(o->device, o->product);
  program_free(o->program[0]);
  program_free(o->program[1]);
  feeder_free(o->feeder);
}

static int make_room(struct observation *o, int64_t batch) {
  const struct channels *channels = o->m->channels;
  int64_t squares = 1, words = 1;
  o->seen = memory_alloc((size_t)channels->taps, sizeof *o->seen);
  if (!o->seen)
    return error_failure();
  for (int t = 0; t < channels->taps; t++) {
    const int64_t c = channels->tap[t].axis.count, all = batch * channels->tap[t].positions * c;
    struct seen *seen = &o->seen[t];
    seen->sum[0] = memory_alloc((size_t)c, 4 * sizeof(double));
    seen->product = memory_alloc((size_t)(c * c), sizeof(double));
    if (!seen->sum[0] || !seen->product)
      return error_failure();
    seen->sum[1] = seen->sum[0] + c;
    seen->square[0] = seen->sum[1] + c;
    seen->square[1] = seen->square[0] + c;
    squares = c * c > squares ? c * c : squares;
    words = all > words ? all : words;
  }
  words = squares > words ? squares : words;
  o->room = memory_alloc((size_t)words, sizeof *o->room);
  return o->room ? o->device->ops->create(o->device, squares, &o->product) : error_failure();
}

static int make_program(struct observation *o, int which, int64_t batch) {
  const float *weights = which ? o->m->b : o->m->a;
  const float *statistics = which ? o->m->b_statistics : o->m->a_statistics;
  const int64_t buffers = network_statistics(o->m->network)->count;
  int status = program_create(&o->program[which], o->m->network, o->device, batch, PROGRAM_EVALUATE | PROGRAM_APART, 0);
  if (status)
    return status;
  o->device->ops->upload(o->device, program_weights(o->program[which]), weights, network_weights(o->m->network)->count);
  if (buffers)
    o->device->ops->upload(o->device, program_statistics(o->program[which]), statistics, buffers);
  return STRAIT_OK;
}

/* --- looking --- */

static void add_sums(struct observation *o, struct seen *seen, int which, place output, int64_t rows,
                     int64_t channels) {
  o->device->ops->download(o->device, o->room, output, rows * channels);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < channels; c++) {
      const double x = (double)o->room[r * channels + c];
      seen->sum[which][c] += x;
      seen->square[which][c] += x * x;
    }
}

static int look(struct observation *o, int t, const place output[2], int64_t samples) {
  const struct channel_tap *tap = &o->m->channels->tap[t];
  const int64_t c = tap->axis.count;
  const struct op op = {.kind = OP_LINEAR,
                        .element = STRAIT_F32,
                        .linear = {.positions = tap->positions,
                                   .in = c,
                                   .out = c,
                                   .x = output[1],
                                   .w = o->product,
                                   .dy = output[0],
                                   .dw = o->product}};
  const struct run run = {.samples = samples};
  int status = o->device->ops->reserve(o->device, &op, samples, BACKWARD);
  if (status)
    return status;
  device_run(o->device, &op, BACKWARD, &run);
  o->device->ops->download(o->device, o->room, o->product, c * c);
  for (int64_t k = 0; k < c * c; k++)
    o->seen[t].product[k] += (double)o->room[k];
  for (int which = 0; which < 2; which++)
    add_sums(o, &o->seen[t], which, output[which], samples * tap->positions, c);
  return device_status(o->device);
}

/* Both networks on one batch; their graphs are the same, and so are their steps. */
static int look_at_batch(struct observation *o, const struct batch *batch, int64_t words) {
  const struct run run = {.samples = batch->samples};
  int status = stop_check();
  for (int which = 0; which < 2; which++)
    o->device->ops->upload(o->device, program_input(o->program[which]), batch->x, batch->samples * words);
  for (int step = 0; !status && step < program_steps(o->program[0]); step++) {
    place output[2];
    const int node = program_step(o->program[0], step, &run, &output[0]);
    program_step(o->program[1], step, &run, &output[1]);
    for (int t = 0; !status && t < o->m->channels->taps; t++)
      if (o->m->channels->tap[t].node == node)
        status = look(o, t, output, batch->samples);
  }
  o->rows += batch->samples;
  return status;
}

static int look_at_all(struct observation *o, int64_t batch) {
  const int64_t words = signature_words(network_signature(o->m->network));
  struct batch one = {0};
  int status = make_room(o, batch);
  for (int which = 0; !status && which < 2; which++)
    status = make_program(o, which, batch);
  if (!status)
    status = feeder_start(o->feeder, 1, 0);
  for (int64_t done = 0; !status;) {
    status = feeder_next(o->feeder, &one);
    if (status || !one.samples)
      break;
    status = look_at_batch(o, &one, words);
    if (!status && o->m->tick)
      status = o->m->tick(o->m->context, ++done);
  }
  for (int which = 0; !status && which < 2; which++)
    status = program_status(o->program[which]);
  return status;
}

/* --- correlations --- */

/* Of channel i of a with channel j of b; 0 where one is always the same. */
static double correlation(const struct seen *seen, int64_t channels, int64_t i, int64_t j, double rows) {
  const double mean_a = seen->sum[0][i] / rows, mean_b = seen->sum[1][j] / rows;
  const double a = seen->square[0][i] / rows - mean_a * mean_a, b = seen->square[1][j] / rows - mean_b * mean_b;
  const double both = seen->product[i * channels + j] / rows - mean_a * mean_b;
  /* what float32 leaves of a constant's variance is no signal */
  if (a <= 1e-12 * mean_a * mean_a || b <= 1e-12 * mean_b * mean_b || !(a > 0) || !(b > 0))
    return 0;
  return both / (sqrt(a) * sqrt(b));
}

/* The number of each index among those of its unit. */
static void count_indices(const struct channel_axis *axis, int g, int64_t *seen, int64_t *number) {
  memset(seen, 0, (size_t)axis->count * sizeof *seen);
  for (int64_t k = 0; k < axis->count; k++)
    if (axis->group[k] == g)
      number[k] = seen[axis->member[k]]++;
}

/* Adds a tap's correlations to the group's matrix, which is negative; returns the number of places it has of a unit. */
static int64_t add_tap(const struct observation *o, int t, int g, double *cost, int64_t *scratch) {
  const struct channel_axis *axis = &o->m->channels->tap[t].axis;
  const int64_t size = o->m->channels->group[g].size, channels = axis->count;
  const double rows = (double)(o->rows * o->m->channels->tap[t].positions);
  int64_t *number = scratch + channels, places = 0;
  count_indices(axis, g, scratch, number);
  for (int64_t i = 0; i < channels; i++) {
    if (axis->group[i] != g)
      continue;
    places = number[i] + 1 > places ? number[i] + 1 : places;
    for (int64_t j = 0; j < channels; j++)
      if (axis->group[j] == g && number[j] == number[i])
        cost[axis->member[i] * size + axis->member[j]] -= correlation(&o->seen[t], channels, i, j, rows);
  }
  return places;
}

/* Sums of correlations as the units are and as matched. */
static int match_group(struct observation *o, int g, double *cost, int64_t *scratch, double *before, double *after) {
  const int64_t size = o->m->channels->group[g].size;
  int64_t places = 0;
  memset(cost, 0, (size_t)(size * size) * sizeof *cost);
  for (int t = 0; t < o->m->channels->taps; t++)
    places += add_tap(o, t, g, cost, scratch);
  int status = assign(size, size, cost, o->m->order[g], NULL, NULL);
  if (status)
    return error_wrap("the units of %s: the activations are not finite", o->m->channels->group[g].name);
  for (int64_t i = 0; i < size && places; i++) {
    *before -= cost[i * size + i] / (double)places;
    *after -= cost[i * size + o->m->order[g][i]] / (double)places;
  }
  return STRAIT_OK;
}

static int match_groups(struct observation *o) {
  const struct channels *channels = o->m->channels;
  int64_t largest = 1, widest = 1, units = 0;
  for (int g = 0; g < channels->groups; g++)
    largest = channels->group[g].size > largest ? channels->group[g].size : largest;
  for (int t = 0; t < channels->taps; t++)
    widest = channels->tap[t].axis.count > widest ? channels->tap[t].axis.count : widest;
  double *cost = memory_alloc((size_t)(largest * largest), sizeof *cost), before = 0, after = 0;
  int64_t *scratch = memory_alloc((size_t)widest, 2 * sizeof *scratch);
  int status = cost && scratch ? STRAIT_OK : error_failure();
  for (int g = 0; !status && g < channels->groups; g++) {
    status = match_group(o, g, cost, scratch, &before, &after);
    units += channels->group[g].size;
  }
  o->m->before = units ? before / (double)units : 0;
  o->m->after = units ? after / (double)units : 0;
  o->m->starts = o->m->agreed = 1;
  memory_free(scratch);
  memory_free(cost);
  return status;
}

int match_activations(struct matching *m, const struct data *data, const struct feeding *feeding) {
  struct observation o = {.m = m, .device = m->device};
  m->order = channels_order(m->channels);
  int status = m->order ? feeder_create(&o.feeder, data, feeding) : error_failure();
  if (!status)
    status = look_at_all(&o, feeding->batch);
  if (!status)
    status = match_groups(&o);
  observation_free(&o);
  return status;
}
