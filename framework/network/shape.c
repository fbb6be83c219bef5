/* network/shape.c: the shape of each node, by its layer's rule. Every refusal names the node and the shapes. */
#include "network/layers/layer.h"

int infer_shape(struct graph *graph, struct node *node) {
  char text[SHAPE_TEXT];
  node->shape = node_input(graph, node, 0)->shape;
  int status = node->layer->shape ? node->layer->shape(graph, node) : STRAIT_OK;
  if (status < 0)
    return status;
  for (uint32_t i = 0; i < node->shape.rank; i++)
    if (node->shape.dims[i] < 1)
      return error_set(STRAIT_EINVAL, "%s: output %s: every dimension must be at least 1", graph_describe(graph, node),
                       shape_text(&node->shape, text));
  node->size = shape_size(&node->shape);
  if (node->size < 0)
    return error_set(STRAIT_EINVAL, "%s: output %s has more than 2^40 numbers", graph_describe(graph, node),
                     shape_text(&node->shape, text));
  return STRAIT_OK;
}
