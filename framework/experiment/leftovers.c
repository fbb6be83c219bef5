/* experiment/leftovers.c: keys that nothing took. */
#include "experiment/leftovers.h"

#include <string.h>

#include "base/error.h"
#include "experiment/instance.h"
#include "experiment/stages.h"
#include "experiment/verb.h"

/* The names a stage would have taken, for the nearest one. */
static int candidates(const struct stage *stage, struct arena *arena, const char ***names, size_t *count) {
  struct key_table tables[8];
  int n = verb_tables(stage->verb, tables);
  size_t most = KINDS;
  for (int i = 0; i < n; i++)
    most += tables[i].table->count;
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (stage->choice[kind].cls)
      most += stage->choice[kind].cls->option_count;
  const char **found = arena_alloc(arena, most, sizeof *found);
  size_t k = 0;
  if (!found)
    return error_failure();
  for (int i = 0; i < n; i++)
    for (uint32_t j = 0; j < tables[i].table->count; j++)
      found[k++] = option_at(tables[i].table, j).name;
  for (uint32_t kind = 1; kind < KINDS; kind++) {
    const strait_class *cls = stage->choice[kind].cls;
    if (!cls)
      continue;
    found[k++] = kind_name(kind);
    struct option_table table = class_options(cls);
    for (uint32_t j = 0; j < table.count; j++)
      if (!(found[k++] = arena_format(arena, "%s.%s", kind_name(kind), option_at(&table, j).name)))
        return error_failure();
  }
  *names = found;
  *count = k;
  return STRAIT_OK;
}

static int unknown_key(const struct stage *stage, const struct setting *s) {
  const char **names;
  size_t count;
  struct arena *arena = stage->experiment->arena;
  if (candidates(stage, arena, &names, &count))
    return error_failure();
  const char *nearest = text_nearest(s->key, names, count);
  if (nearest)
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; did you mean \"%s\"?", stage->verb->name, s->key, nearest);
  else
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; see strait describe verb %s", stage->verb->name, s->key,
              stage->verb->name);
  return setting_fault(s);
}

static int untaken_default(const struct experiment *e, const struct setting *s) {
  const char *nearest = NULL;
  for (size_t i = 0; i < e->count && !nearest; i++) {
    const char **names;
    size_t count;
    if (candidates(e->stages[i], e->arena, &names, &count))
      return error_failure();
    nearest = text_nearest(s->key, names, count);
    if (nearest && strcmp(nearest, s->key) == 0)
      nearest = NULL;
  }
  if (nearest)
    error_set(STRAIT_EINVAL, "no stage takes the key \"%s\"; did you mean \"%s\"?", s->key, nearest);
  else
    error_set(STRAIT_EINVAL, "no stage takes the key \"%s\"", s->key);
  return setting_fault(s);
}

int experiment_leftovers(struct experiment *e) {
  for (size_t i = 0; i < e->count; i++)
    for (size_t k = 0; k < e->stages[i]->settings.n; k++)
      if (!e->stages[i]->settings.v[k].used)
        return unknown_key(e->stages[i], &e->stages[i]->settings.v[k]);
  for (size_t k = 0; k < e->defaults.n; k++)
    if (!e->defaults.v[k].used)
      return untaken_default(e, &e->defaults.v[k]);
  for (size_t i = 0; i < e->instance_count; i++) {
    const struct setting *untaken = instance_untaken(e->instances[i]);
    if (untaken)
      return untaken_default(e, untaken);
  }
  return STRAIT_OK;
}
