/* stage/verb_train.h: lengths of a train stage, for those who refer to its iterations. */
#ifndef STAGE_VERB_TRAIN_H
#define STAGE_VERB_TRAIN_H

#include "stage/experiment.h"

/* Its last iteration, and the one it starts after (0, or where the training lies that it goes on with). */
int64_t train_end(const struct stage *stage);
int64_t train_first(const struct stage *stage);
/* Iterations spent before its iteration 0: those of the start when restart = yes. */
int64_t train_inherited(const struct stage *stage);
/* What it starts from; NULL: fresh weights. */
const struct reference *train_start(const struct stage *stage);

#endif
