/* train/communicator.c: the lone communicator: the sum over one process is what is there. */
#include "train/communicator.h"

static int sum_alone(const struct communicator *communicator, struct device *device, place at, int64_t words) {
  (void)communicator, (void)device, (void)at, (void)words;
  return STRAIT_OK;
}

const struct communicator communicator_alone = {.rank = 0, .size = 1, .sum = sum_alone};
