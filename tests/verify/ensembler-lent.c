/* Breaks members: writes to the weights that it is offered. */
#include <stdint.h>

#include "ensembler.h"

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  float *weights = (float *)(uintptr_t)moment->weights;
  weights[moment->count - 1] *= 0.5f;
  return runs_collect(self, moment, slots);
}

ENSEMBLER(lent, runs_source, collect, NULL)
