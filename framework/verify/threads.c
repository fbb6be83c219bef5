/* verify/threads.c: the same work on one thread and on several at once. What lies in a static variable, or in the
 * instance, is overwritten by the others sooner or later, wherever a thread is interrupted. */
#include <config.h> /* _GNU_SOURCE */

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "verify/law.h"

enum { ROUNDS = 3 }; /* at the least */
#define NANOSECONDS INT64_C(300000000)

struct race {
  const struct parts *parts;
  char (*alone)[33];
  _Atomic int go; /* 0: wait for the others; 1: all are there; -1: there will be no race */
  int64_t until;
  _Atomic int64_t found; /* the part that differed; -1: none */
};

struct runner {
  struct race *race;
  pthread_t thread;
  int64_t *order;
  int worker;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int digest_part(const struct parts *parts, int64_t part, int worker, char digest[33]) {
  struct hash *hash = hash_create();
  if (!hash)
    return error_set(STRAIT_ENOMEM, "out of memory");
  error_clear();
  hash_integer(hash, parts->answer(parts->context, part, worker, hash));
  hash_digest(hash, digest);
  hash_free(hash);
  return STRAIT_OK;
}

static void *run_parts(void *context) {
  struct runner *r = context;
  struct race *race = r->race;
  char digest[33];
  while (!race->go)
    sched_yield();
  if (race->go < 0)
    return NULL;
  for (int round = 0; round < ROUNDS || now() < race->until; round++)
    for (int64_t i = 0; i < race->parts->count; i++) {
      int64_t part = r->order[i];
      if (race->found >= 0 || (round >= ROUNDS && now() >= race->until))
        return NULL;
      if (digest_part(race->parts, part, r->worker, digest) == STRAIT_OK && strcmp(digest, race->alone[part]) != 0)
        race->found = part;
    }
  return NULL;
}

static int run_threads(struct race *race, struct runner *runner) {
  int made = 0;
  while (made < THREADS && !pthread_create(&runner[made].thread, NULL, run_parts, &runner[made]))
    made++;
  race->until = now() + NANOSECONDS;
  race->go = made == THREADS ? 1 : -1;
  for (int i = 0; i < made; i++)
    pthread_join(runner[i].thread, NULL);
  return made == THREADS ? STRAIT_OK : error_set(STRAIT_EIO, "only %d of %d threads could be made", made, THREADS);
}

int threads_differ(const struct parts *parts, int64_t *part) {
  struct race race = {.parts = parts, .found = -1};
  struct runner runner[THREADS] = {{0}};
  int64_t *orders = memory_alloc((size_t)parts->count * THREADS, sizeof *orders);
  race.alone = memory_alloc((size_t)parts->count, sizeof *race.alone);
  int status = orders && race.alone ? STRAIT_OK : error_failure();
  for (int64_t i = 0; i < parts->count && !status; i++)
    status = digest_part(parts, i, 0, race.alone[i]);
  for (int i = 0; i < THREADS && !status; i++) {
    runner[i] = (struct runner){.race = &race, .order = orders + i * parts->count, .worker = 1 + i};
    law_shuffle(runner[i].order, parts->count, (uint64_t)i);
  }
  status = status ? status : run_threads(&race, runner);
  memory_free(orders);
  memory_free(race.alone);
  *part = race.found;
  return status;
}

int law_threads(struct trial *t, const struct parts *parts) {
  int64_t part;
  law_note(t, "%d threads at once", THREADS);
  return threads_differ(parts, &part) ? law_not_run(t, "%s", error_text())
         : part < 0                   ? law_holds(t)
                                      : law_fails(t,
                                                  "%d threads that call it at once get other answers than one alone: "
                                                                    "do they share a static variable, or write to the instance?",
                                                  THREADS);
}
