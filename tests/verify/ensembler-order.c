/* Breaks order: the first member counts twice. */
#include "ensembler.h"

static int32_t combine(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                       float *combined) {
  (void)self;
  for (int64_t i = 0; i < rows * classes; i++) {
    float sum = probabilities[i];
    for (int64_t m = 0; m < members; m++)
      sum += probabilities[m * rows * classes + i];
    combined[i] = sum / (float)(members + 1);
  }
  return STRAIT_OK;
}

ENSEMBLER(order, runs_source, runs_collect, combine)
