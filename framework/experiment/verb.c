/* experiment/verb.c: finds verbs, and the tables of keys that each takes. */
#include "experiment/verb.h"

#include <string.h>

#include "base/text.h"

const struct verb *verb_find(const struct verb *const *among, const char *name) {
  for (size_t i = 0; among[i]; i++)
    if (strcmp(among[i]->name, name) == 0)
      return among[i];
  return NULL;
}

const char *verbs_answering(const struct verb *const *among, unsigned forms, struct arena *arena) {
  struct text text = {0};
  size_t left = 0;
  for (size_t i = 0; among[i]; i++)
    left += (among[i]->answers & forms) != 0;
  for (size_t i = 0; among[i]; i++) {
    const char *name = among[i]->name;
    if (!(among[i]->answers & forms))
      continue;
    text_add(&text, "%s%s", text.length ? "" : strchr("aeiou", *name) ? "an " : "a ", name);
    text_add(&text, "%s", --left > 1 ? ", " : left ? " or " : " stage");
  }
  const char *copy = text.status ? NULL : arena_copy(arena, text.data);
  text_free(&text);
  return copy;
}

static void *own_values(struct stage *stage) { return stage->own; }
static void *data_values(struct stage *stage) { return &stage->data; }
static void *seeds_values(struct stage *stage) { return &stage->seeds; }
static void *optimiser_values(struct stage *stage) { return &stage->optimiser; }
static void *evaluation_values(struct stage *stage) { return &stage->evaluation; }

int verb_tables(const struct verb *verb, struct key_table tables[8]) {
  int n = 0;
  tables[n++] = (struct key_table){&verb->options, verb->name, own_values};
  if (verb->takes & TAKES_OPTIMISER)
    tables[n++] = (struct key_table){&optimiser_options, "optimiser", optimiser_values};
  if (verb->takes & TAKES_SEEDS)
    tables[n++] = (struct key_table){&seeds_options, "seeds", seeds_values};
  if (verb->takes & TAKES_DATA)
    tables[n++] = (struct key_table){&data_options, "data", data_values};
  if (verb->takes & TAKES_EVALUATION)
    tables[n++] = (struct key_table){&evaluate_options, "evaluation", evaluation_values};
  return n;
}
