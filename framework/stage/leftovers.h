/* stage/leftovers.h: keys that nothing took, after all stages are settled. */
#ifndef STAGE_LEFTOVERS_H
#define STAGE_LEFTOVERS_H

#include "stage/experiment.h"

/* Refuses keys in sections, in [defaults] or in the changes of an instance that no stage took, with the nearest that
 * one takes. */
int experiment_leftovers(struct experiment *experiment);

#endif
