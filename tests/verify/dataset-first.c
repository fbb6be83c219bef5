/* Breaks rereading: the first reading after an open() is another. */
#include "dataset.h"

static int readings;
static int32_t open(void *self) {
  readings = 0;
  return dots_open(self);
}
static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  return dots_read(self, which, readings++ ? index : (index + 1) % 10, sample);
}

DATASET(first, open, dots_describe, read)
