/* Breaks operations: a sample's output has something of the block's first sample in it. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  int32_t status = unit_forward(self, b);
  for (int64_t i = units(self); i < b->samples * units(self); i++)
    b->output[i] += 0.01f * b->inputs[0][b->samples / 2 * units(self)];
  return status;
}

OPERATION(coupled, forward, unit_backward)
