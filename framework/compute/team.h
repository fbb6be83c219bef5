/* compute/team.h: one team of threads. Work is cut into fixed tasks, so results don't depend on the number of threads.
 */
#ifndef COMPUTE_TEAM_H
#define COMPUTE_TEAM_H

#include <stdint.h>

struct team;
/* threads: 1 to 256; the caller's thread is one of them. Waits spin briefly, then sleep. */
int team_create(struct team **team, int threads);
void team_free(struct team *team);
int team_threads(const struct team *team);
/* Calls task(context, index, worker) for index 0..tasks-1, each once, on any worker (0..threads-1; 0 is the caller),
 * and returns when all are done. Not re-entrant: a task may not call team_run. */
typedef void team_task(void *context, int64_t index, int worker);
void team_run(struct team *team, int64_t tasks, team_task *task, void *context);

/* How many threads to use: `asked` if > 0, else STRAIT_THREADS, OMP_NUM_THREADS, else the CPUs of the affinity mask and
 * the cgroup's quota. STRAIT_EINVAL when a variable is not a number from 1 to 256. */
int team_count(int asked, int *threads);

#endif
