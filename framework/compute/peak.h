/* compute/peak.h: what this machine can do at most, measured: the limits that a network's speed is compared with. */
#ifndef COMPUTE_PEAK_H
#define COMPUTE_PEAK_H

#include "compute/team.h"

/* Each is the best of several tries, on one thread and on all of the team's at once. */
struct peak {
  double one, all;
};
struct peaks {
  const char *kernels;
  struct peak tile;    /* GFLOP/s of our product on register tiles (compute/tiles.h), all operands in the caches */
  struct peak product; /* GFLOP/s of OpenBLAS, a product of square matrices far larger than the caches */
  struct peak copy;    /* GB/s, a[i] = b[i]; read and written bytes counted, as STREAM does */
  struct peak triad;   /* GB/s, a[i] = s b[i] + c[i] by our kernel */
  int64_t product_order, array_bytes;
};
/* kernels: NULL for the best, as in cpu_create. one-thread figures are by the thread's processor time, so that another
 * job on the machine costs little; those of all threads are by the clock on the wall. */
int peaks_measure(struct peaks *peaks, struct team *team, const char *kernels);

#endif
