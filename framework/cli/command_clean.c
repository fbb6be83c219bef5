/* cli/command_clean.c: `strait clean`: removes the stage folders that were set aside, and nothing else. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/folder.h"

/* Removes one folder that was set aside; the list grows by its path. stage.json first: without it, what a killed clean
 * leaves is not taken back. */
static int remove_one(const struct arguments *a, const char *path, json_t *removed) {
  const char *stage = file_join(a->arena, path, "stage.json");
  if (!stage)
    return error_failure();
  if (unlink(stage) && errno != ENOENT && errno != ENOTDIR)
    return error_errno(STRAIT_EIO, "cannot remove %s", stage);
  int status = file_remove_tree(path);
  if (!status && !a->json)
    printf("removed %s\n", path);
  if (!status && json_array_append_new(removed, json_string(path)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  return status;
}

/* The same with the stage's own folder locked: a run may be about to take the other one back. */
static int remove_locked(const struct arguments *a, const char *path, json_t *removed) {
  struct folder *folder = NULL;
  char *stage = arena_copy(a->arena, path);
  if (!stage)
    return error_failure();
  *strrchr(stage, '.') = '\0'; /* NAME.~N~ */
  int status = file_is_folder(stage) ? folder_open(&folder, stage) : STRAIT_OK;
  if (!status)
    status = remove_one(a, path, removed);
  folder_close(folder);
  return status;
}

static int check_unused(const char *path) {
  char owner[256];
  folder_owner(path, owner);
  return *owner ? error_set(STATUS_BUSY, "%s is in use by %s; clean when it has ended, or stop it with strait stop",
                            path, owner)
                : STRAIT_OK;
}

/* Once around: looks whether any stage is at work, or removes what was set aside in the run's folder. */
static int walk(const struct arguments *a, const char *run, int removes, json_t *removed) {
  DIR *folder = opendir(run);
  if (!folder)
    return error_errno(STRAIT_EIO, "cannot open %s", run);
  int status = STRAIT_OK;
  for (struct dirent *entry; !status && (entry = readdir(folder));) {
    const char *path = file_join(a->arena, run, entry->d_name);
    if (!path)
      status = error_failure();
    else if (*entry->d_name != '.' && file_is_folder(path)) {
      const int aside = folder_is_aside(path);
      if (aside && removes)
        status = remove_locked(a, path, removed);
      else if (!aside && !removes)
        status = check_unused(path);
    }
  }
  closedir(folder);
  return status;
}

static int clean(const struct arguments *a) {
  const char *run = a->operands[0];
  const char *marker = file_join(a->arena, run, "experiment.json");
  json_t *removed = json_array();
  int status = marker && removed ? STRAIT_OK : error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && !file_exists(marker))
    status = error_set(STRAIT_ENOENT, "%s holds no results of strait run: there is no experiment.json", run);
  if (!status)
    status = walk(a, run, 0, removed);
  if (!status)
    status = walk(a, run, 1, removed);
  if (!status && a->json)
    return answer_json(removed);
  json_decref(removed);
  return status;
}

const struct command command_clean = {
    .name = "clean",
    .operands = "RUN",
    .summary = "remove outdated results that were set aside",
    .help = "Removes the folders STAGE.~N~ that strait run set aside when a stage's keys changed. RUN is the\n"
            "folder of the results, as runs/quickstart. Current results stay. Removes nothing, with exit code 75,\n"
            "while a process is at work on any stage of the run.",
    .flags = FLAG_JSON,
    .least = 1,
    .most = 1,
    .run = clean,
};
