/* network/bind.c: fills the device's records. */
#include "network/bind.h"

struct binder {
  const struct tape *tape;
  const struct buffers *buffers;
  const struct step *step;
};

place value_place(const struct tape *tape, const struct buffers *buffers, int value) {
  int64_t at = tape->values[value].at;
  return at < 0 ? buffers->input : place_plus(buffers->arena, at);
}

place gradient_place(const struct tape *tape, const struct buffers *buffers, int value) {
  int64_t at = tape->values[value].gradient_at;
  return at < 0 ? NO_PLACE : place_plus(buffers->arena, at);
}

static place input(const struct binder *b, int k) {
  return value_place(b->tape, b->buffers, tape_read(b->tape, b->step->input[k]));
}
static place output(const struct binder *b) {
  return b->tape->values[b->step->output].norm >= 0 ? NO_PLACE : value_place(b->tape, b->buffers, b->step->output);
}
static place output_gradient(const struct binder *b) { return gradient_place(b->tape, b->buffers, b->step->output); }

static place input_gradient(const struct binder *b, int k) {
  return b->step->taken[k] ? NO_PLACE : gradient_place(b->tape, b->buffers, b->step->input[k]);
}

static place parameter(const struct binder *b, int k) {
  if (k >= b->step->node->parameters)
    return NO_PLACE;
  return place_plus(b->buffers->weights, b->tape->network->graph.weights.list[b->step->node->parameter[k]].offset);
}

static place parameter_gradient(const struct binder *b, int k) {
  if (k >= b->step->node->parameters || !place_is(b->buffers->gradient))
    return NO_PLACE;
  return place_plus(b->buffers->gradient, b->tape->network->graph.weights.list[b->step->node->parameter[k]].offset);
}

static place running(const struct binder *b, int k) {
  return place_plus(b->buffers->statistics,
                    b->tape->network->graph.statistics.list[b->step->node->statistics[k]].offset);
}

static place aux(const struct binder *b) {
  return b->step->aux_at < 0 ? NO_PLACE : place_plus(b->buffers->arena, b->step->aux_at);
}

static const struct shape *input_shape(const struct binder *b) {
  return &b->tape->network->graph.nodes[b->step->node->input[0]].shape;
}

static void bind_linear(const struct binder *b, struct linear_op *op) {
  const struct shape *x = input_shape(b), *y = &b->step->node->shape;
  *op = (struct linear_op){.positions = x->rank == 2 ? x->dims[0] : 1,
                           .in = x->dims[x->rank - 1],
                           .out = y->dims[y->rank - 1],
                           .relu = b->step->relu,
                           .accumulate_dx = b->step->accumulate[0],
                           .accumulate_dw = b->step->accumulate_dw,
                           .x = input(b, 0),
                           .w = parameter(b, 0),
                           .b = parameter(b, 1),
                           .y = output(b),
                           .dy = output_gradient(b),
                           .dx = input_gradient(b, 0),
                           .dw = parameter_gradient(b, 0),
                           .db = parameter_gradient(b, 1)};
}

/* Behind the batch's mean, deviation and variance. */
static place affine_of_norm(const struct binder *b, const struct step *norm) {
  return place_plus(b->buffers->arena, norm->aux_at + 3 * node_channels(norm->node));
}

static void bind_conv(const struct binder *b, struct conv_op *op) {
  const struct shape *x = input_shape(b), *y = &b->step->node->shape;
  const strait_window *w = &b->step->node->window;
  const int norm = b->tape->values[b->step->input[0]].norm;
  *op = (struct conv_op){.in = x->dims[0],
                         .height = x->dims[1],
                         .width = x->dims[2],
                         .out = y->dims[0],
                         .out_height = y->dims[1],
                         .out_width = y->dims[2],
                         .kernel = {w->kernel[0], w->kernel[1]},
                         .stride = {w->stride[0], w->stride[1]},
                         .padding = {w->padding[0], w->padding[1]},
                         .relu = b->step->relu,
                         .accumulate_dx = b->step->accumulate[0],
                         .accumulate_dw = b->step->accumulate_dw,
                         .exact = b->tape->exact,
                         .norm_relu = norm >= 0 && b->tape->steps[norm].relu,
                         .norm = norm >= 0 ? affine_of_norm(b, &b->tape->steps[norm]) : NO_PLACE,
                         .x = input(b, 0),
                         .w = parameter(b, 0),
                         .b = parameter(b, 1),
                         .add = b->step->adds ? input(b, 1) : NO_PLACE,
                         .y = output(b),
                         .dy = output_gradient(b),
                         .dx = input_gradient(b, 0),
                         .dw = parameter_gradient(b, 0),
                         .db = parameter_gradient(b, 1)};
}

static void bind_norm(const struct binder *b, struct norm_op *op) {
  const struct node *node = b->step->node;
  *op = (struct norm_op){.positions = node->size / node_channels(node),
                         .channels = node_channels(node),
                         .momentum = node->momentum,
                         .epsilon = node->epsilon,
                         .relu = b->step->relu,
                         .accumulate_dx = b->step->accumulate[0],
                         .accumulate_dw = b->step->accumulate_dw,
                         .x = input(b, 0),
                         .scale = parameter(b, 0),
                         .shift = parameter(b, 1),
                         .running_mean = running(b, 0),
                         .running_variance = running(b, 1),
                         .y = output(b),
                         .saved = aux(b),
                         .dy = output_gradient(b),
                         .dx = input_gradient(b, 0),
                         .dscale = parameter_gradient(b, 0),
                         .dshift = parameter_gradient(b, 1)};
}

static void bind_pool(const struct binder *b, struct pool_op *op) {
  const struct shape *x = input_shape(b), *y = &b->step->node->shape;
  const strait_window *w = &b->step->node->window;
  *op = (struct pool_op){.channels = x->dims[0],
                         .height = x->dims[1],
                         .width = x->dims[2],
                         .out_height = y->dims[1],
                         .out_width = y->dims[2],
                         .kernel = {w->kernel[0], w->kernel[1]},
                         .stride = {w->stride[0], w->stride[1]},
                         .padding = {w->padding[0], w->padding[1]},
                         .accumulate_dx = b->step->accumulate[0],
                         .x = input(b, 0),
                         .y = output(b),
                         .index = aux(b),
                         .dy = output_gradient(b),
                         .dx = input_gradient(b, 0)};
}

static void bind_map(const struct binder *b, struct map_op *op) {
  *op = (struct map_op){.count = b->step->node->size,
                        .accumulate_dx = b->step->accumulate[0],
                        .x = input(b, 0),
                        .y = output(b),
                        .dy = output_gradient(b),
                        .dx = input_gradient(b, 0)};
  if (b->step->node->kind != NODE_ADD)
    return;
  op->b = input(b, 1);
  op->db = input_gradient(b, 1);
  op->accumulate_db = b->step->accumulate[1];
}

static void bind_flatten(const struct binder *b, struct flatten_op *op) {
  const struct shape *x = input_shape(b);
  *op = (struct flatten_op){.positions = x->dims[1] * x->dims[2],
                            .channels = x->dims[0],
                            .accumulate_dx = b->step->accumulate[0],
                            .x = input(b, 0),
                            .y = output(b),
                            .dy = output_gradient(b),
                            .dx = input_gradient(b, 0)};
}

static void bind_dropout(const struct binder *b, struct dropout_op *op) {
  *op = (struct dropout_op){.count = b->step->node->size,
                            .probability = b->step->node->probability,
                            .stream = (uint64_t)b->step->node->stream,
                            .accumulate_dx = b->step->accumulate[0],
                            .x = input(b, 0),
                            .y = output(b),
                            .dy = output_gradient(b),
                            .dx = input_gradient(b, 0)};
}

static void bind_custom(const struct binder *b, struct plain_op *op) {
  const struct node *node = b->step->node;
  *op = (struct plain_op){.self = b->tape->network->model,
                          .operation = node->operation,
                          .inputs = (uint32_t)node->inputs,
                          .parameters = (uint32_t)node->parameters,
                          .output_size = node->size,
                          .accumulate_dw = b->step->accumulate_dw,
                          .y = output(b),
                          .aux = aux(b),
                          .dy = output_gradient(b)};
  for (int k = 0; k < node->inputs; k++) {
    op->input_size[k] = b->tape->values[b->step->input[k]].size;
    op->accumulate_dx[k] = b->step->accumulate[k];
    op->x[k] = input(b, k);
    op->dx[k] = input_gradient(b, k);
  }
  for (int k = 0; k < node->parameters; k++) {
    op->parameter_size[k] = b->tape->network->graph.weights.list[node->parameter[k]].count;
    op->w[k] = parameter(b, k);
    op->dw[k] = parameter_gradient(b, k);
  }
}

void bind_step(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op) {
  static const uint32_t kinds[] = {OP_NONE,     OP_LINEAR, OP_CONV,    OP_NORM,    OP_RELU,  OP_MAX_POOL,
                                   OP_AVG_POOL, OP_ADD,    OP_FLATTEN, OP_DROPOUT, OP_CUSTOM};
  struct binder b = {tape, buffers, step};
  *op = (struct op){.kind = kinds[step->node->kind], .element = STRAIT_F32};
  switch (step->node->kind) {
  case NODE_LINEAR:
    bind_linear(&b, &op->linear);
    break;
  case NODE_CONV:
    bind_conv(&b, &op->conv);
    break;
  case NODE_NORM:
    bind_norm(&b, &op->norm);
    break;
  case NODE_MAX_POOL:
  case NODE_AVG_POOL:
    bind_pool(&b, &op->pool);
    break;
  case NODE_RELU:
  case NODE_ADD:
    bind_map(&b, &op->map);
    break;
  case NODE_FLATTEN:
    bind_flatten(&b, &op->flatten);
    break;
  case NODE_DROPOUT:
    bind_dropout(&b, &op->dropout);
    break;
  default:
    bind_custom(&b, &op->plain);
  }
}

void bind_handed(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op) {
  *op = (struct op){.kind = OP_NONE};
  if (!step->adds || step->taken[1] || tape->values[step->input[1]].gradient_at < 0)
    return;
  *op = (struct op){.kind = OP_ADD,
                    .element = STRAIT_F32,
                    .map = {.count = tape->values[step->output].size,
                            .accumulate_dx = step->accumulate[1],
                            .dy = gradient_place(tape, buffers, step->output),
                            .dx = gradient_place(tape, buffers, step->input[1])}};
}
