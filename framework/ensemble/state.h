/* ensemble/state.h: the inside of struct ensemble, for run.c, plan.c and state.c alone. */
#ifndef ENSEMBLE_STATE_H
#define ENSEMBLE_STATE_H

#include "ensemble/run.h"

struct ensemble {
  struct ensemble_plan plan;
  int64_t epoch_iterations;
  int64_t *spent;        /* of each start, as sources get it */
  strait_source *source; /* what the ensembler asks for */
  int64_t sources;

  int64_t now;               /* the source that runs */
  int begun;                 /* 1: snapshot holds the state of a training under way */
  struct snapshot *snapshot; /* NULL before the first training; afterwards the last state of the newest one */
  struct gathering *gathering;
  double checkpointed; /* when, on the monotonic clock */
};
int ensemble_make_snapshot(struct ensemble *ensemble);

#endif
