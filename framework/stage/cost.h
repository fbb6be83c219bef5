/* stage/cost.h: what a stage takes, as far as it is known before it runs. */
#ifndef STAGE_COST_H
#define STAGE_COST_H

#include "experiment/experiment.h"
#include "stage/session.h"

struct cost {
  int64_t trained;   /* samples that go forward and backward */
  int64_t evaluated; /* samples that go forward only: batch-norm refresh and measuring */
  int64_t vectors;   /* weight vectors in memory, beside the network's own weights and gradient */
  int64_t disk;      /* bytes of results and checkpoints, at most, while it runs */
  int64_t kept;      /* of these, what is there when it is done */
};

/* Of the whole stage, whatever is done of it already; the experiment is prepared. Members of ensembles that are made on
 * the way count once each. */
int stage_cost(const struct stage *stage, struct cost *cost);
/* Bytes of memory while it runs: the network at its batch, the vectors, the data set, and samples kept converted. */
int64_t cost_memory(const struct stage *stage, const struct cost *cost);

/* For verbs. Samples for measuring one network: the refresh, and the splits named (NULL or empty: all there are). */
int64_t cost_of_measuring(const struct stage *stage, const strait_strings *splits);
/* Samples that the stage's own iterations train on. */
int64_t cost_of_training(const struct stage *stage);
/* Vectors that a training of so many control points holds: on the device and as a snapshot, and the larger of what
 * measuring and reading a state back take beside them. */
int64_t cost_of_points(const struct stage *stage, int points, int free_points);
/* Vectors that a path takes, once loaded, with a file of weights being read: twice, as it is and as numbers. */
int cost_of_path(const struct route *route, int64_t *vectors);
/* The most that loading any of the stage's references takes beside its result: the curve it lies on, and the file. */
int cost_of_loading(const struct stage *stage, int64_t *vectors);
/* The most bytes that checkpoints of `moment` bytes to resume from take; limit: checkpoint-limit's megabytes. */
int64_t cost_of_checkpoints(int64_t moment, double limit);
/* Bytes of one network's weights file; with moments, of its optimiser's state too. */
int64_t cost_of_weights(const struct stage *stage, int moments);

#endif
