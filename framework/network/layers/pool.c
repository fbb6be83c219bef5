/* network/layers/pool.c: maximum and average over windows. */
#include "network/layers/layer.h"

static int max_shape(struct graph *graph, struct node *node) { return window_shape(graph, node, 1); }

static int avg_shape(struct graph *graph, struct node *node) {
  const strait_window *w = &node->window;
  int over = 0, status = window_shape(graph, node, 1);
  const struct shape *x = &node_input(graph, node, 0)->shape;
  for (int i = 0; !status && i < 2; i++)
    over |= (x->dims[1 + i] + 2 * w->padding[i] - w->kernel[i]) % w->stride[i] != 0;
  if (!status && w->ceil && over)
    return refuse_input(graph, node,
                        "leaves its last window hanging over the end; averages have none such: use ceil = 0");
  return status;
}

/* Where the maxima were. */
static struct layer_aux max_aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph;
  return (struct layer_aux){backward ? node->size : 0, 0};
}

static void bind(const struct bound *b, struct op *op) {
  const struct shape *x = &node_input(b->graph, b->node, 0)->shape, *y = &b->node->shape;
  const strait_window *w = &b->node->window;
  op->pool = (struct pool_op){.channels = x->dims[0],
                              .height = x->dims[1],
                              .width = x->dims[2],
                              .out_height = y->dims[1],
                              .out_width = y->dims[2],
                              .kernel = {w->kernel[0], w->kernel[1]},
                              .stride = {w->stride[0], w->stride[1]},
                              .padding = {w->padding[0], w->padding[1]},
                              .accumulate_dx = b->accumulate[0],
                              .x = b->x[0],
                              .y = b->y,
                              .index = b->aux,
                              .dy = b->dy,
                              .dx = b->dx[0]};
}

static void counts(const struct op *record, int direction, const struct run *run, struct counts *counts) {
  const struct pool_op *op = &record->pool;
  const double x = (double)(op->channels * op->height) * (double)op->width;
  const double y = (double)(op->channels * op->out_height) * (double)op->out_width;
  const int moves = direction == FORWARD ? 1 : times_written(op->dx, op->accumulate_dx);
  counts->words = (double)run->samples * (moves * x + (1 + place_is(op->index)) * y);
}

const struct layer layer_max_pool = {.name = "max_pool",
                                     .op = OP_MAX_POOL,
                                     .inputs = 1,
                                     .shape = max_shape,
                                     .channels = CHANNELS_SAME,
                                     .aux = max_aux,
                                     .bind = bind,
                                     .counts = counts};
const struct layer layer_avg_pool = {.name = "avg_pool",
                                     .op = OP_AVG_POOL,
                                     .inputs = 1,
                                     .shape = avg_shape,
                                     .channels = CHANNELS_SAME,
                                     .bind = bind,
                                     .counts = counts};
