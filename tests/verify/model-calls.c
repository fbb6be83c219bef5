/* Breaks operations: every 97th call is a little off. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  static int calls;
  int32_t status = unit_forward(self, b);
  b->output[0] += calls++ % 97 == 96 ? 1e-6f : 0;
  return status;
}

OPERATION(calls, forward, unit_backward)
