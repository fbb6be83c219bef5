/* Breaks gradient: y = a x^2 by an operation of its own, whose backward pass forgets the factor 2 of 2 a x. */
#include "model.h"

static int64_t count(const strait_block *b) { return b->samples * *(const int64_t *)b->context; }

static int32_t forward(const void *self, const strait_block *b) {
  (void)self;
  for (int64_t i = 0; i < count(b); i++)
    b->output[i] = b->parameters[0][0] * b->inputs[0][i] * b->inputs[0][i];
  return STRAIT_OK;
}

static int32_t backward(const void *self, const strait_block *b) {
  (void)self;
  for (int64_t i = 0; i < count(b); i++) {
    if (b->input_gradients[0])
      b->input_gradients[0][i] = b->parameters[0][0] * b->inputs[0][i] * b->output_gradient[i];
    b->parameter_gradients[0][0] += b->inputs[0][i] * b->inputs[0][i] * b->output_gradient[i];
  }
  return STRAIT_OK;
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  static const int64_t one[] = {1};
  strait_operation square = {.size = sizeof square, .forward = forward, .backward = backward};
  int64_t *size = strait_alloc(self, sizeof *size);
  x = layers_hidden(self, g, x, "fc1");
  if (!size)
    return strait_refuse(g, "no memory");
  square.rank = strait_shape(g, x, square.dims);
  *size = square.dims[0];
  square.context = size;
  int32_t a = strait_parameter(g, "square.a", 1, one);
  strait_init_constant(g, "square.a", 0.5);
  return layers_last(g, strait_custom(g, "square", &square, 1, &x, 1, &a));
}

MODEL(gradient, build)
