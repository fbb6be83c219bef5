/* network/layers/map.c: element by element: relu, add, multiply, constant. */
#include "network/layers/layer.h"

#include <float.h>
#include <math.h>

static int pair_shape(struct graph *graph, struct node *node) {
  const struct node *x = node_input(graph, node, 0), *b = node_input(graph, node, 1);
  char x_text[SHAPE_TEXT], b_text[SHAPE_TEXT];
  if (!shape_equal(&x->shape, &b->shape))
    return error_set(STRAIT_EINVAL, "%s of %s %s and %s %s: the shapes must be equal", node->layer->name,
                     graph_operand(graph, x), shape_text(&x->shape, x_text), graph_operand(graph, b),
                     shape_text(&b->shape, b_text));
  node->shape = x->shape;
  return STRAIT_OK;
}

static void bind(const struct bound *b, struct op *op) {
  op->map = (struct map_op){.count = b->node->size,
                            .accumulate_dx = b->accumulate[0],
                            .accumulate_db = b->accumulate[1],
                            .x = b->x[0],
                            .b = b->x[1],
                            .y = b->y,
                            .dy = b->dy,
                            .dx = b->dx[0],
                            .db = b->dx[1]};
}

static void relu_counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct map_op *op = &record->map;
  const int moves = 2 + (direction == FORWARD ? 0 : times_written(op->dx, op->accumulate_dx));
  counts->words = (double)run->samples * moves * (double)op->count;
}

static void add_counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct map_op *op = &record->map;
  const int moves = direction == FORWARD
                        ? 3
                        : 1 + times_written(op->dx, op->accumulate_dx) + times_written(op->db, op->accumulate_db);
  counts->words = (double)run->samples * moves * (double)op->count;
}

const struct layer layer_relu = {.name = "relu",
                                 .op = OP_RELU,
                                 .inputs = 1,
                                 .channels = CHANNELS_SAME,
                                 .fused = FUSE_RELU,
                                 .keeps_output = 1,
                                 .in_place = IN_PLACE,
                                 .gradient_in_place = 1,
                                 .bind = bind,
                                 .counts = relu_counts};
const struct layer layer_add = {.name = "add",
                                .op = OP_ADD,
                                .inputs = 2,
                                .shape = pair_shape,
                                .channels = CHANNELS_UNITE,
                                .fused = FUSE_ADD,
                                .in_place = IN_PLACE,
                                .hands_on = 1,
                                .commutes = 1,
                                .bind = bind,
                                .counts = add_counts};

static void multiply_counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct map_op *op = &record->map;
  const int moves = direction == FORWARD
                        ? 3
                        : 3 + times_written(op->dx, op->accumulate_dx) + times_written(op->db, op->accumulate_db);
  counts->words = (double)run->samples * moves * (double)op->count;
}

const struct layer layer_multiply = {.name = "multiply",
                                     .op = OP_MULTIPLY,
                                     .by_name = 1,
                                     .inputs = 2,
                                     .shape = pair_shape,
                                     .channels = CHANNELS_UNITE,
                                     .keeps_inputs = 1,
                                     .bind = bind,
                                     .counts = multiply_counts};

/* Its input gives the shape alone. Any order of its channels is the same. */
static int constant_shape(struct graph *graph, struct node *node) {
  if (!isfinite(node->real[0]) || fabs(node->real[0]) > FLT_MAX)
    return error_set(STRAIT_EINVAL, "%s: value %g; it must be a finite float32", graph_describe(graph, node),
                     node->real[0]);
  return STRAIT_OK;
}

const struct layer layer_constant = {.name = "constant",
                                     .op = OP_CONSTANT,
                                     .by_name = 1,
                                     .inputs = 1,
                                     .reals = 1,
                                     .shape = constant_shape,
                                     .channels = CHANNELS_SAME,
                                     .bind = bind_plain,
                                     .counts = counts_plain};
