/* train/communicator.h: all that a training knows of its peers: processes that train the same weights together, each on
 * its own share of every mini-batch. Alone, nothing happens; MPI would come behind the same three things. */
#ifndef TRAIN_COMMUNICATOR_H
#define TRAIN_COMMUNICATOR_H

#include "compute/device.h"

struct communicator {
  int rank, size; /* 0 <= rank < size */
  /* Replaces `words` floats by their sum over all ranks, the same bytes on each. */
  int (*sum)(const struct communicator *communicator, struct device *device, place at, int64_t words);
};
/* One process. */
extern const struct communicator communicator_alone;

#endif
