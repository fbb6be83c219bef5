/* cli/command_stop.c: `strait stop`: asks all that runs in a folder of results to save and end, by a file that the runs
 * look for, wherever they are. */
#include <config.h>

#include "cli/command.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/stop.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "store/folder.h"

struct stop_keys {
  int32_t wait;
};
static const strait_option table_of_keys[] = {
    STRAIT_BOOL("wait", struct stop_keys, wait, "no", "return only when all have ended"),
};
static const struct option_table stop_options = {table_of_keys, sizeof *table_of_keys,
                                                 sizeof table_of_keys / sizeof *table_of_keys};

/* The stages that something is at work on. */
static int count_owners(struct arena *arena, const char *run, int tell, size_t *count) {
  DIR *folder = opendir(run);
  int status = folder ? STRAIT_OK : error_errno(STRAIT_EIO, "cannot look through %s", run);
  *count = 0;
  for (struct dirent *entry; !status && (entry = readdir(folder));) {
    char owner[256];
    const char *path = entry->d_name[0] == '.' ? "" : file_join(arena, run, entry->d_name);
    if (!path)
      status = error_failure();
    else if (*path && (folder_owner(path, owner), *owner)) {
      *count += 1;
      if (tell)
        printf("%s: %s is asked to save and end\n", entry->d_name, owner);
    }
  }
  if (folder)
    closedir(folder);
  return status;
}

/* Jobs that have not begun cannot look for the file. */
static int cancel_waiting(struct arena *arena, const char *run) {
  struct jobs jobs;
  size_t count = 0;
  int status = jobs_read(arena, run, &jobs);
  if (!status)
    status = jobs_cancel(arena, &jobs, "PENDING", &count);
  if (!status && count)
    printf("cancelled %zu job%s that had not begun\n", count, count == 1 ? "" : "s");
  return status;
}

static int stop(const struct arguments *a) {
  const char *run = a->operands[0];
  const char *marker = file_join(a->arena, run, "experiment.json"), *file = file_join(a->arena, run, STOP_FILE);
  const struct timespec pause = {.tv_nsec = 200000000};
  struct stop_keys keys;
  size_t count = 0;
  progress_start(0);
  int status = marker && file ? arguments_options(a, &stop_options, &keys) : error_failure();
  if (!status && !file_exists(marker))
    status = error_set(STRAIT_ENOENT, "%s holds no results of strait run: there is no experiment.json", run);
  if (!status)
    status = cancel_waiting(a->arena, run);
  if (!status)
    status = count_owners(a->arena, run, 1, &count);
  if (!status)
    status = file_write(file, "stop\n", 5);
  if (!status && !count)
    printf("nothing runs in %s\n", run);
  while (!status && keys.wait && count) {
    nanosleep(&pause, NULL);
    status = count_owners(a->arena, run, 0, &count);
  }
  return status;
}

const struct command command_stop = {
    .name = "stop",
    .operands = "RUN",
    .summary = "ask what runs in a folder of results to save and end",
    .help = "Asks every strait run that works in the folder RUN, as runs/quickstart, to finish its step, save and\n"
            "end, on this machine and on others that see the folder, and cancels jobs of Slurm that have not\n"
            "begun. It is the request that SIGTERM is. The command that started a run resumes it.",
    .flags = 0,
    .options = &stop_options,
    .least = 1,
    .most = 1,
    .run = stop,
};
