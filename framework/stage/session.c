/* stage/session.c: what all stages of one process share. */
#include "stage/session.h"

#include "base/error.h"
#include "base/file.h"
#include "store/folder.h"

int session_create(struct session **session, struct registry *registry, const char *device, int threads,
                   const char *out, const struct progress *progress) {
  *session = NULL;
  struct session *s = memory_alloc(1, sizeof *s);
  if (!s)
    return error_failure();
  s->registry = registry;
  s->out = out;
  s->progress = progress;
  s->materials = materials_create();
  int status = s->materials ? team_count(threads, &threads) : error_failure();
  if (!status)
    status = team_create(&s->team, threads);
  if (!status)
    status = device_create(&s->device, device, s->team, NULL);
  if (!status && out && (s->any_aside = folder_any_aside(out)) < 0)
    status = s->any_aside;
  if (status)
    session_free(s);
  else
    *session = s;
  return status;
}

void session_free(struct session *s) {
  if (!s)
    return;
  materials_free(s->materials);
  if (s->device)
    device_free(s->device);
  if (s->team)
    team_free(s->team);
  memory_free(s);
}

char *stage_folder(const struct session *session, const struct stage *stage, struct arena *arena) {
  return file_join(arena, session->out, stage->name);
}
