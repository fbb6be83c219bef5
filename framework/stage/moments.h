/* stage/moments.h: the checkpoints in a stage's folder. A moment is a group of files with one base name:
 *   final.safetensors              final.state.safetensors        a train stage's end
 *   epoch-8.safetensors            epoch-8.state.safetensors      after an epoch
 *   iteration-500...               inside an epoch
 *   source-1-iteration-500...      of an ensemble's source; a curve's free points are epoch-8.point-1.safetensors ...
 * The file that marks a moment as whole is written last and removed first. */
#ifndef STAGE_MOMENTS_H
#define STAGE_MOMENTS_H

#include "stage/job.h"

struct moment {
  const char *base;
  int64_t source, iteration;
};
/* The whole moments in the job's folder, newest first; mark: the suffix of the last file, ".state.safetensors". */
int moments_find(struct job *job, const char *mark, struct moment **moments, size_t *count);
/* Removes every file of a moment. */
int moment_remove(struct job *job, const char *base, const char *mark);

/* Which moments to go on from are kept: the newest two up to now, and the epoch's beginning. The oldest of them are
 * given up while they take more than a limit, but for the newest. moments_rotate removes what is neither among them nor
 * wanted for good. */
#define CHECKPOINT_LIMIT_HELP                                                                                          \
  "megabytes that the checkpoints to go on from may take, beside those that are kept for good: older ones go first, "  \
  "the newest stays; 0: no limit"
struct rotation {
  int64_t now;                                           /* the iteration of the newest */
  int64_t begun;                                         /* of the epoch's beginning; -1: none is wanted */
  int begun_stays;                                       /* 1: whatever the limit, for a divergence goes back to it */
  size_t spare;                                          /* how many beside the epoch's beginning; 0: none at all */
  double limit;                                          /* megabytes; 0: none */
  int (*wanted)(const void *context, int64_t iteration); /* 1: for good */
  const void *context;
};
int moments_rotate(struct job *job, const char *mark, const struct rotation *rotation);

/* Removes the moments after this iteration: of a way that was given up. */
int moments_forget(struct job *job, const char *mark, int64_t after);

/* Removes files of moments that are not whole: what a process left that was killed while it wrote or removed one. */
int moments_sweep(struct job *job, const char *mark);
/* After STRAIT_EDIVERGE: adds the last good moment and what to do to the chain. */
int moments_diverged(struct job *job, const char *mark);

/* The base name for an iteration; end: the iteration that is "final" (0: none). */
char *moment_base(struct job *job, int64_t iteration, int64_t end);
/* Writes, and reads back, the free control points and the state. A snapshot's fixed points are left alone. */
int moment_save(struct job *job, const char *base, const struct snapshot *snapshot);
int moment_load(struct job *job, const char *base, struct snapshot *snapshot);
/* Reads back the newest moment that is not after `latest`. A damaged one is named in a warning, and an earlier one
 * taken. *loaded: 0 when there is none; then the snapshot may hold parts of one. */
int moments_load(struct job *job, const char *mark, int64_t latest, struct snapshot *snapshot, int *loaded);

#endif
