/* stage/warnings.h: what runs, but is seldom meant: told before anything runs. */
#ifndef STAGE_WARNINGS_H
#define STAGE_WARNINGS_H

#include "experiment/experiment.h"

/* Logs a warning for each stage of a prepared experiment that asks for one; a copy only where its origin does not. */
int experiment_warn(const struct experiment *experiment);

#endif
