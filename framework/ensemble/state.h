/* ensemble/state.h: the inside of struct ensemble, for run.c, plan.c, rehearse.c and state.c alone. */
#ifndef ENSEMBLE_STATE_H
#define ENSEMBLE_STATE_H

#include "ensemble/run.h"
#include "train/moments.h"

struct ensemble {
  struct ensemble_plan plan;
  int64_t epoch_iterations;
  int64_t *spent;        /* of each start, as sources get it */
  strait_source *source; /* what the ensembler asks for */
  int64_t sources;

  int64_t now;               /* the source that runs */
  int begun;                 /* 1: snapshot holds the state of a training under way */
  struct snapshot *snapshot; /* NULL before the first training; afterwards the last state of the newest one */
  int64_t halved;            /* how often the sources that are done halved their rate */
  struct gathering *gathering;
};
int ensemble_make_snapshot(struct ensemble *ensemble);

/* state.c. A state is FOLDER/source-S-iteration-I.state.safetensors, I iterations into source S; the members are in
 * files of their own, each written once. Nothing happens where the plan names no folder. */
struct moment ensemble_here(const struct ensemble *ensemble);
/* Writes the state, and removes those that no longer stay. */
int ensemble_keep(struct ensemble *ensemble);
/* The newest state that can be read and is not after `latest` (NULL: the newest of all); the beginning of the ensemble
 * where there is none. */
int ensemble_restore(struct ensemble *ensemble, const struct moment *latest);
/* Removes the states after this one. */
int ensemble_forget(struct ensemble *ensemble, struct moment after);
/* After STRAIT_EDIVERGE, as moments_diverged. */
int ensemble_diverged(struct ensemble *ensemble);

/* Calls of the plugin about the source e->now; count: floats of the weights. Defined in run.c, as the rest. */
int ensemble_offer(struct ensemble *e, const float *weights, int64_t count, const float *statistics,
                   const strait_step *step, int wanted, int last);
int ensemble_finish(struct ensemble *e, const float *statistics, int64_t iteration);
/* Are the source's epochs' ends its moments, since the schedule names none? */
int ensemble_takes_epochs(const struct ensemble *e, const strait_source *source);

#endif
