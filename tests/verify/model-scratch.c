/* Breaks threads: keeps what it needs between two loops in a static variable. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  static float scratch[64];
  for (int64_t s = 0; s < b->samples; s++) {
    for (int64_t i = 0; i < units(self); i++)
      scratch[i] = b->inputs[0][s * units(self) + i] > 0 ? b->inputs[0][s * units(self) + i] : 0;
    for (volatile int wait = 0; wait < 500; wait++)
      continue;
    for (int64_t i = 0; i < units(self); i++) {
      b->workspace[s * units(self) + i] = scratch[i];
      b->output[s * units(self) + i] = b->parameters[0][0] * scratch[i];
    }
  }
  return STRAIT_OK;
}

OPERATION(scratch, forward, unit_backward)
