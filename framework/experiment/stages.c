/* experiment/stages.c: the stages of an experiment: finds them, adds to them, says where one is written. */
#include "experiment/stages.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/faults.h"
#include "experiment/settings.h"

struct stage *experiment_stage(const struct experiment *experiment, const char *name) {
  for (size_t i = 0; i < experiment->count; i++)
    if (strcmp(experiment->stages[i]->name, name) == 0)
      return experiment->stages[i];
  return NULL;
}

int experiment_add(struct experiment *e, struct stage *stage) {
  int status = memory_grow(&e->all, &e->all_capacity, e->all_count + 1, sizeof *e->all);
  if (status)
    return status;
  e->all[e->all_count++] = stage;
  e->stages = e->all;
  e->count = e->all_count;
  return STRAIT_OK;
}

int stages_none(const struct experiment *e, const char *name) {
  const char **names = arena_alloc(e->arena, e->count, sizeof *names);
  if (!names)
    return error_failure();
  for (size_t i = 0; i < e->count; i++)
    names[i] = e->stages[i]->name;
  for (size_t i = 0; i < e->unread_count; i++)
    if (e->unread[i] && strcmp(e->unread[i], name) == 0)
      return error_set(STRAIT_EINVAL, "the section of \"%s\" has a fault", name);
  const char *nearest = text_nearest(name, names, e->count);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no stage \"%s\"; did you mean \"%s\"?", name, nearest);
  return error_set(STRAIT_EINVAL, "no stage \"%s\" in this file", name);
}

int stage_need(struct stage *stage, struct stage *needed) {
  int status = memory_grow(&stage->needs, &stage->need_capacity, stage->need_count + 1, sizeof *stage->needs);
  if (!status)
    stage->needs[stage->need_count++] = needed;
  return status;
}

int stage_needs(const struct stage *stage, const struct stage *other) {
  int needs = 0;
  for (size_t i = 0; i < stage->reference_count; i++)
    needs |= stage->references[i]->stage == other;
  for (size_t i = 0; i < stage->route_count; i++)
    needs |= stage->routes[i]->stage == other;
  for (size_t i = 0; i < stage->need_count; i++)
    needs |= stage->needs[i] == other;
  return needs;
}

void stage_find_source(struct stage *stage) {
  for (size_t i = 0; i < stage->reference_count && !stage->source; i++)
    stage->source = stage->references[i]->stage;
  for (size_t i = 0; i < stage->route_count && !stage->source; i++)
    stage->source = stage->routes[i]->stage;
  if (stage->need_count && !stage->source)
    stage->source = stage->needs[0];
}

/* --- faults --- */

int stages_fault(struct experiment *e) {
  const char *text = error_text();
  size_t length = strlen(e->file);
  int here = strncmp(text, e->file, length) == 0 && text[length] == ':';
  long line = here ? strtol(text + length + 1, NULL, 10) : 0;
  return e->faults ? faults_add(e->faults, (int)line) : error_failure();
}

int setting_fault(const struct setting *setting) {
  struct arena *arena = arena_create();
  struct error_chain chain;
  error_take(&chain);
  const char *where = arena ? setting_place(setting, arena) : NULL;
  int status = where ? error_set(chain.status, "%s%s", where, chain.text) : error_give(&chain);
  arena_free(arena);
  return status;
}

int stage_fault(const struct stage *stage, const char *key) {
  const struct setting *setting = key ? settings_find(&stage->settings, key) : NULL;
  if (!setting && key)
    setting = settings_find(stage->defaults, key);
  if (setting)
    error_wrap("%s = %s", setting->key, setting->value);
  struct setting whole = {.file = stage->file, .line = stage->line, .section = stage->section};
  return setting_fault(setting ? setting : &whole);
}
