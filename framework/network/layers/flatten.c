/* network/layers/flatten.c: to one dimension, channels first. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  node->shape = (struct shape){1, {shape_size(&node_input(graph, node, 0)->shape)}};
  return STRAIT_OK;
}

/* The same floats in the same order? */
static int alias(const struct graph *graph, const struct node *node, int training) {
  const struct shape *x = &node_input(graph, node, 0)->shape;
  (void)training;
  return x->rank != 3 || x->dims[0] == 1 || x->dims[1] * x->dims[2] == 1;
}

static void bind(const struct bound *b, struct op *op) {
  const struct shape *x = &node_input(b->graph, b->node, 0)->shape;
  op->flatten = (struct flatten_op){.positions = x->dims[1] * x->dims[2],
                                    .channels = x->dims[0],
                                    .accumulate_dx = b->accumulate[0],
                                    .x = b->x[0],
                                    .y = b->y,
                                    .dy = b->dy,
                                    .dx = b->dx[0]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct flatten_op *op = &record->flatten;
  const int moves = 1 + (direction == FORWARD ? 1 : times_written(op->dx, op->accumulate_dx));
  counts->words = (double)run->samples * moves * (double)op->positions * (double)op->channels;
}

const struct layer layer_flatten = {.name = "flatten",
                                    .op = OP_FLATTEN,
                                    .inputs = 1,
                                    .shape = shape,
                                    .channels = CHANNELS_BLOCKS,
                                    .alias = alias,
                                    .bind = bind,
                                    .counts = counts};
