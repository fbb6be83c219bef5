/* stage/splits.h: the splits that a stage's keys name. */
#ifndef STAGE_SPLITS_H
#define STAGE_SPLITS_H

#include "experiment/experiment.h"

/* Is each a split, and does the stage's data have samples there? */
int stage_check_splits(const struct stage *stage, const strait_strings *splits);

#endif
