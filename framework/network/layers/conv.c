/* network/layers/conv.c: convolutions, and the shape of windows that slide. */
#include <math.h>
#include <stdio.h>

#include "network/layers/layer.h"

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

int window_shape(struct graph *graph, struct node *node, int pool) {
  const struct shape *x = &node_input(graph, node, 0)->shape;
  const strait_window *w = &node->window;
  char why[96];
  int status = check_window(graph, node, pool);
  if (status < 0)
    return status;
  if (x->rank != 3)
    return refuse_input(graph, node, "is not an image (channels, height, width)");
  if (x->dims[1] + 2 * w->padding[0] < w->kernel[0] || x->dims[2] + 2 * w->padding[1] < w->kernel[1]) {
    snprintf(why, sizeof why, "is smaller than its %lldx%lld %s", (long long)w->kernel[0], (long long)w->kernel[1],
             pool ? "window" : "kernel");
    return refuse_input(graph, node, why);
  }
  node->shape = *x;
  for (int i = 0; i < 2; i++)
    node->shape.dims[1 + i] = windows(x->dims[1 + i], w->kernel[i], w->stride[i], w->padding[i], pool && w->ceil);
  return STRAIT_OK;
}

static int shape(struct graph *graph, struct node *node) {
  int status = window_shape(graph, node, 0);
  if (status < 0)
    return status;
  if (node->out < 1)
    return error_set(STRAIT_EINVAL, "%s: %lld channels out; there must be at least 1", graph_describe(graph, node),
                     (long long)node->out);
  node->shape.dims[0] = node->out;
  return STRAIT_OK;
}

static double deviation(const struct graph *graph, const struct node *node) {
  const int64_t *kernel = node->window.kernel;
  (void)graph;
  return sqrt(2 / ((double)kernel[0] * (double)kernel[1] * (double)node->out));
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight",
     .axis = {AXIS_OUT, AXIS_IN, AXIS_KERNEL_HEIGHT, AXIS_KERNEL_WIDTH},
     .init = STRAIT_INIT_NORMAL,
     .scale = deviation},
    {.suffix = "bias", .axis = {AXIS_OUT}, .bias = 1, .init = STRAIT_INIT_CONSTANT, .value = 0},
    {0}};

static void bind(const struct bound *b, struct op *op) {
  const struct shape *x = &node_input(b->graph, b->node, 0)->shape, *y = &b->node->shape;
  const strait_window *w = &b->node->window;
  op->conv = (struct conv_op){.in = x->dims[0],
                              .height = x->dims[1],
                              .width = x->dims[2],
                              .out = y->dims[0],
                              .out_height = y->dims[1],
                              .out_width = y->dims[2],
                              .kernel = {w->kernel[0], w->kernel[1]},
                              .stride = {w->stride[0], w->stride[1]},
                              .padding = {w->padding[0], w->padding[1]},
                              .relu = b->relu,
                              .accumulate_dx = b->accumulate[0],
                              .accumulate_dw = b->accumulate_dw,
                              .exact = b->exact,
                              .norm_relu = b->affine_relu,
                              .norm = b->affine,
                              .x = b->x[0],
                              .w = b->w[0],
                              .b = b->w[1],
                              .add = b->add,
                              .y = b->y,
                              .dy = b->dy,
                              .dx = b->dx[0],
                              .dw = b->dw[0],
                              .db = b->dw[1]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct conv_op *op = &record->conv;
  const double positions = (double)op->out_height * (double)op->out_width;
  const double w = (double)(op->in * op->out) * (double)(op->kernel[0] * op->kernel[1]);
  const struct dense dense = {.x = (double)(op->in * op->height) * (double)op->width,
                              .w = w,
                              .y = positions * (double)op->out,
                              .add = place_is(op->add) ? positions * (double)op->out : 0,
                              .multiply_adds = positions * w,
                              .dx = times_written(op->dx, op->accumulate_dx),
                              .dw = times_written(op->dw, op->accumulate_dw)};
  dense_counts(&dense, direction, run, counts);
}

const struct layer layer_conv = {.name = "conv2d",
                                 .op = OP_CONV,
                                 .inputs = 1,
                                 .shape = shape,
                                 .parameters = parameters,
                                 .channels = CHANNELS_NEW,
                                 .multiply_adds = dense_multiply_adds,
                                 .fuses = FUSE_RELU | FUSE_ADD,
                                 .reads_affine = 1,
                                 .remade = 1,
                                 .keeps_inputs = 1,
                                 .bind = bind,
                                 .counts = counts};
