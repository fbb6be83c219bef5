/* Breaks sum: adds the members' probabilities and does not divide. */
#include "ensembler.h"

static int32_t combine(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                       float *combined) {
  (void)self;
  for (int64_t i = 0; i < rows * classes; i++) {
    combined[i] = 0;
    for (int64_t m = 0; m < members; m++)
      combined[i] += probabilities[m * rows * classes + i];
  }
  return STRAIT_OK;
}

ENSEMBLER(sum, runs_source, runs_collect, combine)
