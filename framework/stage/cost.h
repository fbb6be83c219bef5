/* stage/cost.h: what a stage takes, as far as it is known before it runs. */
#ifndef STAGE_COST_H
#define STAGE_COST_H

#include "stage/experiment.h"

struct cost {
  int64_t trained;   /* samples that go forward and backward */
  int64_t evaluated; /* samples that go forward only: batch-norm refresh and measuring */
  int64_t vectors;   /* weight vectors in memory, beside the network's own weights and gradient */
  int64_t disk;      /* bytes of results and checkpoints */
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
/* Bytes of one network's weights file; with moments, of its optimiser's state too. */
int64_t cost_of_weights(const struct stage *stage, int moments);

#endif
