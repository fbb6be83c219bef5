/* cli/command_clean.c: `strait clean`: removes the stage folders that were set aside, and nothing else. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/folder.h"

/* What was set aside in the run's folder, removed; the list grows by its paths. */
static int remove_aside(const struct arguments *a, const char *run, json_t *removed) {
  DIR *folder = opendir(run);
  if (!folder)
    return error_errno(STRAIT_EIO, "cannot open %s", run);
  int status = STRAIT_OK;
  for (struct dirent *entry; !status && (entry = readdir(folder));) {
    const char *path = file_join(a->arena, run, entry->d_name);
    if (!path)
      status = error_failure();
    else if (folder_is_aside(path) && file_is_folder(path)) {
      /* stage.json first: without it, what a killed clean leaves is not taken back. */
      const char *stage = file_join(a->arena, path, "stage.json");
      if (!stage)
        status = error_failure();
      else if (unlink(stage) && errno != ENOENT && errno != ENOTDIR)
        status = error_errno(STRAIT_EIO, "cannot remove %s", stage);
      else
        status = file_remove_tree(path);
      if (!status && !a->json)
        printf("removed %s\n", path);
      json_array_append_new(removed, json_string(path));
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
    status = remove_aside(a, run, removed);
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
            "folder of the results, as runs/quickstart. Current results stay.",
    .flags = FLAG_JSON,
    .least = 1,
    .most = 1,
    .run = clean,
};
