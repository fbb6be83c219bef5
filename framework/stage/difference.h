/* stage/difference.h: what sets a stage apart from an earlier one, for people. */
#ifndef STAGE_DIFFERENCE_H
#define STAGE_DIFFERENCE_H

#include <jansson.h>

#include "base/text.h"
#include "experiment/experiment.h"

/* Adds what differs from an earlier stage_describe: "epochs = 3 (was 2), the data, left". */
int stage_differences(const struct stage *stage, const json_t *before, struct text *text);

#endif
