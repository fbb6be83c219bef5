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
  if (strcmp(s->key, "device") == 0) {
    error_set(STRAIT_EINVAL, "all stages run on one device; set it in [defaults]");
    return setting_fault(s);
  }
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
  const char *nearest = text_nearest(s->key, (const char *const[]){"device"}, 1);
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

/* Could a stage whose section has a fault take this key? */
static int perhaps_taken(const struct experiment *e, const char *key) {
  for (size_t i = 0; e->unread_count && e->verbs[i]; i++) {
    struct key_table tables[8];
    int n = verb_tables(e->verbs[i], tables);
    for (int k = 0; k < n; k++)
      if (option_find(tables[k].table, key) >= 0)
        return 1;
  }
  for (uint32_t kind = 1; e->unread_count && kind < KINDS; kind++) {
    size_t length = strlen(kind_name(kind));
    if (strncmp(key, kind_name(kind), length) == 0 && (!key[length] || key[length] == '.'))
      return 1;
  }
  return 0;
}

int experiment_leftovers(struct experiment *e) {
  int status = STRAIT_OK;
  for (size_t i = 0; i < e->count; i++)
    for (size_t k = 0; !status && k < e->stages[i]->settings.n; k++) {
      const struct setting *s = &e->stages[i]->settings.v[k];
      if (!s->used && unknown_key(e->stages[i], s))
        status = stages_fault(e);
    }
  for (size_t k = 0; !status && k < e->defaults.n; k++) {
    const struct setting *s = &e->defaults.v[k];
    if (!s->used && !perhaps_taken(e, s->key) && untaken_default(e, s))
      status = stages_fault(e);
  }
  for (size_t i = 0; !status && i < e->instance_count; i++) {
    const struct setting *untaken = instance_untaken(e->instances[i]);
    if (untaken && untaken_default(e, untaken))
      status = stages_fault(e);
  }
  return status;
}
