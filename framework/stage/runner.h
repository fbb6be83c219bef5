/* stage/runner.h: runs an experiment as make does: what is done and unchanged is left alone, what was interrupted goes
 * on, what is outdated is set aside and made anew. */
#ifndef STAGE_RUNNER_H
#define STAGE_RUNNER_H

#include "stage/session.h"

enum {
  RESULT_NONE,
  RESULT_STARTED,
  RESULT_DONE,
  RESULT_OUTDATED,  /* of another key */
  RESULT_UNMEASURED /* of this key, but measured by other evaluation keys */
};
/* What the stage's folder holds, against its key. */
int stage_result(const struct session *session, const struct stage *stage, int *result);
/* Runs every stage; the experiment is prepared. command: how it was called, for provenance. Stops at the first failure.
 */
int experiment_run(struct session *session, struct experiment *experiment, const char *command);

#endif
