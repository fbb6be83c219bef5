/* network/layers/dropout.c: dropout, which keeps nothing: its mask is a function of the seed and the iteration. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  if (!(node->probability >= 0 && node->probability < 1))
    return error_set(STRAIT_EINVAL, "%s: probability %g; it must be at least 0 and below 1",
                     graph_describe(graph, node), node->probability);
  node->shape = node_input(graph, node, 0)->shape;
  return STRAIT_OK;
}

static int alias(const struct graph *graph, const struct node *node, int training) {
  (void)graph;
  return !training || node->probability == 0;
}

static void bind(const struct bound *b, struct op *op) {
  op->dropout = (struct dropout_op){.count = b->node->size,
                                    .probability = b->node->probability,
                                    .stream = (uint64_t)b->node->stream,
                                    .accumulate_dx = b->accumulate[0],
                                    .x = b->x[0],
                                    .y = b->y,
                                    .dy = b->dy,
                                    .dx = b->dx[0]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct dropout_op *op = &record->dropout;
  const int moves = 1 + (direction == FORWARD ? 1 : times_written(op->dx, op->accumulate_dx));
  counts->words = (double)run->samples * moves * (double)op->count;
}

const struct layer layer_dropout = {.name = "dropout",
                                    .op = OP_DROPOUT,
                                    .inputs = 1,
                                    .shape = shape,
                                    .channels = CHANNELS_SAME,
                                    .alias = alias,
                                    .bind = bind,
                                    .counts = counts};
