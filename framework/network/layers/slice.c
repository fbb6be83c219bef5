/* network/layers/slice.c: parts of arrays: one (slice), zeros around one (pad), several side by side (concat). */
#include "network/layers/layer.h"

/* Sizes as they lie in memory, (height, width, channels); of what is no image (1, positions, features). */
static void sizes(const struct shape *shape, int64_t size[3]) {
  const int64_t *d = shape->dims;
  size[0] = shape->rank == 3 ? d[1] : 1;
  size[1] = shape->rank == 3 ? d[2] : shape->rank == 2 ? d[0] : 1;
  size[2] = shape->rank == 3 ? d[0] : d[shape->rank - 1];
}

/* Where the dimension of size[i] is in the shape; -1: there is none, and size[i] is 1. */
static int dimension(const struct shape *shape, int i) {
  if (i == 2)
    return shape->rank == 3 ? 0 : (int)shape->rank - 1;
  return shape->rank == 3 ? 1 + i : -1;
}

static const char *const axes[] = {"rows", "columns", "channels"};

static int check_rank(struct graph *graph, struct node *node) {
  return node->shape.rank > 3 ? refuse_input(graph, node, "has more than three dimensions: flatten it first")
                              : STRAIT_OK;
}

/* --- slice: integers are (first, count, step) of height, width, channels, without the step of the channels, 1. --- */

static int64_t first_of(const struct node *node, int i) { return node->integer[3 * i]; }
static int64_t step_of(const struct node *node, int i) { return i < 2 ? node->integer[3 * i + 2] : 1; }

/* The new size of axis i, which has `size`; a negative status if what is asked for is not in it. */
static int64_t slice_size(struct graph *graph, const struct node *node, int i, int64_t size) {
  const int64_t first = first_of(node, i), count = node->integer[3 * i + 1], step = step_of(node, i);
  char text[SHAPE_TEXT];
  if (step < 1)
    return error_set(STRAIT_EINVAL, "%s: step %lld; it must be at least 1", graph_describe(graph, node),
                     (long long)step);
  if (first < 0 || first >= size || count < 0 || count > size - first)
    return error_set(STRAIT_EINVAL, "%s: %lld %s from number %lld (counted from 0) are not in input %s",
                     graph_describe(graph, node), (long long)count, axes[i], (long long)first,
                     shape_text(&node_input(graph, node, 0)->shape, text));
  return ((count ? count : size - first) - 1) / step + 1;
}

static int slice_shape(struct graph *graph, struct node *node) {
  int64_t size[3];
  int status = check_rank(graph, node);
  sizes(&node->shape, size);
  for (int i = 0; !status && i < 3; i++) {
    const int at = dimension(&node->shape, i);
    if (at < 0 && (first_of(node, i) || node->integer[3 * i + 1] || step_of(node, i) != 1))
      return refuse_input(graph, node, "is not an image (channels, height, width): it has channels alone");
    const int64_t count = at < 0 ? 1 : slice_size(graph, node, i, size[i]);
    if (count < 0)
      status = (int)count;
    else if (at >= 0)
      node->shape.dims[at] = count;
  }
  return status;
}

static int slice_source(const struct graph *graph, const struct node *node, int64_t channel, int64_t *of) {
  (void)graph;
  *of = channel + first_of(node, 2);
  return 0;
}

/* --- pad: integers are (before, after) of height, width, channels. --- */

static int pad_shape(struct graph *graph, struct node *node) {
  int status = check_rank(graph, node);
  for (int i = 0; !status && i < 3; i++) {
    const int64_t before = node->integer[2 * i], after = node->integer[2 * i + 1];
    const int at = dimension(&node->shape, i);
    if (before < 0 || after < 0 || before > SIZE_LIMIT || after > SIZE_LIMIT)
      status = error_set(STRAIT_EINVAL, "%s: %lld and %lld of %s; from 0 to 2^40 are possible",
                         graph_describe(graph, node), (long long)before, (long long)after, axes[i]);
    else if (at < 0 && (before || after))
      status = refuse_input(graph, node, "is not an image (channels, height, width): it has channels alone");
    else if (at >= 0)
      node->shape.dims[at] += before + after;
  }
  return status;
}

static int pad_source(const struct graph *graph, const struct node *node, int64_t channel, int64_t *of) {
  *of = channel - node->integer[4];
  return *of >= 0 && *of < node_channels(node_input(graph, node, 0)) ? 0 : -1;
}

/* --- both --- */

static void bind(const struct bound *b, struct op *op) {
  const struct node *node = b->node;
  const struct shape *x = &node_input(b->graph, node, 0)->shape;
  const int slices = node->layer->op == OP_SLICE;
  struct slice_op *o = &op->slice;
  *o = (struct slice_op){.accumulate_dx = b->accumulate[0], .x = b->x[0], .y = b->y, .dy = b->dy, .dx = b->dx[0]};
  sizes(slices ? x : &node->shape, o->whole);
  sizes(slices ? &node->shape : x, o->part);
  for (int i = 0; i < 3; i++) {
    o->first[i] = slices ? first_of(node, i) : node->integer[2 * i];
    o->step[i] = slices ? step_of(node, i) : 1;
  }
}

/* What a slice leaves out is not read, but has a gradient; what a pad adds is written, but has none. */
static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct slice_op *op = &record->slice;
  const double part = (double)(op->part[0] * op->part[1]) * (double)op->part[2];
  const double whole = (double)(op->whole[0] * op->whole[1]) * (double)op->whole[2];
  const int moves = direction == FORWARD ? 1 : times_written(op->dx, op->accumulate_dx);
  const int spreads = (record->kind == OP_PAD) == (direction == FORWARD);
  counts->words = (double)run->samples * (part + moves * (spreads ? whole : part));
}

const struct layer layer_slice = {.name = "slice",
                                  .op = OP_SLICE,
                                  .by_name = 1,
                                  .inputs = 1,
                                  .integers = 8,
                                  .shape = slice_shape,
                                  .channels = CHANNELS_PICKED,
                                  .source = slice_source,
                                  .bind = bind,
                                  .counts = counts};
const struct layer layer_pad = {.name = "pad",
                                .op = OP_PAD,
                                .by_name = 1,
                                .inputs = 1,
                                .integers = 6,
                                .shape = pad_shape,
                                .channels = CHANNELS_PICKED,
                                .source = pad_source,
                                .bind = bind,
                                .counts = counts};

/* --- concat --- */

static int concat_shape(struct graph *graph, struct node *node) {
  int status = check_rank(graph, node);
  for (int k = 1; !status && k < node->inputs; k++) {
    const int at = dimension(&node->shape, 2);
    const struct node *other = node_input(graph, node, k);
    struct shape shape = other->shape;
    const int64_t more = shape.rank == node->shape.rank ? shape.dims[at] : 0;
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    shape.dims[at] = node->shape.dims[at];
    if (!more || !shape_equal(&shape, &node->shape))
      return error_set(STRAIT_EINVAL, "concat of %s %s and %s %s: the shapes must be equal but for the channels",
                       graph_operand(graph, node_input(graph, node, 0)),
                       shape_text(&node_input(graph, node, 0)->shape, a), graph_operand(graph, other),
                       shape_text(&other->shape, b));
    node->shape.dims[at] += more;
  }
  return status;
}

static int concat_source(const struct graph *graph, const struct node *node, int64_t channel, int64_t *of) {
  int k = 0;
  for (; channel >= node_channels(node_input(graph, node, k)); k++)
    channel -= node_channels(node_input(graph, node, k));
  *of = channel;
  return k;
}

/* integer 0: positions. */
static void bind_concat(const struct bound *b, struct op *op) {
  bind_plain(b, op);
  op->plain.integer[0] = b->node->size / node_channels(b->node);
}

const struct layer layer_concat = {.name = "concat",
                                   .op = OP_CONCAT,
                                   .by_name = 1,
                                   .shape = concat_shape,
                                   .channels = CHANNELS_PICKED,
                                   .source = concat_source,
                                   .bind = bind_concat,
                                   .counts = counts_plain};
