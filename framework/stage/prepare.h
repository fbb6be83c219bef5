/* stage/prepare.h: everything that can be known before the first stage runs. */
#ifndef STAGE_PREPARE_H
#define STAGE_PREPARE_H

#include "stage/session.h"

/* Opens data, builds networks, checks references, lengths and schedules, and fills every stage's material, wanted
 * iterations and key. Refuses train stages that are alike. Writes nothing. */
int experiment_prepare(struct session *session, struct experiment *experiment);

#endif
