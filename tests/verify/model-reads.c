/* Breaks operations: reads one number behind its input. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  int64_t last = b->samples * units(self) - 1;
  int32_t status = unit_forward(self, b);
  b->output[last] += b->inputs[0][last + 1] - b->inputs[0][last + 1] * 0.999f;
  return status;
}

OPERATION(reads, forward, unit_backward)
