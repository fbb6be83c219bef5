/* Breaks order: from the sixth member on the first counts twice. */
#include "ensembler.h"

static int32_t combine(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                       float *combined) {
  float first = members > 5 ? 2 : 1;
  (void)self;
  for (int64_t i = 0; i < rows * classes; i++) {
    float sum = (first - 1) * probabilities[i];
    for (int64_t m = 0; m < members; m++)
      sum += probabilities[m * rows * classes + i];
    combined[i] = sum / ((float)members + first - 1);
  }
  return STRAIT_OK;
}

ENSEMBLER(late, runs_source, runs_collect, combine)
