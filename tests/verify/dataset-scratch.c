/* Breaks threads: decodes a sample in a static variable. */
#include <string.h>

#include "dataset-numbers.h"

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {NUMBERS};
  static float scratch[NUMBERS];
  float *x = strait_sample_reserve(sample, 1, dims);
  for (int64_t i = 0; i < NUMBERS; i++)
    scratch[i] = number_of(which, index, i);
  for (volatile int wait = 0; wait < 1000; wait++)
    continue;
  if (!x)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a sample");
  memcpy(x, scratch, sizeof scratch);
  return strait_sample_label(sample, index % 3);
}

DATASET(scratch, dots_open, numbers_describe, read)
