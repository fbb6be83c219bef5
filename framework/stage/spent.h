/* stage/spent.h: the iterations that references stand for, and those spent to make what they name. */
#ifndef STAGE_SPENT_H
#define STAGE_SPENT_H

#include "experiment/experiment.h"

/* The iteration that a reference to a train stage stands for; its own end for NAME. 0 for what has none (a point, a
 * member, a mean, a file). */
int64_t reference_iteration(const struct reference *reference);
/* How many networks a reference stands for: the members of NAME[*], else 1. */
int64_t reference_members(const struct reference *reference);
/* Iterations spent, all told, to make these weights: the trainings before them included. */
int64_t reference_spent(const struct reference *reference);
int64_t route_spent(const struct route *route);

#endif
