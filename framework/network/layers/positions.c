/* network/layers/positions.c: sequences of positions, (positions, features): a learned table added to them
 * (position_table), a learned row put before them (class_token), their mean (position_mean), one of them (position),
 * and those of an image (to_positions). */
#include "network/layers/layer.h"

static int check_positions(struct graph *graph, const struct node *node) {
  return node->shape.rank == 2 ? STRAIT_OK : refuse_input(graph, node, "is not (positions, features)");
}

/* --- position_table; integer: 1 if the table has a leading dimension of 1 --- */

static const struct layer_parameter table[] = {
    {.suffix = "", .axis = {AXIS_POSITIONS, AXIS_OUT}, .leading = 1, .init = STRAIT_INIT_NORMAL, .value = 0.02}, {0}};

static int table_shape(struct graph *graph, struct node *node) { return check_positions(graph, node); }

const struct layer layer_position_table = {.name = "position_table",
                                           .op = OP_POSITION_TABLE,
                                           .by_name = 1,
                                           .inputs = 1,
                                           .integers = 1,
                                           .shape = table_shape,
                                           .parameters = table,
                                           .channels = CHANNELS_SAME,
                                           .in_place = IN_PLACE,
                                           .gradient_in_place = 1,
                                           .bind = bind_plain,
                                           .counts = counts_plain};

/* --- class_token: (1, 1, features) --- */

static const struct layer_parameter token[] = {
    {.suffix = "", .axis = {AXIS_TOKENS, AXIS_TOKENS, AXIS_OUT}, .init = STRAIT_INIT_NORMAL, .value = 1e-6}, {0}};

static int token_shape(struct graph *graph, struct node *node) {
  if (node->integer[0] != 1)
    return error_set(STRAIT_EINVAL, "%s: %lld class tokens; there is one", graph_describe(graph, node),
                     (long long)node->integer[0]);
  if (check_positions(graph, node))
    return STRAIT_EINVAL;
  node->shape.dims[0]++;
  return STRAIT_OK;
}

const struct layer layer_class_token = {.name = "class_token",
                                        .op = OP_CLASS_TOKEN,
                                        .by_name = 1,
                                        .inputs = 1,
                                        .integers = 1,
                                        .shape = token_shape,
                                        .parameters = token,
                                        .channels = CHANNELS_SAME,
                                        .bind = bind_plain,
                                        .counts = counts_plain};

/* --- position_mean, position (integer: which, from 0; below 0 from the end) --- */

static int mean_shape(struct graph *graph, struct node *node) {
  if (check_positions(graph, node))
    return STRAIT_EINVAL;
  node->shape = (struct shape){1, {node->shape.dims[1]}};
  return STRAIT_OK;
}

static int64_t position_of(const struct graph *graph, const struct node *node) {
  const int64_t at = node->integer[0];
  return at < 0 ? at + node_input(graph, node, 0)->shape.dims[0] : at;
}

static int position_shape(struct graph *graph, struct node *node) {
  if (check_positions(graph, node))
    return STRAIT_EINVAL;
  const int64_t at = position_of(graph, node);
  if (at < 0 || at >= node->shape.dims[0]) {
    char text[SHAPE_TEXT];
    return error_set(STRAIT_EINVAL, "%s: position %lld is not in input %s", graph_describe(graph, node),
                     (long long)node->integer[0], shape_text(&node->shape, text));
  }
  return mean_shape(graph, node);
}

static void bind_position(const struct bound *b, struct op *op) {
  bind_plain(b, op);
  op->plain.integer[0] = position_of(b->graph, b->node);
}

const struct layer layer_position_mean = {.name = "position_mean",
                                          .op = OP_POSITION_MEAN,
                                          .by_name = 1,
                                          .inputs = 1,
                                          .shape = mean_shape,
                                          .channels = CHANNELS_SAME,
                                          .bind = bind_plain,
                                          .counts = counts_plain};
const struct layer layer_position = {.name = "position",
                                     .op = OP_POSITION,
                                     .by_name = 1,
                                     .inputs = 1,
                                     .integers = 1,
                                     .shape = position_shape,
                                     .channels = CHANNELS_SAME,
                                     .bind = bind_position,
                                     .counts = counts_plain};

/* --- to_positions: an image has its channels last in memory: it is its positions, row by row, already --- */

static int image_shape(struct graph *graph, struct node *node) {
  const int64_t *d = node->shape.dims;
  if (node->shape.rank != 3)
    return refuse_input(graph, node, "is not an image (channels, height, width)");
  node->shape = (struct shape){2, {d[1] * d[2], d[0]}};
  return STRAIT_OK;
}

static int image_alias(const struct graph *graph, const struct node *node, int training) {
  (void)graph, (void)node, (void)training;
  return 1;
}

const struct layer layer_to_positions = {.name = "to_positions",
                                         .op = OP_TO_POSITIONS,
                                         .by_name = 1,
                                         .inputs = 1,
                                         .shape = image_shape,
                                         .channels = CHANNELS_SAME,
                                         .alias = image_alias,
                                         .bind = bind_plain,
                                         .counts = counts_plain};
