/* stage/children.h: small stages side by side, each in a process of its own: strait again, told to run one stage. The
 * bytes are those of a run without: a stage's results depend neither on threads nor on what else runs. */
#ifndef STAGE_CHILDREN_H
#define STAGE_CHILDREN_H

#include "stage/session.h"

struct children {
  int jobs;                     /* processes at a time, each with its share of the session's threads */
  const char *const *arguments; /* of a child: "run", ...; --threads, --stage, --key and FILE are added */
  size_t argument_count;
};
/* Runs every stage; the experiment is prepared. After a failure or a stop the children are
 * asked to save and end, and waited for. */
int experiment_run_children(struct session *session, struct experiment *experiment, const struct children *children,
                            const char *command);

#endif
