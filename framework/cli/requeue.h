/* cli/requeue.h: a Slurm job that met its time limit goes back to the queue. */
#ifndef CLI_REQUEUE_H
#define CLI_REQUEUE_H

#include "base/memory.h"

/* Requeues the job that this process runs in, unless its last runs made no progress in the folder `work` (of a stage,
 * or of the run); out: the run's folder. STATUS_BUSY where it is in the queue again, with a message; STRAIT_ESTOP
 * outside Slurm. */
int requeue_job(struct arena *arena, const char *out, const char *work);

#endif
