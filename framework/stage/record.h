/* stage/record.h: what `strait show` and `strait report` find a run's results by. */
#ifndef STAGE_RECORD_H
#define STAGE_RECORD_H

#include "stage/session.h"

/* Writes experiment.json and a copy of the experiment's file into session->out, which is made. */
int record_experiment(const struct session *session, const struct experiment *experiment);

#endif
