/* network/bind.h: the device's record of each step, filled from the tape and the places of the program's buffers.
 * Private to network/. */
#ifndef NETWORK_BIND_H
#define NETWORK_BIND_H

#include "compute/device.h"
#include "network/tape.h"

/* batch: the samples that state has room for. */
struct buffers {
  int64_t batch;
  place weights, statistics, state, gradient, input, target, sums, each, collected, arena;
};

place value_place(const struct tape *tape, const struct buffers *buffers, int value);
place gradient_place(const struct tape *tape, const struct buffers *buffers, int value);
void bind_step(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op);
/* What a fused add does backward: hands the step's output gradient on to what was added. OP_NONE where nothing is to
 * do. */
void bind_handed(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op);

#endif
