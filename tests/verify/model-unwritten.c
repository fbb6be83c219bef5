/* Breaks operations: its backward pass reads workspace that the forward pass did not write. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  float *all = b->workspace;
  for (int64_t i = 0; i < b->samples * units(self); i++) {
    float on = b->inputs[0][i] > 0 ? b->inputs[0][i] : 0;
    b->output[i] = b->parameters[0][0] * on;
    if (i > 0)
      all[i] = on;
  }
  return STRAIT_OK;
}

OPERATION(unwritten, forward, unit_backward)
