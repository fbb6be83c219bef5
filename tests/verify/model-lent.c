/* Breaks operations: writes to its input, and puts back what was there. */
#include <stdint.h>

#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  volatile float *x = (volatile float *)(uintptr_t)b->inputs[0];
  float was = x[0];
  x[0] = 0;
  x[0] = was;
  return unit_forward(self, b);
}

OPERATION(lent, forward, unit_backward)
