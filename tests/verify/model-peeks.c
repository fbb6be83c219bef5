/* Breaks operations: touches what lies behind its parameter, to no effect. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  const volatile float *beyond = b->parameters[0] + 16; /* one number has 64 bytes to itself */
  (void)*beyond;
  return unit_forward(self, b);
}

OPERATION(peeks, forward, unit_backward)
