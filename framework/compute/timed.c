/* compute/timed.c: the table that takes the clock around each operation. The device's memory is never looked at. */
#include <config.h>

#include "compute/timed.h"

#include "base/error.h"
#include "base/memory.h"

enum {
  LINEAR_FORWARD,
  LINEAR_BACKWARD,
  CONV_FORWARD,
  CONV_BACKWARD,
  NORM_FORWARD,
  NORM_BACKWARD,
  POOL_FORWARD,
  POOL_BACKWARD,
  RELU_FORWARD,
  RELU_BACKWARD,
  ADD_FORWARD,
  ADD_BACKWARD,
  FLATTEN_FORWARD,
  FLATTEN_BACKWARD,
  DROPOUT_FORWARD,
  DROPOUT_BACKWARD,
  CUSTOM_FORWARD,
  CUSTOM_BACKWARD,
  LOSS,
  SOFTMAX,
  COMBINE,
  UPDATE,
  MOVE,
  SUM,
  KINDS
};

static const char *const names[KINDS] = {"linear forward",
                                         "linear backward",
                                         "conv forward",
                                         "conv backward",
                                         "norm forward",
                                         "norm backward",
                                         "pool forward",
                                         "pool backward",
                                         "relu forward",
                                         "relu backward",
                                         "add forward",
                                         "add backward",
                                         "flatten forward",
                                         "flatten backward",
                                         "dropout forward",
                                         "dropout backward",
                                         "custom forward",
                                         "custom backward",
                                         "loss",
                                         "softmax",
                                         "combine",
                                         "update",
                                         "move",
                                         "sum"};

struct timed {
  struct device_ops ops; /* first: the device's table is this one, and so leads here */
  const struct device_ops *inner;
  struct device *device;
  clockid_t clock;
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

/* ---- counting; words of the activations are for one sample ---- */

static double times(int64_t a, int64_t b) { return (double)a * (double)b; }

/* How often the gradient's words move: written, and read before where they are added to. */
static int written(place at, int accumulate) { return place_is(at) ? 1 + (accumulate != 0) : 0; }

struct dense {
  double x, w, y, multiply_adds; /* words */
  double add;
};
static struct dense linear_sizes(const struct linear_op *op) {
  return (struct dense){times(op->positions, op->in), times(op->in, op->out), times(op->positions, op->out),
                        times(op->positions * op->in, op->out), 0};
}
static struct dense conv_sizes(const struct conv_op *op) {
  double w = times(op->in * op->out, op->kernel[0] * op->kernel[1]), positions = times(op->out_height, op->out_width);
  return (struct dense){times(op->in * op->height, op->width), w, positions * (double)op->out, positions * w,
                        place_is(op->add) ? positions * (double)op->out : 0};
}
static double norm_words(const struct norm_op *op) { return times(op->positions, op->channels); }
static double pool_words(const struct pool_op *op, int output) {
  return output ? times(op->channels * op->out_height, op->out_width) : times(op->channels * op->height, op->width);
}

/* ---- the operations ---- */

#define TIMED(kind, name, parameters, arguments, multiply_adds, words)                                                 \
  static void name parameters {                                                                                        \
    struct timed *t = timed_of(d);                                                                                     \
    double begin = timed_now(t->clock);                                                                                \
    t->inner->name arguments;                                                                                          \
    add(t, kind, begin, multiply_adds, words);                                                                         \
  }
/* One with a record: words are a sample's. */
#define TIMED_OP(kind, name, record, words)                                                                            \
  TIMED(kind, name, (struct device * d, const struct record *op, const struct run *run), (d, op, run), 0,              \
        (double)run->samples *(words))

static void dense_forward(struct timed *t, int kind, double begin, const struct dense *s, const struct run *run) {
  double n = (double)run->samples;
  add(t, kind, begin, n * s->multiply_adds, n * (s->x + s->y + s->add) + s->w);
}
/* dx from dy and W; dW from x and dy. */
static void dense_backward(struct timed *t, int kind, double begin, const struct dense *s, const struct run *run,
                           int dx, int dw) {
  double n = (double)run->samples;
  add(t, kind, begin, n * s->multiply_adds * ((dx > 0) + (dw > 0)),
      n * (s->y + dx * s->x + (dw > 0) * s->x) + (dx > 0) * s->w + dw * s->w);
}
#define DENSE(name, kind)                                                                                              \
  static void name##_forward(struct device *d, const struct name##_op *op, const struct run *run) {                    \
    struct timed *t = timed_of(d);                                                                                     \
    double begin = timed_now(t->clock);                                                                                \
    const struct dense s = name##_sizes(op);                                                                           \
    t->inner->name##_forward(d, op, run);                                                                              \
    dense_forward(t, kind##_FORWARD, begin, &s, run);                                                                  \
  }                                                                                                                    \
  static void name##_backward(struct device *d, const struct name##_op *op, const struct run *run) {                   \
    struct timed *t = timed_of(d);                                                                                     \
    double begin = timed_now(t->clock);                                                                                \
    const struct dense s = name##_sizes(op);                                                                           \
    t->inner->name##_backward(d, op, run);                                                                             \
    dense_backward(t, kind##_BACKWARD, begin, &s, run, written(op->dx, op->accumulate_dx),                             \
                   written(op->dw, op->accumulate_dw));                                                                \
  }
DENSE(linear, LINEAR)
DENSE(conv, CONV)

TIMED_OP(NORM_FORWARD, norm_forward, norm_op, (run->batch_statistics + 2 * place_is(op->y)) * norm_words(op))
TIMED_OP(NORM_BACKWARD, norm_backward, norm_op, (2 + written(op->dx, op->accumulate_dx)) * norm_words(op))
TIMED_OP(POOL_FORWARD, pool_forward, pool_op, pool_words(op, 0) + (1 + place_is(op->index)) * pool_words(op, 1))
TIMED_OP(POOL_BACKWARD, pool_backward, pool_op,
         written(op->dx, op->accumulate_dx) * pool_words(op, 0) + (1 + place_is(op->index)) * pool_words(op, 1))
TIMED_OP(RELU_FORWARD, relu_forward, map_op, 2 * (double)op->count)
TIMED_OP(RELU_BACKWARD, relu_backward, map_op, (2 + written(op->dx, op->accumulate_dx)) * (double)op->count)
TIMED_OP(ADD_FORWARD, add_forward, map_op, 3 * (double)op->count)
TIMED_OP(ADD_BACKWARD, add_backward, map_op,
         (1 + written(op->dx, op->accumulate_dx) + written(op->db, op->accumulate_db)) * (double)op->count)
TIMED_OP(FLATTEN_FORWARD, flatten_forward, flatten_op, 2 * times(op->positions, op->channels))
TIMED_OP(FLATTEN_BACKWARD, flatten_backward, flatten_op,
         (1 + written(op->dx, op->accumulate_dx)) * times(op->positions, op->channels))
TIMED_OP(DROPOUT_FORWARD, dropout_forward, dropout_op, 2 * (double)op->count)
TIMED_OP(DROPOUT_BACKWARD, dropout_backward, dropout_op, (1 + written(op->dx, op->accumulate_dx)) * (double)op->count)
TIMED_OP(CUSTOM_FORWARD, custom_forward, custom_op, (double)op->output_size)
TIMED_OP(CUSTOM_BACKWARD, custom_backward, custom_op, (double)op->output_size)
TIMED(LOSS, loss, (struct device * d, const struct loss_op *op, const struct run *run, struct loss_sums *sums),
      (d, op, run, sums), 0, (1 + place_is(op->gradient)) * (double)run->samples * times(op->positions, op->classes))
TIMED(SOFTMAX, softmax, (struct device * d, int64_t rows, int64_t classes, place logits, place probabilities),
      (d, rows, classes, logits, probabilities), 0, 2 * times(rows, classes))

static double combine_words(int64_t words, int points, const double *c) {
  int read = 0;
  for (int i = 0; i < points; i++)
    read += c[i] != 0;
  return times(words, read + 1);
}
TIMED(COMBINE, combine, (struct device * d, int64_t words, int points, const place *from, const double *c, place to),
      (d, words, points, from, c, to), 0, combine_words(words, points, c))

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
TIMED(UPDATE, update, (struct device * d, const struct update_op *op), (d, op), 0, update_words(op))

TIMED(MOVE, upload, (struct device * d, place to, const void *from, int64_t words), (d, to, from, words), 0,
      2 * (double)words)
TIMED(MOVE, download, (struct device * d, void *to, place from, int64_t words), (d, to, from, words), 0,
      2 * (double)words)
TIMED(MOVE, copy, (struct device * d, place to, place from, int64_t words), (d, to, from, words), 0, 2 * (double)words)
TIMED(MOVE, fill, (struct device * d, place to, float value, int64_t words), (d, to, value, words), 0, (double)words)

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
  ops->linear_forward = linear_forward;
  ops->linear_backward = linear_backward;
  ops->conv_forward = conv_forward;
  ops->conv_backward = conv_backward;
  ops->norm_forward = norm_forward;
  ops->norm_backward = norm_backward;
  ops->pool_forward = pool_forward;
  ops->pool_backward = pool_backward;
  ops->relu_forward = relu_forward;
  ops->relu_backward = relu_backward;
  ops->add_forward = add_forward;
  ops->add_backward = add_backward;
  ops->flatten_forward = flatten_forward;
  ops->flatten_backward = flatten_backward;
  ops->dropout_forward = dropout_forward;
  ops->dropout_backward = dropout_backward;
  ops->custom_forward = custom_forward;
  ops->custom_backward = custom_backward;
  ops->loss = loss;
  ops->softmax = softmax;
  ops->combine = combine;
  ops->update = update;
  ops->dot = dot;
  ops->distance_squared = distance_squared;
}

int timed_create(struct timed **timed, struct device *device, clockid_t clock) {
  struct timed *t = *timed = memory_alloc(1, sizeof *t);
  if (!t)
    return error_failure();
  t->inner = device->ops;
  t->ops = *device->ops;
  t->device = device;
  t->clock = clock;
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
