/* cli/jobs.c: matches what was sent with what Slurm has. */
#include "cli/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/document.h"

static const char *jobs_file(struct arena *arena, const char *out) {
  return file_join(arena, out, JOBS_FOLDER "/jobs.json");
}

static const char *text_of(struct arena *arena, const json_t *object, const char *member) {
  const char *text = json_string_value(json_object_get(object, member));
  return arena_copy(arena, text ? text : "");
}

/* One entry of the document. */
static int read_sent(struct arena *arena, const json_t *entry, struct sent *sent) {
  const json_t *stages = json_object_get(entry, "stages");
  sent->count = json_array_size(stages);
  sent->mark = text_of(arena, entry, "mark");
  sent->stages = arena_alloc(arena, sent->count, sizeof *sent->stages);
  sent->keys = arena_alloc(arena, sent->count, sizeof *sent->keys);
  if (!sent->mark || !sent->stages || !sent->keys)
    return error_failure();
  for (size_t i = 0; i < sent->count; i++) {
    sent->stages[i] = text_of(arena, json_array_get(stages, i), "name");
    sent->keys[i] = text_of(arena, json_array_get(stages, i), "key");
    if (!sent->stages[i] || !sent->keys[i])
      return error_failure();
  }
  return STRAIT_OK;
}

/* Adds the stages that the queue has of this; keeps it where there are some. */
static void match(struct jobs *jobs, const struct sent *sent, const struct queued *queue, size_t count) {
  const size_t before = jobs->live_count, prefix = strlen(JOBS_COMMENT);
  for (size_t i = 0; i < count; i++) {
    const char *task = strchr(queue[i].id, '_');
    const size_t at = task ? strtoul(task + 1, NULL, 10) : 0;
    if (!strncmp(queue[i].comment, JOBS_COMMENT, prefix) && !strcmp(queue[i].comment + prefix, sent->mark) &&
        at < sent->count)
      jobs->live[jobs->live_count++] = (struct live){sent->stages[at], sent->keys[at], &queue[i]};
  }
  if (jobs->live_count > before)
    jobs->sent[jobs->sent_count++] = *sent;
}

int jobs_read(struct arena *arena, const char *out, struct jobs *jobs) {
  const char *file = jobs_file(arena, out);
  struct queued *queue;
  size_t count, i;
  json_t *whole = NULL, *entry;
  *jobs = (struct jobs){0};
  if (!file)
    return error_failure();
  if (!file_exists(file))
    return STRAIT_OK;
  int status = document_read(file, &whole);
  if (!status)
    status = slurm_queue(arena, &queue, &count);
  const json_t *entries = json_object_get(whole, "jobs");
  if (!status) {
    jobs->sent = arena_alloc(arena, json_array_size(entries), sizeof *jobs->sent);
    jobs->live = arena_alloc(arena, count, sizeof *jobs->live);
    status = jobs->sent && jobs->live ? STRAIT_OK : error_failure();
  }
  json_array_foreach(entries, i, entry) {
    struct sent sent = {0};
    if (!status)
      status = read_sent(arena, entry, &sent);
    if (!status)
      match(jobs, &sent, queue, count);
  }
  json_decref(whole);
  return status;
}

static json_t *sent_json(const struct sent *sent) {
  json_t *stages = json_array();
  for (size_t i = 0; i < sent->count; i++)
    if (json_array_append_new(stages, json_pack("{s:s, s:s}", "name", sent->stages[i], "key", sent->keys[i])))
      return json_decref(stages), NULL;
  return json_pack("{s:s, s:o}", "mark", sent->mark, "stages", stages);
}

int jobs_write(struct arena *arena, const char *out, const struct jobs *jobs, const struct sent *more, size_t count) {
  const char *file = jobs_file(arena, out), *folder = file_join(arena, out, JOBS_FOLDER);
  json_t *entries = json_array();
  int status = file && folder ? file_make_folders(folder) : error_failure();
  for (size_t i = 0; !status && i < jobs->sent_count + count; i++)
    if (json_array_append_new(entries, sent_json(i < jobs->sent_count ? &jobs->sent[i] : &more[i - jobs->sent_count])))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  json_t *whole = json_pack("{s:o}", "jobs", entries);
  if (!status)
    status = whole ? document_write(file, whole) : error_set(STRAIT_ENOMEM, "out of memory");
  json_decref(whole);
  return status;
}

const struct live *jobs_find(const struct jobs *jobs, const char *stage) {
  for (size_t i = 0; i < jobs->live_count; i++)
    if (!strcmp(jobs->live[i].stage, stage))
      return &jobs->live[i];
  return NULL;
}

int jobs_cancel(struct arena *arena, const struct jobs *jobs, const char *state, size_t *count) {
  const char **ids = arena_alloc(arena, jobs->live_count, sizeof *ids);
  *count = 0;
  if (!ids)
    return error_failure();
  for (size_t i = 0; i < jobs->live_count; i++)
    if (!state || !strcmp(jobs->live[i].job->state, state))
      ids[(*count)++] = jobs->live[i].job->id;
  return slurm_cancel(arena, ids, *count);
}
