/* stage/divergence.h: what a stage does when its loss or weights are not finite any more: the key on-divergence. */
#ifndef STAGE_DIVERGENCE_H
#define STAGE_DIVERGENCE_H

#include "stage/job.h"

enum { DIVERGENCE_STOP, DIVERGENCE_HALVE };
extern const char *const divergence_choices[];
#define DIVERGENCE_HELP                                                                                                \
  "when loss or weights are not finite any more: stop there, or go back to the epoch's beginning and on at half the "  \
  "rate"

/* After STRAIT_EDIVERGE, which it clears: tells that the training goes on from iteration `origin` at half its rate.
 * Leaves the failure, with another cause in front, when the rate was halved MOST_HALVINGS times before. */
int divergence_tell(struct job *job, const struct training *training, int64_t origin);
/* "halvings": n in the summary, where there were any. */
int divergence_summary(struct job *job, const struct training *training);

#endif
