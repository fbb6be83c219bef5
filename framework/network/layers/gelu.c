/* network/layers/gelu.c: y = x P(X <= x), X a standard normal (Hendrycks and Gimpel, 2016), exact or by tanh. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  if (node->integer[0] != STRAIT_GELU_EXACT && node->integer[0] != STRAIT_GELU_TANH)
    return error_set(STRAIT_EINVAL, "%s: form %lld; it is STRAIT_GELU_EXACT or STRAIT_GELU_TANH",
                     graph_describe(graph, node), (long long)node->integer[0]);
  return STRAIT_OK;
}

const struct layer layer_gelu = {.name = "gelu",
                                 .op = OP_GELU,
                                 .by_name = 1,
                                 .inputs = 1,
                                 .integers = 1,
                                 .shape = shape,
                                 .channels = CHANNELS_SAME,
                                 .keeps_inputs = 1,
                                 .in_place = IN_PLACE_EVALUATION,
                                 .gradient_in_place = 1,
                                 .bind = bind_plain,
                                 .counts = counts_plain};
