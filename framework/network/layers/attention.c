/* network/layers/attention.c: multi-head attention (Vaswani et al., 2017): for each head softmax(Q K^T / sqrt(width of
 * a head)) V, of positions that have their q, k and v side by side. Integers: heads; 1: causal, a position sees itself
 * and those before it. Its aux: for each head and position the logarithm of the sum of exponentials. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const int64_t heads = node->integer[0];
  if (node->shape.rank != 2)
    return refuse_input(graph, node, "is not (positions, features)");
  if (heads < 1 || node->shape.dims[1] % 3 || node->shape.dims[1] / 3 % heads)
    return error_set(STRAIT_EINVAL, "%s: %lld features are not q, k and v of %lld heads of equal width",
                     graph_describe(graph, node), (long long)node->shape.dims[1], (long long)heads);
  if (node->integer[1] != 0 && node->integer[1] != 1)
    return error_set(STRAIT_EINVAL, "%s: causal is %lld; it is 0 or 1", graph_describe(graph, node),
                     (long long)node->integer[1]);
  node->shape.dims[1] /= 3;
  return STRAIT_OK;
}

static struct layer_aux aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph;
  return (struct layer_aux){backward ? node->integer[0] * node->shape.dims[0] : 0, 0};
}

/* Two products over the pairs of positions, each of which takes the whole width; half the pairs if causal. */
static int64_t multiply_adds(const struct graph *graph, const struct node *node) {
  (void)graph;
  const int64_t positions = node->shape.dims[0];
  return (node->integer[1] ? positions + 1 : 2 * positions) * node->size;
}

/* integer 2: positions. */
static void bind(const struct bound *b, struct op *op) {
  bind_plain(b, op);
  op->plain.integer[2] = b->node->shape.dims[0];
}

/* Backward makes one of forward's products again, and two for each. */
static void counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  const int64_t positions = op->plain.integer[2], pairs = op->plain.integer[1] ? positions + 1 : 2 * positions;
  counts_plain(op, direction, run, counts);
  counts->multiply_adds = (double)run->samples * (double)op->plain.output_size * (double)pairs;
  if (direction == BACKWARD)
    counts->multiply_adds *= 2.5;
}

const struct layer layer_attention = {.name = "attention",
                                      .op = OP_ATTENTION,
                                      .by_name = 1,
                                      .inputs = 1,
                                      .integers = 2,
                                      .shape = shape,
                                      .channels = CHANNELS_FIXED,
                                      .multiply_adds = multiply_adds,
                                      .keeps_inputs = 1,
                                      .keeps_output = 1,
                                      .aux = aux,
                                      .bind = bind,
                                      .counts = counts};
