/* network/layers/layer_norm.c: layer norm (Ba, Kiros and Hinton, 2016): each position's channels to mean 0 and variance
 * 1, then scaled and shifted. Its aux: mean and 1 / deviation of each position. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const struct shape *x = &node_input(graph, node, 0)->shape;
  if (!(node->real[0] > 0 && node->real[0] <= 1))
    return error_set(STRAIT_EINVAL, "%s: epsilon %g; it must be above 0 and at most 1", graph_describe(graph, node),
                     node->real[0]);
  if (x->rank > 3)
    return refuse_input(graph, node, "has more than three dimensions: flatten it first");
  return STRAIT_OK;
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight", .axis = {AXIS_OUT}, .init = STRAIT_INIT_CONSTANT, .value = 1},
    {.suffix = "bias", .axis = {AXIS_OUT}, .bias = 1, .init = STRAIT_INIT_CONSTANT, .value = 0},
    {0}};

static struct layer_aux aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph;
  return (struct layer_aux){backward ? 2 * node->size / node_channels(node) : 0, 0};
}

const struct layer layer_layer_norm = {.name = "layer_norm",
                                       .op = OP_LAYER_NORM,
                                       .by_name = 1,
                                       .inputs = 1,
                                       .integers = 1,
                                       .flagged = 1,
                                       .reals = 1,
                                       .shape = shape,
                                       .parameters = parameters,
                                       .channels = CHANNELS_SAME,
                                       .keeps_inputs = 1,
                                       .in_place = IN_PLACE_EVALUATION,
                                       .gradient_in_place = 1,
                                       .aux = aux,
                                       .bind = bind_plain,
                                       .counts = counts_plain};
