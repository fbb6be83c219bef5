/* compute/timed.c: the table that takes the clock around each operation. The device's memory is never looked at. */
#include <config.h>

#include "compute/timed.h"

#include "base/error.h"
#include "base/memory.h"

/* Both directions of each operation, then the rest. */
enum { COMBINE = 2 * (OP_COUNT - 1), UPDATE, MOVE, SUM, KINDS };

#define NAMES(upper, lower) [2 * (OP_##upper - 1)] = #lower " forward", #lower " backward",
static const char *const names[KINDS] = {OPERATIONS(NAMES)[COMBINE] = "combine", "update", "move", "sum"};
#undef NAMES

struct timed {
  struct device_ops ops; /* first: the device's table is this one, and so leads here */
  const struct device_ops *inner;
  struct device *device;
  clockid_t clock;
  timed_counts *layers;
  struct timing timing[KINDS];
};

static struct timed *timed_of(struct device *d) { return (struct timed *)(uintptr_t)d->ops; }

double timed_now(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void add(struct timed *t, int kind, double begin, double multiply_adds, double words) {
  struct timing *timing = &t->timing[kind];
  timing->seconds += timed_now(t->clock) - begin;
  timing->calls++;
  timing->multiply_adds += multiply_adds;
  timing->bytes += 4 * words;
}

static double times(int64_t a, int64_t b) { return (double)a * (double)b; }

/* Of the operations that are no layers. */
static void other_counts(const struct op *op, const struct run *run, struct counts *counts) {
  const double n = (double)run->samples;
  if (op->kind == OP_LOSS)
    counts->words = (1 + place_is(op->loss.gradient)) * n * times(op->loss.positions, op->loss.classes);
  else if (op->kind == OP_SOFTMAX)
    counts->words = 2 * n * times(op->softmax.positions, op->softmax.classes);
}

/* ---- the table ---- */

static void run(struct device *d, const struct op *op, int direction, const struct run *run) {
  struct timed *t = timed_of(d);
  double begin = timed_now(t->clock);
  t->inner->run(d, op, direction, run);
  if (op->kind >= OP_COUNT)
    return;
  struct counts counts = {0};
  if (op->kind >= OP_LOSS)
    other_counts(op, run, &counts);
  else
    t->layers(op, direction, run, &counts);
  add(t, 2 * ((int)op->kind - 1) + (direction == BACKWARD), begin, counts.multiply_adds, counts.words);
}

#define TIMED(kind, name, parameters, arguments, words)                                                                \
  static void name parameters {                                                                                        \
    struct timed *t = timed_of(d);                                                                                     \
    double begin = timed_now(t->clock);                                                                                \
    t->inner->name arguments;                                                                                          \
    add(t, kind, begin, 0, words);                                                                                     \
  }

static double combine_words(int64_t words, int points, const double *c) {
  int read = 0;
  for (int i = 0; i < points; i++)
    read += c[i] != 0;
  return times(words, read + 1);
}
TIMED(COMBINE, combine, (struct device * d, int64_t words, int points, const place *from, const double *c, place to),
      (d, words, points, from, c, to), combine_words(words, points, c))

static int same(place a, place b) { return a.buffer == b.buffer && a.offset == b.offset; }
/* The gradient and w are read, w is written; a free point and its moments are read and written, a fixed one read where
 * the next w has some of it. */
static double update_words(const struct update_op *op) {
  int64_t moves = 3;
  for (int i = 0; i < op->points; i++)
    if (place_is(op->velocity[i]))
      moves += (same(op->theta[i], op->w) ? 0 : 2) + 2 + (op->adam ? 2 : 0);
    else
      moves += op->next[i] != 0;
  return times(moves, op->count);
}
TIMED(UPDATE, update, (struct device * d, const struct update_op *op), (d, op), update_words(op))

TIMED(MOVE, upload, (struct device * d, place to, const void *from, int64_t words), (d, to, from, words),
      2 * (double)words)
TIMED(MOVE, download, (struct device * d, void *to, place from, int64_t words), (d, to, from, words), 2 * (double)words)
TIMED(MOVE, copy, (struct device * d, place to, place from, int64_t words), (d, to, from, words), 2 * (double)words)
TIMED(MOVE, fill, (struct device * d, place to, float value, int64_t words), (d, to, value, words), (double)words)

#define TIMED_SUM(name)                                                                                                \
  static double name(struct device *d, int64_t words, place a, place b) {                                              \
    struct timed *t = timed_of(d);                                                                                     \
    double begin = timed_now(t->clock), sum = t->inner->name(d, words, a, b);                                          \
    add(t, SUM, begin, 0, 2 * (double)words);                                                                          \
    return sum;                                                                                                        \
  }
TIMED_SUM(dot)
TIMED_SUM(distance_squared)

static void replace(struct device_ops *ops) {
  ops->upload = upload;
  ops->download = download;
  ops->copy = copy;
  ops->fill = fill;
  ops->run = run;
  ops->combine = combine;
  ops->update = update;
  ops->dot = dot;
  ops->distance_squared = distance_squared;
}

int timed_create(struct timed **timed, struct device *device, clockid_t clock, timed_counts *layers) {
  struct timed *t = *timed = memory_alloc(1, sizeof *t);
  if (!t)
    return error_failure();
  t->inner = device->ops;
  t->ops = *device->ops;
  t->device = device;
  t->clock = clock;
  t->layers = layers;
  replace(&t->ops);
  timed_reset(t);
  device->ops = &t->ops;
  return STRAIT_OK;
}

void timed_free(struct timed *timed) {
  if (timed)
    timed->device->ops = timed->inner;
  memory_free(timed);
}

void timed_reset(struct timed *timed) {
  for (int i = 0; i < KINDS; i++)
    timed->timing[i] = (struct timing){.name = names[i]};
}

const struct timing *timed_read(const struct timed *timed, size_t *count) {
  *count = KINDS;
  return timed->timing;
}
