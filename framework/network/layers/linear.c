/* network/layers/linear.c: y = x W^T + b over the last dimension. */
#include <math.h>

#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const struct shape *x = &node_input(graph, node, 0)->shape;
  if (node->out < 1)
    return error_set(STRAIT_EINVAL, "%s: %lld outputs; there must be at least 1", graph_describe(graph, node),
                     (long long)node->out);
  if (x->rank > 2)
    return refuse_input(graph, node, "has more than two dimensions: flatten it first");
  node->shape = *x;
  node->shape.dims[x->rank - 1] = node->out;
  return STRAIT_OK;
}

static double bound(const struct graph *graph, const struct node *node) {
  return 1 / sqrt((double)node_channels(node_input(graph, node, 0)));
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight", .axis = {AXIS_OUT, AXIS_IN}, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {.suffix = "bias", .axis = {AXIS_OUT}, .bias = 1, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {0}};

static void bind(const struct bound *b, struct op *op) {
  const struct node *x = node_input(b->graph, b->node, 0);
  op->linear = (struct linear_op){.positions = x->size / node_channels(x),
                                  .in = node_channels(x),
                                  .out = node_channels(b->node),
                                  .relu = b->relu,
                                  .accumulate_dx = b->accumulate[0],
                                  .accumulate_dw = b->accumulate_dw,
                                  .x = b->x[0],
                                  .w = b->w[0],
                                  .b = b->w[1],
                                  .y = b->y,
                                  .dy = b->dy,
                                  .dx = b->dx[0],
                                  .dw = b->dw[0],
                                  .db = b->dw[1]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct linear_op *op = &record->linear;
  const double positions = (double)op->positions, in = (double)op->in, out = (double)op->out;
  const struct dense dense = {.x = positions * in,
                              .w = in * out,
                              .y = positions * out,
                              .multiply_adds = positions * in * out,
                              .dx = times_written(op->dx, op->accumulate_dx),
                              .dw = times_written(op->dw, op->accumulate_dw)};
  dense_counts(&dense, direction, run, counts);
}

const struct layer layer_linear = {.name = "linear",
                                   .op = OP_LINEAR,
                                   .inputs = 1,
                                   .shape = shape,
                                   .parameters = parameters,
                                   .channels = CHANNELS_NEW,
                                   .multiply_adds = dense_multiply_adds,
                                   .fuses = FUSE_RELU,
                                   .keeps_inputs = 1,
                                   .bind = bind,
                                   .counts = counts};
