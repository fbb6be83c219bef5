/* stage/fits.c: before anything runs: can there be enough memory and disk? What is needed is stage/cost.h's; an
 * estimate, so that what would just fit is let through and what cannot is not begun. */
#include <config.h>

#include "stage/fits.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "experiment/stages.h"
#include "stage/cost.h"
#include "stage/runner.h"
#include "store/folder.h"

/* --- what there is --- */

/* What is free where the results go: on the file system of the nearest folder that exists. */
static double disk_there(const char *out, struct arena *arena) {
  struct statvfs found;
  char *path = file_absolute(arena, out);
  while (path && statvfs(path, &found)) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
      return statvfs("/", &found) ? 1e300 : (double)found.f_bavail * (double)found.f_frsize;
    *slash = 0;
  }
  return path ? (double)found.f_bavail * (double)found.f_frsize : 1e300;
}

/* --- what is needed --- */

struct needs {
  double memory;                      /* of the stages that may run together */
  double disk, kept;                  /* more than there is now: at most; by what is done by then */
  const struct stage *largest, *last; /* the first of these, and that with which the disk is full */
};

/* Bytes that a stage has written of what it takes; some of it will go again. */
static int written(const struct session *session, const struct stage *stage, int result, int aside, double *bytes) {
  struct arena *arena = arena_create();
  const char *folder = arena ? stage_folder(session, stage, arena) : NULL;
  folder = folder && aside ? folder_aside(arena, folder, aside) : folder;
  folder = folder ? file_join(arena, folder, "") : NULL; /* also where it is a link */
  int status = folder ? STRAIT_OK : error_failure();
  *bytes = !status && result == RESULT_STARTED ? (double)file_tree_bytes(folder) : 0;
  arena_free(arena);
  return status;
}

static int add_needs(const struct session *session, const struct stage *stage, int jobs, double *together,
                     struct needs *n) {
  struct cost cost;
  int result, aside, status = stage_result(session, stage, &result, &aside);
  if (!status)
    status = stage_cost(stage, &cost);
  if (status || result == RESULT_DONE || result == RESULT_UNMEASURED)
    return status;
  double memory = (double)cost_memory(stage, &cost);
  if (!n->largest || memory > together[0])
    n->largest = stage;
  for (int i = 0; i < jobs; i++) /* the largest ones, falling */
    if (memory > together[i]) {
      const double smaller = together[i];
      together[i] = memory;
      memory = smaller;
    }
  double there;
  status = written(session, stage, result, aside, &there);
  if (n->kept + (double)cost.disk - there > n->disk) {
    n->disk = n->kept + (double)cost.disk - there;
    n->last = stage;
  }
  n->kept += (double)cost.kept - there;
  return status;
}

static int refuse(const struct needs *n, double memory, double disk, int jobs, const char *out) {
  if (n->largest && n->memory > memory) {
    error_set(STRAIT_EINVAL,
              "needs %.0f MB of memory%s, and there are %.0f MB; take a smaller batch or model, fewer control points%s",
              n->memory / 1e6, jobs > 1 ? " with what runs beside it" : "", memory / 1e6,
              jobs > 1 ? ", or fewer --jobs" : "");
    return stage_fault(n->largest, NULL);
  }
  if (n->last && n->disk > disk) {
    error_set(
        STRAIT_EINVAL,
        "results and checkpoints up to it take another %.0f MB of disk, and %.0f MB are free at %s; make room, choose "
        "another --out, or set keep or checkpoint-limit lower",
        n->disk / 1e6, disk / 1e6, out);
    return stage_fault(n->last, NULL);
  }
  return STRAIT_OK;
}

int experiment_fits(const struct session *session, const struct experiment *e, const char *only, int jobs) {
  struct needs n = {0};
  struct arena *arena = arena_create();
  jobs = jobs > 1 ? jobs : 1;
  double *together = arena ? arena_alloc(arena, (size_t)jobs, sizeof *together) : NULL;
  int status = together ? STRAIT_OK : STRAIT_ENOMEM;
  for (size_t i = 0; !status && i < e->count; i++)
    if (!only || strcmp(only, e->stages[i]->name) == 0)
      status = add_needs(session, e->stages[i], jobs, together, &n);
  for (int i = 0; !status && i < jobs; i++)
    n.memory += together[i];
  if (!status)
    status = refuse(&n, limits_memory_here(), disk_there(session->out, arena), jobs, session->out);
  arena_free(arena);
  return status;
}
