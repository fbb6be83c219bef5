/* network/layers/embedding.c: each token becomes a row of a table. */
#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const int64_t tokens = node->integer[0], width = node->integer[1];
  if (tokens < 1 || tokens > INT32_MAX || width < 1 || width > SIZE_LIMIT)
    return error_set(STRAIT_EINVAL, "%s: %lld tokens and a width of %lld; both must be at least 1",
                     graph_describe(graph, node), (long long)tokens, (long long)width);
  if (node->shape.rank != 1)
    return refuse_input(graph, node, "is not one token per position");
  node->shape = (struct shape){2, {node->shape.dims[0], width}};
  return STRAIT_OK;
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight", .axis = {AXIS_TOKENS, AXIS_OUT}, .init = STRAIT_INIT_NORMAL, .value = 1}, {0}};

/* Forward reads a row per token, backward writes the whole table. */
static void counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  const struct plain_op *plain = &op->plain;
  const double rows = (double)run->samples * (double)plain->output_size;
  const double tokens = (double)run->samples * (double)plain->input_size[0];
  counts->words = direction == FORWARD
                      ? tokens + 2 * rows
                      : tokens + 3 * rows + (plain->accumulate_dw ? 0 : (double)plain->parameter_size[0]);
}

const struct layer layer_embedding = {.name = "embedding",
                                      .op = OP_EMBEDDING,
                                      .by_name = 1,
                                      .inputs = 1,
                                      .integers = 2,
                                      .shape = shape,
                                      .parameters = parameters,
                                      .takes = 1u << STRAIT_I32,
                                      .gives = STRAIT_F32,
                                      .channels = CHANNELS_NEW,
                                      .keeps_inputs = 1,
                                      .bind = bind_plain,
                                      .counts = counts};
