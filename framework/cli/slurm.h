/* cli/slurm.h: the words of Slurm's commands: sbatch, squeue, scancel, scontrol, sinfo. */
#ifndef CLI_SLURM_H
#define CLI_SLURM_H

#include "base/memory.h"

/* One of the user's jobs, or one task of an array of jobs. */
struct queued {
  const char *id; /* "12", "12_3" */
  const char *state, *reason, *comment;
};
/* All jobs of the user that Slurm knows of and that have not ended. */
int slurm_queue(struct arena *arena, struct queued **jobs, size_t *count);
/* Sends the script; argv is sbatch and its options. *id: the job's number. Tries again where Slurm does not answer. */
int slurm_send(struct arena *arena, const char *const *argv, const char *script, const char **id);
int slurm_cancel(struct arena *arena, const char *const *ids, size_t count);
/* The time limit in minutes of a partition, NULL for the one that is Slurm's default; 1e300 where there is none, or it
 * cannot be told. */
double slurm_minutes(struct arena *arena, const char *partition);
/* "1-02:03:04", "02:03", "infinite" in minutes; 1e300 for what is no time. */
double slurm_time(const char *text);
/* Puts the running job that this process is of into the queue again. Slurm then ends this process. */
int slurm_requeue(struct arena *arena, const char *job);

#endif
