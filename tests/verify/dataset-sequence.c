/* Breaks sequence: samples lie side by side, as those of a sequence do not. */
#include "dataset.h"

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  int32_t status = dots_describe(self, which, split);
  split->element = STRAIT_I32;
  split->target = STRAIT_TARGET_CLASSES;
  split->order = STRAIT_ORDER_STREAMS;
  split->rank = 1;
  split->dims[0] = 4;
  split->dims[1] = split->dims[2] = 0;
  return status;
}

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {4};
  int32_t *x = strait_sample_reserve(sample, 1, dims), *y = strait_sample_labels(sample, 4);
  if (!x || !y)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a sample");
  for (int64_t i = 0; i < 4; i++) {
    x[i] = (int32_t)((2 * index + i + which) % 3);
    y[i] = index + i < (which == STRAIT_TRAIN ? 20 : 10) ? (x[i] + 1) % 3 : -1;
  }
  return STRAIT_OK;
}

DATASET(sequence, dots_open, describe, read)
