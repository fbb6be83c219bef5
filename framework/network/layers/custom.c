/* network/layers/custom.c: a plugin's own operation. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const strait_operation *operation = node->operation;
  if (operation->rank < 1 || operation->rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_EINVAL, "%s: its output has %u dimensions; 1 to %d are possible",
                     graph_describe(graph, node), operation->rank, STRAIT_MAX_DIMS);
  node->shape.rank = operation->rank;
  for (uint32_t i = 0; i < STRAIT_MAX_DIMS; i++)
    node->shape.dims[i] = i < operation->rank ? operation->dims[i] : 0;
  if (operation->flags & ~(uint32_t)STRAIT_PER_CHANNEL)
    return error_set(STRAIT_EINVAL, "%s: flags 0x%x; this strait knows STRAIT_PER_CHANNEL", graph_describe(graph, node),
                     operation->flags);
  for (int k = 0; operation->flags & STRAIT_PER_CHANNEL && k < node->inputs; k++)
    if (node_channels(node_input(graph, node, k)) != node_channels(node))
      return error_set(STRAIT_EINVAL,
                       "%s: it says STRAIT_PER_CHANNEL, but has %lld channels, and input %s has %lld; leave the flag "
                       "out",
                       graph_describe(graph, node), (long long)node_channels(node),
                       graph_operand(graph, node_input(graph, node, k)),
                       (long long)node_channels(node_input(graph, node, k)));
  return STRAIT_OK;
}

static struct layer_aux aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph, (void)backward;
  return (struct layer_aux){node->operation->workspace, 0};
}

static void bind(const struct bound *b, struct op *op) {
  bind_plain(b, op);
  op->plain.self = b->model;
  op->plain.operation = b->node->operation;
}

static void counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  (void)direction;
  counts->words = (double)run->samples * (double)op->plain.output_size; /* what else it does, it alone knows */
}

const struct layer layer_custom = {.name = "custom",
                                   .op = OP_CUSTOM,
                                   .shape = shape,
                                   .channels = CHANNELS_FIXED,
                                   .keeps_inputs = 1,
                                   .aux = aux,
                                   .bind = bind,
                                   .counts = counts};
