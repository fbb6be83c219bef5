/* stage/record.c: experiment.json and experiment.ini, beside the stages' folders. */
#include <config.h>

#include "stage/record.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "experiment/verb.h"
#include "store/document.h"

#define LARGEST_FILE (16 << 20) /* of an experiment */

/* What a process left that was killed while it wrote experiment.json or another file beside it:
 * experiment.json.PID-N.tmp. Stages' folders have locks for this; here other processes may be at work. */
static void remove_unfinished(const struct session *session, struct arena *arena) {
  DIR *folder = opendir(session->out);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    int pid, n, end = 0;
    if (sscanf(entry->d_name, "%*[a-z].%*[a-z].%d-%d.tmp%n", &pid, &n, &end) != 2 || !end || entry->d_name[end])
      continue;
    const char *path = pid > 0 && kill(pid, 0) && errno == ESRCH ? file_join(arena, session->out, entry->d_name) : NULL;
    if (path)
      unlink(path);
  }
  if (folder)
    closedir(folder);
}

/* The experiment's text, beside its results. */
static int copy_text(const struct session *session, const struct experiment *e) {
  struct arena *arena = arena_create();
  char *to = arena ? file_join(arena, session->out, "experiment.ini") : NULL, *text = NULL;
  size_t length = 0;
  int status = to ? file_read(e->file, LARGEST_FILE, &text, &length) : error_failure();
  if (!status)
    status = file_write(to, text, length);
  memory_free(text);
  arena_free(arena);
  return status;
}

/* What `strait show` needs to find the results again. */
int record_experiment(const struct session *session, const struct experiment *e) {
  json_t *stages = json_array(), *sets = json_array();
  struct arena *arena = arena_create();
  char *file = arena ? file_join(arena, session->out, "experiment.json") : NULL;
  int status = file ? file_make_folders(session->out) : error_failure();
  for (size_t i = 0; !status && i < e->count; i++)
    if (json_array_append_new(stages, json_pack("{s:s, s:s, s:s}", "name", e->stages[i]->name, "verb",
                                                e->stages[i]->verb->name, "key", e->stages[i]->key)))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    remove_unfinished(session, arena);
  for (size_t i = 0; !status && i < e->set_count; i++)
    if (json_array_append_new(sets, json_string(e->sets[i])))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  json_t *whole = status ? NULL : json_pack("{s:s, s:O, s:O}", "experiment", e->stem, "sets", sets, "stages", stages);
  if (!status)
    status = whole ? document_write(file, whole) : error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = copy_text(session, e);
  json_decref(whole);
  json_decref(stages);
  json_decref(sets);
  arena_free(arena);
  return status;
}
