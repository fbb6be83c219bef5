/* Breaks operations: keeps what it needs between two loops in the operation's context. */
#include "operation.h"

static int32_t forward(const void *self, const strait_block *b) {
  float *scratch = *(float *const *)b->context;
  for (int64_t s = 0; s < b->samples; s++) {
    for (int64_t i = 0; i < units(self); i++)
      scratch[i] = b->inputs[0][s * units(self) + i] > 0 ? b->inputs[0][s * units(self) + i] : 0;
    for (int64_t i = 0; i < units(self); i++) {
      b->workspace[s * units(self) + i] = scratch[i];
      b->output[s * units(self) + i] = b->parameters[0][0] * scratch[i];
    }
  }
  return STRAIT_OK;
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  strait_operation unit = {.forward = forward, .backward = unit_backward};
  float **scratch = strait_alloc(self, sizeof *scratch), *room = strait_alloc(self, 64 * sizeof *room);
  if (!scratch || !room)
    return strait_refuse(g, "no memory");
  *scratch = room;
  unit.context = scratch;
  return unit_build(self, g, x, unit);
}

MODEL(heap, build)
