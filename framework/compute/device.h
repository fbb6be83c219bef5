/* compute/device.h: everything numerical, behind one table of operations on handles.
 *
 * Memory of a device is reached by places (buffer, offset), never by addresses, so that another device can come behind
 * the same table. Activations are float32, images (sample, height, width, channels); parameters stay in the flat
 * vector's layout (linear: out, in; convolution: out, in, kernel height, kernel width) and are repacked by the
 * operations.
 *
 * An operation is a record (struct op), filled once, when a program is made; a call adds the run: how many samples,
 * which mode. The results of every operation are the same bytes for any number of threads. Operations allocate nothing:
 * reserve does, when the program is made. Failures (only reserve, create and custom operations have any) are sticky in
 * status.
 */
#ifndef COMPUTE_DEVICE_H
#define COMPUTE_DEVICE_H

#include <strait/curve.h> /* STRAIT_MAX_POINTS */
#include <strait/model.h> /* strait_operation */

#include "compute/operations.h"

struct device;

/* A place in device memory: a buffer and an offset in words of 4 bytes. */
typedef struct place {
  int32_t buffer; /* 0: no place */
  int32_t reserved;
  int64_t offset;
} place;
static inline place place_plus(place p, int64_t words) { return p.offset += words, p; }
static inline int place_is(place p) { return p.buffer != 0; }
#define NO_PLACE ((place){0, 0, 0})

/* What a call adds to an operation's record. */
struct run {
  int64_t samples;       /* at most the batch the program was made for */
  int batch_statistics;  /* batch norm: 1 from the batch, 0 the running ones */
  int update_statistics; /* batch norm: 1 moves the running ones towards the batch's */
  int dropout;           /* 1: dropout is on */
  int carry;             /* 1: state that is carried from step to step moves on */
  int64_t iteration;     /* of the training: the dropout streams' index */
  uint64_t seed;         /* of the dropout streams */
};

/* In all records: dx += instead of = where accumulate_dx is set; so for parameter gradients with accumulate_dw. A dx or
 * parameter gradient that is NO_PLACE is not wanted. x and dx may not overlap unless said. */

/* y = x W^T + b, then max(0, y) if relu. x: (samples*positions, in), W: (out, in), b: (out) or NO_PLACE. backward: with
 * relu, dy is first masked by y > 0 (dy is overwritten). */
struct linear_op {
  int64_t positions, in, out;
  int relu, accumulate_dx, accumulate_dw;
  place x, w, b, y;
  place dy, dx, dw, db;
};
/* Cross-correlation. x: (samples, height, width, in), W: (out, in, kernel[0], kernel[1]), y: (samples, out_height,
 * out_width, out). relu as above.
 * norm: NO_PLACE, or those 3*in words of a batch norm: what is convolved is its y, made of x here, cut at 0 if
 * norm_relu; dx is the gradient of that.
 * add: NO_PLACE, or what is added to y, before ReLU; it may be y's own place, and its gradient is dy.
 * exact: 1 keeps it to direct sums, where otherwise a device may take an algorithm that rounds differently (Winograd's)
 * for the shapes for which it pays. */
struct conv_op {
  int64_t in, height, width, out, out_height, out_width;
  int64_t kernel[2], stride[2], padding[2];
  int relu, accumulate_dx, accumulate_dw;
  int exact, norm_relu;
  place x, norm, w, b, add, y;
  place dy, dx, dw, db;
};
/* Batch norm over (samples*positions), per channel; then max(0, y) if relu. saved: 6*channels words: batch mean, 1 /
 * sqrt(biased variance + epsilon), unbiased variance, written with batch statistics; then the mean, the factor and the
 * shift by which the last forward pass made y = (x - mean) * factor + shift. With running statistics backward treats
 * them as constants. y may be x's place in evaluation only, and NO_PLACE when all who read it take x and these three
 * instead. */
struct norm_op {
  int64_t positions, channels;
  double momentum, epsilon;
  int relu, accumulate_dx, accumulate_dw;
  place x, scale, shift, running_mean, running_variance, y, saved;
  place dy, dx, dscale, dshift;
};
/* max_pool and avg_pool: windows over height and width. index: samples*out_height*out_width*channels words, max only:
 * where the maximum was (position in the window; NO_PLACE in evaluation). An average divides by the whole window
 * (padding counted). */
struct pool_op {
  int64_t channels, height, width, out_height, out_width;
  int64_t kernel[2], stride[2], padding[2];
  int accumulate_dx;
  place x, y, index;
  place dy, dx;
};
/* relu, add and multiply, element by element over `count` floats a sample: y = max(0,x), dx by y > 0; y = x + b, dx and
 * db from dy; y = x b. Of relu and add, y may be x's place, and dx dy's. dx and db may be one place, which then gets
 * both. */
struct map_op {
  int64_t count;
  int accumulate_dx, accumulate_db;
  place x, b, y;
  place dy, dx, db;
};
/* (positions, channels) to (channels, positions). */
struct flatten_op {
  int64_t positions, channels;
  int accumulate_dx;
  place x, y;
  place dy, dx;
};
/* slice: y is a part of x; pad: x is a part of y, which is 0 elsewhere. Sizes, and where the part's elements are in the
 * whole, are of (height, width, channels). */
struct slice_op {
  int64_t whole[3], part[3], first[3], step[3];
  int accumulate_dx;
  place x, y;
  place dy, dx;
};
/* The mask is a pure function of (run.seed, stream, run.iteration, element); nothing is kept. */
struct dropout_op {
  int64_t count;
  double probability;
  uint64_t stream;
  int accumulate_dx;
  place x, y;
  place dy, dx;
};
/* What has no record of its own: inputs and parameters, and settings that only its layer and the devices understand.
 * custom: a plugin's operation, called on fixed blocks of samples. */
#define OP_SLOTS 8
#define OP_SETTINGS 8
struct plain_op {
  uint32_t inputs, parameters;
  int64_t input_size[OP_SLOTS]; /* floats a sample */
  int64_t parameter_size[OP_SLOTS];
  int64_t output_size;
  int64_t integer[OP_SETTINGS];
  double real[OP_SETTINGS];
  int accumulate_dx[OP_SLOTS], accumulate_dw;
  place x[OP_SLOTS], w[OP_SLOTS], y, aux;
  place state; /* a layer's, (samples, its words): what the step before left, where run.carry says so replaced by this
                  one's */
  place dy, dx[OP_SLOTS], dw[OP_SLOTS];
  const void *self; /* custom: the model's instance, and the operation */
  const strait_operation *operation;
};
/* The mean loss over (samples*positions) rows. Cross-entropy: target holds int32 classes, or -1: this row has no
 * target, adds nothing to the sums, not even to their rows, and its gradient is 0; the smoothed target puts
 * smoothing/classes on every class. Squared error: target holds (rows, classes) floats; a row's loss is the mean over
 * its entries (PyTorch's MSELoss). gradient (or NO_PLACE) gets d(mean loss)/d(output); sums a struct loss_sums; each
 * (or NO_PLACE) a struct loss_row for every row. */
struct loss_op {
  int64_t positions, classes;
  double smoothing;
  int squared;
  place output, target, gradient, sums, each;
};
/* Sums over the rows, in double, summed in one fixed order. nll: of the unsmoothed cross-entropy (or the squared
 * error). */
struct loss_sums {
  int64_t rows, errors;
  double loss, nll;
};
struct loss_row {
  double nll;
  int64_t error; /* the first largest output is another class's, or the outputs are not numbers; -1: no target */
};
#define WORDS_OF(type) ((int64_t)(sizeof(type) / 4))
/* y = exp(x) / sum exp(x), a row of `classes` at a time. */
struct softmax_op {
  int64_t positions, classes;
  place x, y;
};

struct op {
  uint32_t kind;    /* OP_... */
  uint32_t element; /* STRAIT_F32: of what it computes */
  union {
    struct linear_op linear;
    struct conv_op conv;
    struct norm_op norm;
    struct pool_op pool;
    struct map_op map;
    struct flatten_op flatten;
    struct slice_op slice;
    struct dropout_op dropout;
    struct plain_op plain;
    struct loss_op loss;
    struct softmax_op softmax;
  };
};

/* One pass over memory for all control points of a curve (or the one of a plain training):
 *   g = gradient_scale * gradient + weight_decay * w;
 *   for each free point i: v_i = momentum v_i + c_i g;  theta_i -= rate * (nesterov ? c_i g + momentum v_i : v_i);
 *   w = sum_i next_i theta_i.
 * first: the momentum buffer's first use (v_i = c_i g; PyTorch). adam != 0: AdamW instead, with v_i and s_i, step
 * counted from 1, decoupled decay on w's own share (theta_i *= 1 - rate*weight_decay) and g without decay. Applies to
 * words offset..offset+count of every place. The new w is, bit for bit, what combine makes of the new theta and next.
 * With one point, next[0] = 1, w may be theta[0]'s own place. */
#define MAX_POINTS STRAIT_MAX_POINTS
struct update_op {
  int64_t offset, count;
  int points;
  place theta[MAX_POINTS], velocity[MAX_POINTS], square[MAX_POINTS]; /* velocity NO_PLACE: the point is fixed */
  double coefficient[MAX_POINTS], next[MAX_POINTS];
  place w, gradient;
  double gradient_scale, rate, momentum, weight_decay;
  int nesterov, first;
  int adam;
  int64_t step;
  double beta1, beta2, epsilon;
};

enum { FORWARD = 1, BACKWARD = 2 };

/* What one call of an operation needs: multiply-adds, words read and written. */
struct counts {
  double multiply_adds, words;
};

/* What a device is, for people and for records. */
struct device_facts {
  const char *name;    /* "cpu" */
  const char *kernels; /* "avx512"; what decides the last digits */
};

struct device_ops {
  /* Buffers. Zeroed, 64-byte aligned; words may be 0. */
  int (*create)(struct device *d, int64_t words, place *at);
  void (*destroy)(struct device *d, place at);
  void (*upload)(struct device *d, place to, const void *from, int64_t words);
  void (*download)(struct device *d, void *to, place from, int64_t words);
  void (*copy)(struct device *d, place to, place from, int64_t words);
  void (*fill)(struct device *d, place to, float value, int64_t words);

  /* Operations. supports: 1 if it can run this record. reserve makes sure that scratch memory for it with up to
   * `samples` samples is there; directions: FORWARD | BACKWARD. run goes one direction. */
  int (*supports)(const struct device *d, const struct op *op);
  int (*reserve)(struct device *d, const struct op *op, int64_t samples, int directions);
  void (*run)(struct device *d, const struct op *op, int direction, const struct run *run);

  /* Vectors. to = sum c_i from_i (points whose c is 0 are not read; a single 1 is a copy, bit for bit). */
  void (*combine)(struct device *d, int64_t words, int points, const place *from, const double *c, place to);
  void (*update)(struct device *d, const struct update_op *op);
  double (*dot)(struct device *d, int64_t words, place a, place b);              /* sum a_i b_i, in double */
  double (*distance_squared)(struct device *d, int64_t words, place a, place b); /* sum (a_i - b_i)^2 */

  int (*status)(struct device *d); /* the sticky failure, its cause given to this thread's chain; STRAIT_OK */
  void (*free)(struct device *d);
  void (*describe)(const struct device *d, struct device_facts *facts);
};

struct device {
  const struct device_ops *ops;
};
static inline int device_status(struct device *d) { return d->ops->status(d); }
static inline void device_run(struct device *d, const struct op *op, int direction, const struct run *run) {
  d->ops->run(d, op, direction, run);
}
static inline struct device_facts device_facts(const struct device *d) {
  struct device_facts facts;
  d->ops->describe(d, &facts);
  return facts;
}

/* Makes a device by its name: NULL or "cpu" is the CPU, on a team of threads; "guarded", for tests, the same with its
 * buffers PROT_NONE outside operations, so that code that peeks faults. kernels: NULL for the best this CPU has (or
 * STRAIT_KERNELS from the environment), or "portable", "avx2", "avx512". */
struct team;
int device_create(struct device **device, const char *name, struct team *team, const char *kernels);
void device_free(struct device *device); /* NULL is nothing */
/* Is there a device of this name for experiments? Else the error names the nearest. */
int device_known(const char *name);

#endif
