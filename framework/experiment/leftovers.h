/* experiment/leftovers.h: keys that nothing took, after all stages are settled. */
#ifndef EXPERIMENT_LEFTOVERS_H
#define EXPERIMENT_LEFTOVERS_H

#include "experiment/experiment.h"

/* Refuses keys in sections, in [defaults] or in the changes of an instance that no stage took, with the nearest that
 * one takes. */
int experiment_leftovers(struct experiment *experiment);

#endif
