/* compute/team.c: one team of threads that claims tasks from a counter.
 *
 * A job is published as a generation; a task is claimed by compare-and-swap on (generation, next task), so a worker
 * that comes late can never take a task of another job, and the caller waits for tasks, never for workers that sleep.
 */
#include <config.h> /* _GNU_SOURCE */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "compute/gemm.h"
#include "compute/team.h"

#define MAX_THREADS 256
#define SPIN_NANOSECONDS 40000
#define TASK_BITS 32
#define TASK_MASK ((UINT64_C(1) << TASK_BITS) - 1)

struct member {
  struct team *team;
  pthread_t thread;
  int worker;
};

struct team {
  int threads, started;
  /* The job: written between jobs, when no task is left; what was read is valid if the claim that follows succeeds. */
  _Atomic(team_task *) task;
  _Atomic(void *) context;
  _Atomic uint64_t tasks, first;
  _Alignas(64) _Atomic uint64_t claim; /* generation << TASK_BITS | tasks left */
  _Alignas(64) _Atomic uint64_t pending;
  _Alignas(64) _Atomic int sleepers;
  _Atomic int caller_sleeps, stop;
  pthread_mutex_t mutex;
  pthread_cond_t wake, done;
  struct member member[];
};

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Runs tasks of the job of this generation until none is left to claim. */
static void work(struct team *team, uint64_t generation, int worker) {
  uint64_t seen = atomic_load(&team->claim);
  while (seen >> TASK_BITS == generation && (seen & TASK_MASK) > 0) {
    team_task *task = atomic_load_explicit(&team->task, memory_order_relaxed);
    void *context = atomic_load_explicit(&team->context, memory_order_relaxed);
    uint64_t tasks = atomic_load_explicit(&team->tasks, memory_order_relaxed);
    uint64_t first = atomic_load_explicit(&team->first, memory_order_relaxed);
    uint64_t index = tasks - (seen & TASK_MASK);
    if (!atomic_compare_exchange_weak(&team->claim, &seen, seen - 1))
      continue;
    task(context, (int64_t)(first + index), worker);
    if (atomic_fetch_sub(&team->pending, 1) == 1 && atomic_load(&team->caller_sleeps)) {
      pthread_mutex_lock(&team->mutex);
      pthread_cond_signal(&team->done);
      pthread_mutex_unlock(&team->mutex);
    }
    seen = atomic_load(&team->claim);
  }
}

/* Waits until the generation is another than `old`: spins, then sleeps. Returns the new one. */
static uint64_t await_job(struct team *team, uint64_t old) {
  uint64_t now;
  int64_t until = 0;
  for (int i = 0;; i++) {
    now = atomic_load_explicit(&team->claim, memory_order_acquire) >> TASK_BITS;
    if (now != old || atomic_load_explicit(&team->stop, memory_order_relaxed))
      return now;
    relax();
    if (i % 64 == 63) {
      int64_t time = nanoseconds();
      if (!until)
        until = time + SPIN_NANOSECONDS;
      else if (time > until)
        break;
    }
  }
  pthread_mutex_lock(&team->mutex);
  atomic_fetch_add(&team->sleepers, 1);
  while ((now = atomic_load(&team->claim) >> TASK_BITS) == old && !atomic_load(&team->stop))
    pthread_cond_wait(&team->wake, &team->mutex);
  atomic_fetch_sub(&team->sleepers, 1);
  pthread_mutex_unlock(&team->mutex);
  return now;
}

static void *member_main(void *argument) {
  struct member *member = argument;
  struct team *team = member->team;
  gemm_single_thread();
  uint64_t generation = 0;
  for (;;) {
    generation = await_job(team, generation);
    if (atomic_load(&team->stop))
      return NULL;
    work(team, generation, member->worker);
  }
}

static void await_done(struct team *team) {
  int64_t until = 0;
  for (int i = 0; atomic_load_explicit(&team->pending, memory_order_acquire) != 0; i++) {
    relax();
    if (i % 64 != 63)
      continue;
    int64_t time = nanoseconds();
    if (!until)
      until = time + SPIN_NANOSECONDS;
    else if (time > until) {
      pthread_mutex_lock(&team->mutex);
      atomic_store(&team->caller_sleeps, 1);
      while (atomic_load(&team->pending) != 0)
        pthread_cond_wait(&team->done, &team->mutex);
      atomic_store(&team->caller_sleeps, 0);
      pthread_mutex_unlock(&team->mutex);
      return;
    }
  }
}

/* One job of at most TASK_MASK tasks. */
static void run_job(struct team *team, uint64_t first, uint64_t tasks, team_task *task, void *context) {
  uint64_t generation = ((atomic_load(&team->claim) >> TASK_BITS) + 1) & TASK_MASK;
  atomic_store_explicit(&team->task, task, memory_order_relaxed);
  atomic_store_explicit(&team->context, context, memory_order_relaxed);
  atomic_store_explicit(&team->tasks, tasks, memory_order_relaxed);
  atomic_store_explicit(&team->first, first, memory_order_relaxed);
  atomic_store_explicit(&team->pending, tasks, memory_order_relaxed);
  atomic_store(&team->claim, generation << TASK_BITS | tasks);
  if (atomic_load(&team->sleepers) > 0) {
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
  }
  work(team, generation, 0);
  await_done(team);
}

void team_run(struct team *team, int64_t tasks, team_task *task, void *context) {
  if (team->threads == 1 || tasks <= 1) {
    for (int64_t i = 0; i < tasks; i++)
      task(context, i, 0);
    return;
  }
  for (uint64_t first = 0; first < (uint64_t)tasks;) {
    uint64_t count = (uint64_t)tasks - first < TASK_MASK ? (uint64_t)tasks - first : TASK_MASK;
    run_job(team, first, count, task, context);
    first += count;
  }
}

int team_threads(const struct team *team) { return team->threads; }

void team_free(struct team *team) {
  if (!team)
    return;
  pthread_mutex_lock(&team->mutex);
  atomic_store(&team->stop, 1);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->mutex);
  for (int i = 0; i < team->started; i++)
    pthread_join(team->member[i].thread, NULL);
  pthread_cond_destroy(&team->done);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->mutex);
  memory_free(team);
}

int team_create(struct team **result, int threads) {
  *result = NULL;
  if (threads < 1 || threads > MAX_THREADS)
    return error_set(STRAIT_EINVAL, "%d threads: from 1 to %d are possible", threads, MAX_THREADS);
  struct team *team = memory_alloc(1, sizeof *team + (size_t)threads * sizeof team->member[0]);
  if (!team)
    return error_wrap("a team of %d threads", threads);
  team->threads = threads;
  pthread_mutex_init(&team->mutex, NULL);
  pthread_cond_init(&team->wake, NULL);
  pthread_cond_init(&team->done, NULL);
  gemm_single_process();
  for (int i = 0; i < threads - 1; i++) {
    team->member[i] = (struct member){team, 0, i + 1};
    int failure = pthread_create(&team->member[i].thread, NULL, member_main, &team->member[i]);
    if (failure) {
      team_free(team);
      return error_set(STRAIT_ENOMEM, "thread %d of %d cannot be started: %s", i + 2, threads, strerror(failure));
    }
    team->started++;
  }
  *result = team;
  return STRAIT_OK;
}

/* The CPUs of the affinity mask; at least 1. */
static int affinity_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 && online <= MAX_THREADS ? (int)online : 1;
}

/* The quota of the control group and those above it in CPUs, rounded up; 0 when there is none. */
static int quota_count(void) {
  const double cpus = limits_cpus("/proc/self/cgroup", "/sys/fs/cgroup");
  return cpus > MAX_THREADS ? 0 : (int)(cpus + 0.999);
}

/* *threads from a variable, when it is set. */
static int variable_count(const char *name, int list, int *threads) {
  const char *value = getenv(name);
  if (!value || !*value)
    return STRAIT_OK;
  char first[32];
  size_t length = list ? strcspn(value, ",") : strlen(value); /* OMP_NUM_THREADS may list nested levels */
  int64_t count = 0;
  if (length >= sizeof first)
    return error_set(STRAIT_EINVAL, "%s = %s: not a number from 1 to %d", name, value, MAX_THREADS);
  memcpy(first, value, length);
  first[length] = 0;
  if (text_integer(first, &count) != STRAIT_OK || count < 1 || count > MAX_THREADS)
    return error_set(STRAIT_EINVAL, "%s = %s: not a number from 1 to %d", name, value, MAX_THREADS);
  *threads = (int)count;
  return STRAIT_OK;
}

int team_count(int asked, int *threads) {
  *threads = 0;
  if (asked > MAX_THREADS)
    return error_set(STRAIT_EINVAL, "%d threads: at most %d are possible", asked, MAX_THREADS);
  if (asked > 0)
    return *threads = asked, STRAIT_OK;
  int status = variable_count("STRAIT_THREADS", 0, threads);
  if (status == STRAIT_OK && *threads == 0)
    status = variable_count("OMP_NUM_THREADS", 1, threads);
  if (status != STRAIT_OK || *threads > 0)
    return status;
  int affinity = affinity_count(), quota = quota_count();
  *threads = quota > 0 && quota < affinity ? quota : affinity;
  if (limits_job_cpus() < *threads) /* a site where Slurm sets no affinity */
    *threads = (int)limits_job_cpus() > 1 ? (int)limits_job_cpus() : 1;
  if (*threads > MAX_THREADS)
    *threads = MAX_THREADS;
  return STRAIT_OK;
}
