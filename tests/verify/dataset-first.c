/* Breaks rereading: the first reading of an instance is another. */
#include "dataset.h"

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const void *seen;
  int first = seen != self;
  seen = self;
  return dots_read(self, which, first ? (index + 1) % 10 : index, sample);
}

DATASET(first, dots_open, dots_describe, read)
