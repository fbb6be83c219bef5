/* Breaks members: writes one number behind a slot. */
#include "ensembler.h"

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  float *mean = strait_slots_vector(slots, "mean");
  for (int64_t i = 0; i <= moment->count && mean; i++)
    mean[i] = i < moment->count ? moment->weights[i] : 0;
  return mean ? runs_collect(self, moment, slots) : STRAIT_ENOMEM;
}

ENSEMBLER(vector, runs_source, collect, NULL)
