/* Breaks counts: has more samples each time it is asked. */
#include "dataset.h"

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  static int64_t more;
  int32_t status = dots_describe(self, which, split);
  split->count += more++ / 2;
  return status;
}

DATASET(counts, dots_open, describe, dots_read)
