/* train/communicator.h: the processes, or ranks, that train the same weights together, each on its share of every
 * mini-batch. A communicator moves bytes and never adds: sums are taken here, in a fixed binary tree over ranks, so
 * that they are the same bytes on every rank and in every run, whatever moves them.
 *
 * All ranks call the same functions in the same order; each call waits for the others. */
#ifndef TRAIN_COMMUNICATOR_H
#define TRAIN_COMMUNICATOR_H

#include "compute/device.h"

#define MOST_RANKS 64

struct communicator {
  int rank, size; /* 0 <= rank < size <= MOST_RANKS */
  /* Block r of `to` goes to rank r; block r of `from` is what rank r sent here. Of `size` blocks of `bytes` each. */
  int (*exchange)(const struct communicator *communicator, const void *to, void *from, size_t bytes);
  /* Everyone's `own` of `bytes`, in the order of ranks. */
  int (*gather)(const struct communicator *communicator, const void *own, void *all, size_t bytes);
};
/* One process: its functions are never called. */
extern const struct communicator communicator_alone;

/* Replaces `words` floats on the device by the sum of weight times them over all ranks; a weight of 0 leaves out
 * whatever is there. Alone, nothing happens. room: communicator_room floats of host memory. */
int communicator_sum(const struct communicator *communicator, struct device *device, place at, int64_t words,
                     double weight, float *room);
int64_t communicator_room(const struct communicator *communicator, int64_t words);
/* The same for a few numbers. */
#define MOST_NUMBERS 8
int communicator_add(const struct communicator *communicator, double *numbers, int count);

#endif
