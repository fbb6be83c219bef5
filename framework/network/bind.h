/* network/bind.h: the device's record of each step, filled from the tape and the places of the program's buffers.
 * Private to network/. */
#ifndef NETWORK_BIND_H
#define NETWORK_BIND_H

#include "compute/device.h"
#include "network/tape.h"

union record {
  struct linear_op linear;
  struct conv_op conv;
  struct norm_op norm;
  struct pool_op pool;
  struct map_op map;
  struct flatten_op flatten;
  struct dropout_op dropout;
  struct custom_op custom;
};

struct buffers {
  place weights, statistics, gradient, input, target, arena;
};

place value_place(const struct tape *tape, const struct buffers *buffers, int value);
place gradient_place(const struct tape *tape, const struct buffers *buffers, int value);
void bind_step(const struct tape *tape, const struct buffers *buffers, const struct step *step, union record *record);

#endif
