/* Breaks operations: writes one number before its workspace. */
#include "operation.h"

static int32_t backward(const void *self, const strait_block *b) {
  b->workspace[-1] = 0;
  return unit_backward(self, b);
}

OPERATION(before, unit_forward, backward)
