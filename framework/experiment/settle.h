/* experiment/settle.h: gives every key of a stage its value. For experiment.c; describing a verb uses the last. */
#ifndef EXPERIMENT_SETTLE_H
#define EXPERIMENT_SETTLE_H

#include "experiment/experiment.h"

/* The verb's own keys, from [defaults] and the section: enough to read the stage's references. */
int settle_own(struct stage *stage);
/* Plugins and all other keys. The stages it refers to are settled already. */
int settle_stage(struct stage *stage);

/* The plugin of a kind where nobody names one; NULL: it must be named. */
const char *settle_built_in(uint32_t kind);

#endif
