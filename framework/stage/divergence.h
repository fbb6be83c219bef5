/* stage/divergence.h: what a stage does when its loss or weights are not finite any more: the key on-divergence. */
#ifndef STAGE_DIVERGENCE_H
#define STAGE_DIVERGENCE_H

#include "stage/job.h"

enum { DIVERGENCE_STOP, DIVERGENCE_HALVE };
extern const char *const divergence_choices[];
#define DIVERGENCE_HELP                                                                                                \
  "when loss or weights are not finite any more: stop there, or go back to the epoch's beginning and on at half the "  \
  "rate"

/* A verb's training, and how it loads its newest state that is not after an iteration, or its start. */
struct diverging {
  struct job *job;
  const char *mark; /* of its moments; NULL: they are results already, and stay */
  struct training *training;
  struct snapshot **snapshot;
  int (*load)(void *context, int64_t latest);
  void *context;
};
/* After STRAIT_EDIVERGE, which it clears: loads the state at `origin`, where the epoch began, with the rate halved;
 * after DIVERGENCE_TRIES in vain from there, the start. What was saved after it is removed, so that no later run goes
 * on from there. Leaves the failure, with another cause in front, when the rate was halved MOST_HALVINGS times before.
 */
#define DIVERGENCE_TRIES 3
int divergence_halve(const struct diverging *d, int64_t origin);
/* "halvings": n in the summary, where there were any. */
int divergence_summary(struct job *job, const struct training *training);

#endif
