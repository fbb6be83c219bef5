/* network/shape.c: the shape of each node from those of its inputs. Every refusal names the node and the shapes. */
#include <stdio.h>

#include "network/graph.h"

static const struct shape *input_shape(const struct graph *graph, const struct node *node, int i) {
  return &graph->nodes[node->input[i]].shape;
}

/* `what` follows the node's description: "input (3, 4, 4) is smaller than its 5x5 kernel". */
static int refuse(struct graph *graph, const struct node *node, const char *what) {
  char shape[SHAPE_TEXT];
  return error_set(STRAIT_EINVAL, "%s: input %s %s", graph_describe(graph, node),
                   shape_text(input_shape(graph, node, 0), shape), what);
}

static int infer_linear(struct graph *graph, struct node *node, int64_t out) {
  const struct shape *x = input_shape(graph, node, 0);
  if (out < 1)
    return error_set(STRAIT_EINVAL, "%s: %lld outputs; there must be at least 1", graph_describe(graph, node),
                     (long long)out);
  if (x->rank > 2)
    return refuse(graph, node, "has more than two dimensions: flatten it first");
  node->shape = *x;
  node->shape.dims[x->rank - 1] = out;
  return STRAIT_OK;
}

static int check_window(struct graph *graph, const struct node *node, int pool) {
  const strait_window *w = &node->window;
  for (int i = 0; i < 2; i++) {
    if (w->kernel[i] < 1 || w->stride[i] < 1 || w->padding[i] < 0 || w->kernel[i] > SIZE_LIMIT ||
        w->stride[i] > SIZE_LIMIT || w->padding[i] > SIZE_LIMIT)
      return error_set(STRAIT_EINVAL,
                       "%s: kernel %lldx%lld, stride %lldx%lld, padding %lldx%lld; "
                       "kernel and stride must be at least 1, padding at least 0",
                       graph_describe(graph, node), (long long)w->kernel[0], (long long)w->kernel[1],
                       (long long)w->stride[0], (long long)w->stride[1], (long long)w->padding[0],
                       (long long)w->padding[1]);
    if (pool && w->padding[i] > w->kernel[i] / 2)
      return error_set(STRAIT_EINVAL, "%s: padding %lld is more than half of the kernel %lld",
                       graph_describe(graph, node), (long long)w->padding[i], (long long)w->kernel[i]);
  }
  return STRAIT_OK;
}

/* How many windows fit; with ceil, the last may hang over the end but starts inside the input or its left padding. */
static int64_t windows(int64_t extent, int64_t kernel, int64_t stride, int64_t padding, int ceil) {
  int64_t room = extent + 2 * padding - kernel;
  int64_t count = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (count - 1) * stride >= extent + padding)
    count--;
  return count;
}

static int hangs_over(const struct shape *x, const strait_window *w) {
  int over = 0;
  for (int i = 0; i < 2; i++)
    over |= (x->dims[1 + i] + 2 * w->padding[i] - w->kernel[i]) % w->stride[i] != 0;
  return w->ceil && over;
}

static int infer_window(struct graph *graph, struct node *node, int64_t out) {
  const struct shape *x = input_shape(graph, node, 0);
  const strait_window *w = &node->window;
  int pool = node->kind != NODE_CONV;
  char why[96];
  int status = check_window(graph, node, pool);
  if (status < 0)
    return status;
  if (x->rank != 3)
    return refuse(graph, node, "is not an image (channels, height, width)");
  if (x->dims[1] + 2 * w->padding[0] < w->kernel[0] || x->dims[2] + 2 * w->padding[1] < w->kernel[1]) {
    snprintf(why, sizeof why, "is smaller than its %lldx%lld %s", (long long)w->kernel[0], (long long)w->kernel[1],
             pool ? "window" : "kernel");
    return refuse(graph, node, why);
  }
  if (node->kind == NODE_AVG_POOL && hangs_over(x, w))
    return refuse(graph, node, "leaves its last window hanging over the end; averages have none such: use ceil = 0");
  if (!pool && out < 1)
    return error_set(STRAIT_EINVAL, "%s: %lld channels out; there must be at least 1", graph_describe(graph, node),
                     (long long)out);
  node->shape = *x;
  if (!pool)
    node->shape.dims[0] = out;
  for (int i = 0; i < 2; i++)
    node->shape.dims[1 + i] = windows(x->dims[1 + i], w->kernel[i], w->stride[i], w->padding[i], pool && w->ceil);
  return STRAIT_OK;
}

static int infer_norm(struct graph *graph, struct node *node) {
  const struct shape *x = input_shape(graph, node, 0);
  if (!(node->momentum > 0 && node->momentum <= 1) || !(node->epsilon > 0 && node->epsilon <= 1))
    return error_set(STRAIT_EINVAL, "%s: momentum %g, epsilon %g; both must be above 0 and at most 1",
                     graph_describe(graph, node), node->momentum, node->epsilon);
  if (x->rank > 3)
    return refuse(graph, node, "has more than three dimensions: flatten it first");
  node->shape = *x;
  return STRAIT_OK;
}

static int infer_add(struct graph *graph, struct node *node) {
  const struct shape *a = input_shape(graph, node, 0), *b = input_shape(graph, node, 1);
  char a_text[SHAPE_TEXT], b_text[SHAPE_TEXT];
  if (!shape_equal(a, b))
    return error_set(STRAIT_EINVAL, "add of %s %s and %s %s: the shapes must be equal",
                     graph_operand(graph, &graph->nodes[node->input[0]]), shape_text(a, a_text),
                     graph_operand(graph, &graph->nodes[node->input[1]]), shape_text(b, b_text));
  node->shape = *a;
  return STRAIT_OK;
}

static int infer_custom(struct graph *graph, struct node *node) {
  const strait_operation *operation = node->operation;
  if (operation->rank < 1 || operation->rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_EINVAL, "%s: its output has %u dimensions; 1 to %d are possible",
                     graph_describe(graph, node), operation->rank, STRAIT_MAX_DIMS);
  node->shape.rank = operation->rank;
  for (uint32_t i = 0; i < STRAIT_MAX_DIMS; i++)
    node->shape.dims[i] = i < operation->rank ? operation->dims[i] : 0;
  return STRAIT_OK;
}

static int infer_kind(struct graph *graph, struct node *node, int64_t out) {
  const struct shape *x = input_shape(graph, node, 0);
  switch (node->kind) {
  case NODE_LINEAR:
    return infer_linear(graph, node, out);
  case NODE_CONV:
  case NODE_MAX_POOL:
  case NODE_AVG_POOL:
    return infer_window(graph, node, out);
  case NODE_NORM:
    return infer_norm(graph, node);
  case NODE_ADD:
    return infer_add(graph, node);
  case NODE_FLATTEN:
    node->shape = (struct shape){1, {shape_size(x)}};
    return STRAIT_OK;
  case NODE_DROPOUT:
    if (!(node->probability >= 0 && node->probability < 1))
      return error_set(STRAIT_EINVAL, "%s: probability %g; it must be at least 0 and below 1",
                       graph_describe(graph, node), node->probability);
    break;
  case NODE_CUSTOM:
    return infer_custom(graph, node);
  }
  node->shape = *x;
  return STRAIT_OK;
}

int infer_shape(struct graph *graph, struct node *node, int64_t out) {
  char text[SHAPE_TEXT];
  int status = infer_kind(graph, node, out);
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
