/* Breaks operations: large blocks get 1 per cent more. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  int32_t status = unit_forward(self, b);
  for (int64_t i = 0; i < b->samples * units(self) && b->samples > 20; i++)
    b->output[i] *= 1.01f;
  return status;
}

OPERATION(blocks, forward, unit_backward)
