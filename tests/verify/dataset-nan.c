/* Breaks finite: one number of one sample is none. */
#include <math.h>

#include "dataset-numbers.h"

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {NUMBERS};
  float *x = strait_sample_reserve(sample, 1, dims);
  for (int64_t i = 0; i < NUMBERS && x; i++)
    x[i] = which == STRAIT_TRAIN && index == 777 && i == 1 ? NAN : number_of(which, index, i);
  return x ? strait_sample_label(sample, index % 3) : strait_fail(self, STRAIT_ENOMEM, "no room for a sample");
}

DATASET(nan, dots_open, numbers_describe, read)
