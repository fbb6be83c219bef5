/* tests/verify/dataset-numbers.h: a sound data set of 1000 and 300 vectors of 3 numbers. */
#include "dataset.h"

enum { NUMBERS = 3 };

static inline int32_t numbers_describe(const void *self, uint32_t which, strait_split *split) {
  int32_t status = dots_describe(self, which, split);
  split->element = STRAIT_F32;
  split->rank = 1;
  split->dims[0] = NUMBERS;
  split->dims[1] = split->dims[2] = 0;
  split->count = which == STRAIT_TRAIN ? 1000 : 300;
  return status;
}
static inline float number_of(uint32_t which, int64_t index, int64_t i) {
  return (float)(index * NUMBERS + i) / 3000 + (float)which;
}
static inline int32_t numbers_read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {NUMBERS};
  float *x = strait_sample_reserve(sample, 1, dims);
  for (int64_t i = 0; i < NUMBERS && x; i++)
    x[i] = number_of(which, index, i);
  return x ? strait_sample_label(sample, index % 3) : strait_fail(self, STRAIT_ENOMEM, "no room for a sample");
}
