/* network/layers/norm.c: batch norm. Its aux: six numbers per channel, as struct norm_op says. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const struct shape *x = &node_input(graph, node, 0)->shape;
  if (!(node->momentum > 0 && node->momentum <= 1) || !(node->epsilon > 0 && node->epsilon <= 1))
    return error_set(STRAIT_EINVAL, "%s: momentum %g, epsilon %g; both must be above 0 and at most 1",
                     graph_describe(graph, node), node->momentum, node->epsilon);
  if (x->rank > 3)
    return refuse_input(graph, node, "has more than three dimensions: flatten it first");
  node->shape = *x;
  return STRAIT_OK;
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight", .axis = {AXIS_OUT}, .init = STRAIT_INIT_CONSTANT, .value = 1},
    {.suffix = "bias", .axis = {AXIS_OUT}, .init = STRAIT_INIT_CONSTANT, .value = 0},
    {0}};
static const struct layer_statistic statistics[2] = {{"running_mean", 0, 0}, {"running_var", 1, 2}};

static int64_t affine(const struct node *node) { return 3 * node_channels(node); }

static struct layer_aux aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph, (void)backward;
  return (struct layer_aux){6 * node_channels(node), 1};
}

static void bind(const struct bound *b, struct op *op) {
  const struct node *node = b->node;
  op->norm = (struct norm_op){.positions = node->size / node_channels(node),
                              .channels = node_channels(node),
                              .momentum = node->momentum,
                              .epsilon = node->epsilon,
                              .relu = b->relu,
                              .accumulate_dx = b->accumulate[0],
                              .accumulate_dw = b->accumulate_dw,
                              .x = b->x[0],
                              .scale = b->w[0],
                              .shift = b->w[1],
                              .running_mean = b->running[0],
                              .running_variance = b->running[1],
                              .y = b->y,
                              .saved = b->aux,
                              .dy = b->dy,
                              .dx = b->dx[0],
                              .dscale = b->dw[0],
                              .dshift = b->dw[1]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct norm_op *op = &record->norm;
  const int moves =
      direction == FORWARD ? run->batch_statistics + 2 * place_is(op->y) : 2 + times_written(op->dx, op->accumulate_dx);
  counts->words = (double)run->samples * moves * (double)op->positions * (double)op->channels;
}

const struct layer layer_norm = {.name = "batch_norm",
                                 .op = OP_NORM,
                                 .inputs = 1,
                                 .shape = shape,
                                 .parameters = parameters,
                                 .statistics = statistics,
                                 .channels = CHANNELS_SAME,
                                 .fuses = FUSE_RELU,
                                 .affine = affine,
                                 .keeps_inputs = 1,
                                 .relu_by_input = 1,
                                 .in_place = IN_PLACE_EVALUATION,
                                 .gradient_in_place = 1,
                                 .aux = aux,
                                 .bind = bind,
                                 .counts = counts};
