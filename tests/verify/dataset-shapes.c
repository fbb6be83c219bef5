/* Breaks shapes: one sample is larger than the others. */
#include "dataset.h"

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {1, 2, 3};
  if (index != 7)
    return dots_read(self, which, index, sample);
  unsigned char *x = strait_sample_reserve(sample, 3, dims);
  for (int i = 0; x && i < 6; i++)
    x[i] = 0;
  return x ? strait_sample_label(sample, 1) : STRAIT_ENOMEM;
}

DATASET(shapes, dots_open, dots_describe, read)
