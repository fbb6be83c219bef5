/* Breaks backward: the gradient of the input is off by 2 per cent. */
#include "operation.h"

static int32_t backward(const void *self, const strait_block *b) {
  int32_t status = unit_backward(self, b);
  for (int64_t i = 0; i < b->samples * units(self) && b->input_gradients[0]; i++)
    b->input_gradients[0][i] *= 1.02f;
  return status;
}

OPERATION(input, unit_forward, backward)
