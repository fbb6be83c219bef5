/* compute/cpu_guarded.c: the CPU's operations with every buffer PROT_NONE outside them, for tests. */
#include "compute/cpu.h"

#define OPEN(d) cpu_protect(cpu_of(d), 1)
#define CLOSE(d) cpu_protect(cpu_of(d), 0)
#define GUARD(name, parameters, arguments)                                                                             \
  static void name parameters {                                                                                        \
    OPEN(d);                                                                                                           \
    cpu_ops.name arguments;                                                                                            \
    CLOSE(d);                                                                                                          \
  }
#define GUARD_AS(type, name, parameters, arguments)                                                                    \
  static type name parameters {                                                                                        \
    OPEN(d);                                                                                                           \
    type result = cpu_ops.name arguments;                                                                              \
    CLOSE(d);                                                                                                          \
    return result;                                                                                                     \
  }
#define GUARD_OP(name, record)                                                                                         \
  GUARD(name, (struct device * d, const struct record *op, const struct run *run), (d, op, run))

static int create(struct device *d, int64_t words, place *at) { return cpu_ops.create(d, words, at); }
static void destroy(struct device *d, place at) { cpu_ops.destroy(d, at); }
GUARD(upload, (struct device * d, place to, const void *from, int64_t words), (d, to, from, words))
GUARD(download, (struct device * d, void *to, place from, int64_t words), (d, to, from, words))
GUARD(copy, (struct device * d, place to, place from, int64_t words), (d, to, from, words))
GUARD(fill, (struct device * d, place to, float value, int64_t words), (d, to, value, words))
GUARD_OP(linear_forward, linear_op)
GUARD_OP(linear_backward, linear_op)
GUARD_OP(conv_forward, conv_op)
GUARD_OP(conv_backward, conv_op)
GUARD_OP(norm_forward, norm_op)
GUARD_OP(norm_backward, norm_op)
GUARD_OP(pool_forward, pool_op)
GUARD_OP(pool_backward, pool_op)
GUARD_OP(relu_forward, map_op)
GUARD_OP(relu_backward, map_op)
GUARD_OP(add_forward, map_op)
GUARD_OP(add_backward, map_op)
GUARD_OP(flatten_forward, flatten_op)
GUARD_OP(flatten_backward, flatten_op)
GUARD_OP(dropout_forward, dropout_op)
GUARD_OP(dropout_backward, dropout_op)
GUARD_OP(custom_forward, custom_op)
GUARD_OP(custom_backward, custom_op)
GUARD(loss, (struct device * d, const struct loss_op *op, const struct run *run, struct loss_sums *sums),
      (d, op, run, sums))
GUARD(softmax, (struct device * d, int64_t rows, int64_t classes, place logits, place probabilities),
      (d, rows, classes, logits, probabilities))
GUARD(combine, (struct device * d, int64_t words, int points, const place *from, const double *c, place to),
      (d, words, points, from, c, to))
GUARD(update, (struct device * d, const struct update_op *op), (d, op))
GUARD_AS(double, dot, (struct device * d, int64_t words, place a, place b), (d, words, a, b))
GUARD_AS(double, distance_squared, (struct device * d, int64_t words, place a, place b), (d, words, a, b))

const struct device_ops guarded_ops = {
    .name = "guarded",
    .create = create,
    .destroy = destroy,
    .upload = upload,
    .download = download,
    .copy = copy,
    .fill = fill,
    .reserve_linear = cpu_reserve_linear,
    .reserve_conv = cpu_reserve_conv,
    .reserve_norm = cpu_reserve_norm,
    .reserve_custom = cpu_reserve_custom,
    .linear_forward = linear_forward,
    .linear_backward = linear_backward,
    .conv_forward = conv_forward,
    .conv_backward = conv_backward,
    .norm_forward = norm_forward,
    .norm_backward = norm_backward,
    .pool_forward = pool_forward,
    .pool_backward = pool_backward,
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .add_forward = add_forward,
    .add_backward = add_backward,
    .flatten_forward = flatten_forward,
    .flatten_backward = flatten_backward,
    .dropout_forward = dropout_forward,
    .dropout_backward = dropout_backward,
    .custom_forward = custom_forward,
    .custom_backward = custom_backward,
    .loss = loss,
    .softmax = softmax,
    .combine = combine,
    .update = update,
    .dot = dot,
    .distance_squared = distance_squared,
};
