/* compute/tune.h: how fast this machine does convolutions of stride 1 by direct sums and by Winograd's algorithm:
 * what the rule of compute/cpu_winograd.c rests on, and what to look at on another machine before it is changed. */
#ifndef COMPUTE_TUNE_H
#define COMPUTE_TUNE_H

#include "compute/device.h"

enum { TUNE_FORWARD, TUNE_INPUT, TUNE_WEIGHTS, TUNE_WAYS };
struct tuned {
  int64_t samples;
  int winograd;              /* what the rule takes */
  double direct[TUNE_WAYS];  /* GFLOP/s of direct sums, by the clock on the wall */
  double by_rule[TUNE_WAYS]; /* of what the rule takes, counted as for direct sums */
};
/* Kernels of kernel x kernel (odd), from `channels` to as many, on maps of size x size; the best of `tries` that take
 * `seconds` each, or one call if that is longer. */
int tune(struct tuned *tuned, struct device *device, int64_t kernel, int64_t channels, int64_t size, int tries,
         double seconds);

#endif
