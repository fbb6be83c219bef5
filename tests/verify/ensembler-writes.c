/* Breaks sum: adds up its members in the probabilities that it is lent. */
#include <stdint.h>

#include "ensembler.h"

static int32_t combine(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                       float *combined) {
  float *sum = (float *)(uintptr_t)probabilities;
  (void)self;
  for (int64_t i = 0; i < rows * classes; i++) {
    for (int64_t m = 1; m < members; m++)
      sum[i] += probabilities[m * rows * classes + i];
    combined[i] = sum[i] / (float)members;
  }
  return STRAIT_OK;
}

ENSEMBLER(writes, runs_source, runs_collect, combine)
