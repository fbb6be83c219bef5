/* tests/verify/operation.h: a sound custom operation, y_i = a relu(x_i), of which each bad one here spoils one thing.
 */
#ifndef OPERATION_H
#define OPERATION_H

#include "model.h"

static inline int64_t units(const void *self) { return ((const struct layers *)self)->width; }

static inline int32_t unit_forward(const void *self, const strait_block *b) {
  for (int64_t i = 0; i < b->samples * units(self); i++) {
    b->workspace[i] = b->inputs[0][i] > 0 ? b->inputs[0][i] : 0;
    b->output[i] = b->parameters[0][0] * b->workspace[i];
  }
  return STRAIT_OK;
}

static inline int32_t unit_backward(const void *self, const strait_block *b) {
  for (int64_t i = 0; i < b->samples * units(self); i++) {
    if (b->input_gradients[0])
      b->input_gradients[0][i] = b->workspace[i] > 0 ? b->parameters[0][0] * b->output_gradient[i] : 0;
    b->parameter_gradients[0][0] += b->workspace[i] * b->output_gradient[i];
  }
  return STRAIT_OK;
}

static inline strait_node unit_build(const void *self, strait_graph *g, strait_node x, strait_operation unit) {
  static const int64_t one[] = {1};
  x = layers_hidden(self, g, x, "fc1");
  unit.size = sizeof unit;
  unit.rank = strait_shape(g, x, unit.dims);
  unit.workspace = unit.dims[0];
  int32_t a = strait_parameter(g, "unit.a", 1, one);
  strait_init_constant(g, "unit.a", 1.5);
  return layers_last(g, strait_custom(g, "unit", &unit, 1, &x, 1, &a));
}

#define OPERATION(name, forward_of, backward_of)                                                                       \
  static strait_node build(const void *self, strait_graph *g, strait_node x) {                                         \
    return unit_build(self, g, x, (strait_operation){.forward = forward_of, .backward = backward_of});                 \
  }                                                                                                                    \
  MODEL(name, build)

#endif
