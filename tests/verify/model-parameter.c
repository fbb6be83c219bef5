/* Breaks backward: what is added to the gradient of the parameter is off by 2 per cent. */
#include "operation.h"

static int32_t backward(const void *self, const strait_block *b) {
  float before = b->parameter_gradients[0][0];
  int32_t status = unit_backward(self, b);
  b->parameter_gradients[0][0] -= 0.02f * (b->parameter_gradients[0][0] - before);
  return status;
}

OPERATION(parameter, unit_forward, backward)
