/* Breaks operations: writes one number behind its output. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  b->output[b->samples * units(self)] = 0;
  return unit_forward(self, b);
}

OPERATION(behind, forward, unit_backward)
