/* stage/runner.h: runs an experiment as make does: finished stages are skipped, interrupted ones resume, outdated
 * ones are set aside and rerun, and those whose key is wanted again are taken back. */
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
/* What there is of the stage, against its key, and where: *aside is N where a run takes it back from STAGE.~N~, 0 where
 * it is in the stage's own folder. A finished result is preferred; folders set aside with a damaged file do not count.
 */
int stage_result(const struct session *session, const struct stage *stage, int *result, int *aside);
/* Runs every stage; the experiment is prepared. command: how it was called, for provenance. Stops at the first failure.
 * only: run this stage alone (what it refers to must be done); NULL: all. */
int experiment_run(struct session *session, struct experiment *experiment, const char *only, const char *command);
/* One stage, its turn being number of count: does what is to do, or tells that nothing is. */
int stage_run(struct session *session, struct stage *stage, int number, int count, const char *command);
/* Takes back results that were set aside, where the stage needs them; stage_run does this by itself. */
int stage_take_back(struct session *session, struct stage *stage);
/* Is anything to do? Taking results back is. */
int stage_pending(struct session *session, struct stage *stage, int *pending);
/* Tells the watcher a finished stage's results, from its summary. */
int stage_tell(struct session *session, struct stage *stage, int number, int count);

#endif
