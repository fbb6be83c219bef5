/* cli/jobs.h: the Slurm jobs that were sent for the stages of a run. What was sent is in RUN/slurm.jobs/jobs.json, by a
 * mark that each job has as its comment; which of them there still are, only Slurm says. */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "base/memory.h"
#include "cli/slurm.h"

/* A job for one stage, or an array of jobs with a task for each. */
struct sent {
  const char *mark;
  const char **stages, **keys;
  size_t count;
};
/* A stage that Slurm has a job for. */
struct live {
  const char *stage, *key;
  const struct queued *job;
};
struct jobs {
  struct sent *sent; /* those that Slurm still has */
  size_t sent_count;
  struct live *live;
  size_t live_count;
};
/* out: the run's folder. STRAIT_OK with none where none was ever sent. */
int jobs_read(struct arena *arena, const char *out, struct jobs *jobs);
/* Notes that these are about to be sent, beside those that Slurm still has. */
int jobs_write(struct arena *arena, const char *out, const struct jobs *jobs, const struct sent *more, size_t count);
/* The job for this stage, or NULL. */
const struct live *jobs_find(const struct jobs *jobs, const char *stage);
/* Cancels those in this state ("PENDING"); NULL: all. *count: how many. */
int jobs_cancel(struct arena *arena, const struct jobs *jobs, const char *state, size_t *count);
#define JOBS_COMMENT "strait "   /* in front of the mark */
#define JOBS_FOLDER "slurm.jobs" /* no stage has a dot in its name */

#endif
