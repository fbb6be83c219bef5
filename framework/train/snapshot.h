/* train/snapshot.h: all that a training is, on the host: what checkpoints hold and trainings start from. */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H

#include "network/network.h"

#define MOST_HALVINGS 20 /* a millionth of the rate: what diverges at that is broken otherwise */

struct snapshot {
  int points;                  /* control points; 1 for a plain training */
  int64_t count;               /* P */
  float **theta;               /* points vectors */
  float **velocity;            /* points vectors; NULL for a fixed point */
  float **square;              /* AdamW's second moments, as velocity; NULL: sgd */
  int64_t buffers;             /* the length of statistics */
  float *statistics;           /* the running batch-norm statistics */
  const struct layout *states; /* the network's, where its layers carry something from step to step; else NULL */
  int64_t lanes;               /* samples that state has room for */
  float *state;                /* as program_state */
  int64_t iteration;           /* done so far */
  int64_t updates;             /* optimiser steps since the momentum was zero: 0 means the first step sets it */
  int64_t halvings;            /* how often the rate was halved after a divergence */
};
/* Zeroed. fixed_ends: the first and the last of the points have no velocity. */
int snapshot_create(struct snapshot **snapshot, const struct network *network, int points, int fixed_ends, int adam);
/* Adds room for what the network's layers carry, for batches of at most so many samples; zeroed. The network must
 * outlive the snapshot. */
int snapshot_carry(struct snapshot *snapshot, const struct network *network, int64_t lanes);
/* Words of the state; 0: nothing is carried. */
int64_t snapshot_carried(const struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot); /* NULL is nothing */
/* Control points evenly spaced from `first` to `last` (P floats each), the ends bit for bit. */
void snapshot_spread(struct snapshot *snapshot, const float *first, const float *last);
/* Forgets the momentum, what is carried, the iteration and halvings; keeps weights and statistics. */
void snapshot_restart(struct snapshot *snapshot);
void snapshot_clear(struct snapshot *snapshot); /* as snapshot_create leaves it */

#endif
