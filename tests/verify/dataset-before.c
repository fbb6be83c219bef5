/* Breaks shapes: writes one byte before the sample. */
#include "dataset.h"

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {1, 2, 2};
  unsigned char *x = strait_sample_reserve(sample, 3, dims);
  for (int i = -1; x && i < 4; i++)
    x[i] = (unsigned char)(which + (uint32_t)index);
  return x ? strait_sample_label(sample, 1) : strait_fail(self, STRAIT_ENOMEM, "no room");
}

DATASET(before, dots_open, dots_describe, read)
