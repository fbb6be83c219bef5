/* Breaks operations: adds to the gradient of its input, which is not zero. */
#include "operation.h"

static int32_t backward(const void *self, const strait_block *b) {
  for (int64_t i = 0; i < b->samples * units(self); i++) {
    if (b->input_gradients[0])
      b->input_gradients[0][i] += b->workspace[i] > 0 ? b->parameters[0][0] * b->output_gradient[i] : 0;
    b->parameter_gradients[0][0] += b->workspace[i] * b->output_gradient[i];
  }
  return STRAIT_OK;
}

OPERATION(accumulates, unit_forward, backward)
