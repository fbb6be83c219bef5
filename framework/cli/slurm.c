/* cli/slurm.c: calls Slurm's commands and reads what they print. Only what all its releases since 20.11 print alike is
 * read: lines of a format that is asked for, no JSON. */
#include <config.h>

#include "cli/slurm.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/program.h"

#define TRIES 3
#define UNLIMITED 1e300

/* Cuts the text at the next such character; what follows, or NULL at its end. */
static char *cut(char *text, char at) {
  char *end = text ? strchr(text, at) : NULL;
  if (end)
    *end++ = 0;
  return end;
}

/* Has the job ended, though squeue still shows it? */
static int has_ended(const char *state) {
  static const char *const live[] = {"PENDING",  "RUNNING",      "SUSPENDED", "CONFIGURING",  "COMPLETING",
                                     "RESIZING", "REQUEUE_HOLD", "REQUEUE",   "REQUEUED",     "SPECIAL_EXIT",
                                     "STOPPED",  "SIGNALING",    "STAGE_OUT", "RESV_DEL_HOLD"};
  for (size_t i = 0; i < sizeof live / sizeof *live; i++)
    if (!strncmp(state, live[i], strlen(live[i])))
      return 0;
  return 1;
}

int slurm_queue(struct arena *arena, struct queued **jobs, size_t *count) {
  const char *user = arena_format(arena, "%lu", (unsigned long)getuid()), *output;
  const char *const argv[] = {"squeue", "--noheader", "--array", "--user", user, "--format=%i|%T|%r|%k", NULL};
  *count = 0;
  int status = user ? program_run(arena, argv, NULL, &output) : error_failure();
  if (status)
    return error_wrap("Slurm cannot be asked for its jobs");
  size_t lines = 1;
  for (const char *c = output; *c; c++)
    lines += *c == '\n';
  *jobs = arena_alloc(arena, lines, sizeof **jobs);
  char *copy = arena_copy(arena, output);
  if (!*jobs || !copy)
    return error_failure();
  for (char *line = copy, *next; line && *line; line = next) {
    next = cut(line, '\n');
    char *state = cut(line, '|'), *reason = cut(state, '|'), *comment = cut(reason, '|');
    if (comment && !has_ended(state))
      (*jobs)[(*count)++] = (struct queued){line, state, reason, comment};
  }
  return STRAIT_OK;
}

int slurm_send(struct arena *arena, const char *const *argv, const char *script, const char **id) {
  const struct timespec second = {.tv_sec = 1};
  int status = STRAIT_OK;
  for (int i = 0; i < TRIES; i++) {
    if (i) {
      log_message(STRAIT_LOG_WARNING, "%s; trying again", error_text());
      error_clear();
      nanosleep(&second, NULL);
    }
    status = program_run(arena, argv, script, id);
    if (!status || !strstr(error_text(), "ontact slurm controller"))
      break;
  }
  if (status)
    return status;
  const size_t digits = strspn(*id, "0123456789"); /* "12", or "12;CLUSTER" */
  if (!digits)
    return error_set(STRAIT_EIO, "sbatch printed \"%s\", and no job number", *id);
  *id = arena_copy_n(arena, *id, digits);
  return *id ? STRAIT_OK : error_failure();
}

int slurm_cancel(struct arena *arena, const char *const *ids, size_t count) {
  const char **argv = arena_alloc(arena, count + 2, sizeof *argv), *output;
  if (!argv)
    return error_failure();
  argv[0] = "scancel";
  for (size_t i = 0; i < count; i++)
    argv[i + 1] = ids[i];
  return count ? program_run(arena, argv, NULL, &output) : STRAIT_OK;
}

double slurm_time(const char *text) {
  double days = 0, part[3] = {0};
  const char *dash = strchr(text, '-');
  char *end;
  int n = 0;
  if (dash) {
    days = strtod(text, &end);
    if (end != dash)
      return UNLIMITED;
    text = dash + 1;
  }
  for (; n < 3; text = end + 1) {
    part[n++] = strtod(text, &end);
    if (end == text || (*end && *end != ':'))
      return UNLIMITED;
    if (!*end)
      break;
  }
  /* After days: hours[:minutes[:seconds]]; else minutes, minutes:seconds, hours:minutes:seconds. sbatch(1), --time. */
  static const double weights[2][3][3] = {{{1}, {1, 1. / 60}, {60, 1, 1. / 60}}, {{60}, {60, 1}, {60, 1, 1. / 60}}};
  double minutes = days * 24 * 60;
  for (int i = 0; i < n; i++)
    minutes += weights[dash != NULL][n - 1][i] * part[i];
  return minutes;
}

double slurm_minutes(struct arena *arena, const char *partition) {
  const char *const some[] = {"sinfo", "--noheader", "--format=%P|%l", NULL}, *output;
  double minutes = UNLIMITED;
  char *copy = program_run(arena, some, NULL, &output) ? NULL : arena_copy(arena, output);
  error_clear();
  for (char *line = copy, *next; line && *line; line = next) {
    next = cut(line, '\n');
    const char *limit = cut(line, '|'), *star = strchr(line, '*');
    if (limit && (partition ? strncmp(line, partition, strlen(partition)) == 0 &&
                                  (!line[strlen(partition)] || line[strlen(partition)] == '*')
                            : star != NULL))
      minutes = slurm_time(limit);
  }
  return minutes;
}

int slurm_requeue(struct arena *arena, const char *job) {
  const char *const argv[] = {"scontrol", "requeue", job, NULL}, *output;
  signal(SIGTERM, SIG_IGN); /* for scontrol too: Slurm ends all of the job, perhaps before scontrol has its answer */
  return program_run(arena, argv, NULL, &output);
}
