/* experiment/leftovers.c: keys that nothing took. */
#include "experiment/leftovers.h"

#include <string.h>

#include "base/error.h"
#include "experiment/instance.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "experiment/words.h"

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

/* The key of these that was meant: what other programs call so, or the nearest; NULL when there is none. */
static const char *meant(const char *key, const char *const *names, size_t count) {
  const char *ours = word_of_others(key);
  for (size_t i = 0; ours && i < count; i++)
    if (strcmp(names[i], ours) == 0)
      return ours;
  return text_nearest(key, names, count);
}

/* Does the verb take this key, an option of a plugin's kind included? */
static int takes(const struct verb *verb, const char *key) {
  struct key_table tables[8];
  int n = verb_tables(verb, tables);
  for (int i = 0; i < n; i++)
    if (option_find(tables[i].table, key) >= 0)
      return 1;
  for (uint32_t kind = 1; kind < KINDS; kind++) {
    size_t length = strlen(kind_name(kind));
    if ((verb->kinds & KIND_BIT(kind)) && strncmp(key, kind_name(kind), length) == 0 &&
        (!key[length] || key[length] == '.'))
      return 1;
  }
  return 0;
}

/* "train and connect", the verbs that take the key; NULL when none does. */
static const char *takers(const struct experiment *e, const char *key) {
  struct text text = {0};
  size_t left = 0;
  for (size_t i = 0; e->verbs[i]; i++)
    left += (size_t)takes(e->verbs[i], key);
  for (size_t i = 0; e->verbs[i]; i++)
    if (takes(e->verbs[i], key))
      text_add(&text, "%s%s", e->verbs[i]->name, --left > 1 ? ", " : left ? " and " : "");
  const char *names = text.length && !text.status ? arena_copy(e->arena, text.data) : NULL;
  text_free(&text);
  return names;
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
  const char *nearest = meant(s->key, names, count);
  const char *ours = word_of_others(s->key), *others = NULL;
  if (!ours)
    ours = s->key;
  if (!takes(stage->verb, ours))
    others = takers(stage->experiment, ours);
  if (others && ours != s->key)
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; here it is called %s, a key of %s stages", stage->verb->name,
              s->key, ours, others);
  else if (others)
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; it is a key of %s stages", stage->verb->name, s->key, others);
  else if (nearest)
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; did you mean \"%s\"?", stage->verb->name, s->key, nearest);
  else
    error_set(STRAIT_EINVAL, "%s takes no key \"%s\"; see strait describe verb %s", stage->verb->name, s->key,
              stage->verb->name);
  return setting_fault(s);
}

static int untaken_default(const struct experiment *e, const struct setting *s) {
  const char *nearest = meant(s->key, (const char *const[]){"device"}, 1), *others = takers(e, s->key);
  for (size_t i = 0; i < e->count && !nearest && !others; i++) {
    const char **names;
    size_t count;
    if (candidates(e->stages[i], e->arena, &names, &count))
      return error_failure();
    nearest = meant(s->key, names, count);
    if (nearest && strcmp(nearest, s->key) == 0)
      nearest = NULL;
  }
  if (nearest)
    error_set(STRAIT_EINVAL, "no stage takes the key \"%s\"; did you mean \"%s\"?", s->key, nearest);
  else
    error_set(STRAIT_EINVAL, "no stage takes the key \"%s\"%s%s%s", s->key, others ? "; it is a key of " : "",
              others ? others : "", others ? " stages" : "");
  return setting_fault(s);
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
    if (!s->used && !(e->unread_count && takers(e, s->key)) &&
        untaken_default(e, s)) /* one that could not be read may */
      status = stages_fault(e);
  }
  for (size_t i = 0; !status && i < e->instance_count; i++) {
    const struct setting *untaken = instance_untaken(e->instances[i]);
    if (untaken && untaken_default(e, untaken))
      status = stages_fault(e);
  }
  return status;
}
