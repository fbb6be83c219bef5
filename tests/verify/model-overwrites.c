/* Breaks operations: overwrites the gradient of its parameter, to which it is to add. */
#include "operation.h"

static int32_t backward(const void *self, const strait_block *b) {
  b->parameter_gradients[0][0] = 0;
  return unit_backward(self, b);
}

OPERATION(overwrites, unit_forward, backward)
