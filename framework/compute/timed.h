/* compute/timed.h: a device whose operations are timed and counted, one sum for each kind, for measurements.
 *
 * Timing a device replaces its table of operations by one that calls the old and takes the clock around it. An
 * operation that this file does not know passes by untimed: the caller sees it as the rest of the whole. For the thread
 * that uses the device. */
#ifndef COMPUTE_TIMED_H
#define COMPUTE_TIMED_H

#include <time.h>

#include "compute/device.h"

struct timing {
  const char *name; /* "conv forward" */
  int64_t calls;
  double seconds;
  /* Counted from the records. multiply_adds: of dense layers and convolutions, as direct convolution needs them. bytes:
   * each operand read or written once, however often an implementation does; of dense layers and convolutions with the
   * weights once a call. What is wanted only is counted: no input gradient in a first layer. */
  double multiply_adds, bytes;
};

/* Counts a layer's operation (network/network.h has network_counts); counts start at 0. */
typedef void timed_counts(const struct op *op, int direction, const struct run *run, struct counts *counts);

struct timed;
/* From here on the device's operations are timed, by this clock (CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID). */
int timed_create(struct timed **timed, struct device *device, clockid_t clock, timed_counts *layers);
void timed_free(struct timed *timed); /* the device has its own table again; NULL is nothing */
void timed_reset(struct timed *timed);
/* The kinds of operations, those never called among them; *count of them. Valid until timed_free. */
const struct timing *timed_read(const struct timed *timed, size_t *count);
double timed_now(clockid_t clock); /* seconds */

#endif
