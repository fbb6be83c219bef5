/* stage/difference.c: in words, what sets a stage apart from an earlier one that has its name: the members of its
 * stage.json one by one. */
#include "stage/difference.h"

#include <string.h>

#include "base/error.h"
#include "stage/key.h"

#define MOST_TOLD 4

struct telling {
  struct text *text;
  size_t told, left;
};

static void tell(struct telling *t, const char *what, const char *now, const char *before) {
  if (t->told == MOST_TOLD) {
    t->left++;
    return;
  }
  text_add(t->text, "%s%s", t->told ? ", " : "", what);
  if (now && before)
    text_add(t->text, " = %s (was %s)", *now ? now : "unset", *before ? before : "unset");
  t->told++;
}

/* The members of two objects whose values are texts. */
static void compare(struct telling *t, const struct stage *stage, const json_t *now, const json_t *before) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)now, name, value) {
    const char *text = json_string_value(value), *old = json_string_value(json_object_get(before, name));
    if (text && !key_leaves_out(stage, name) && strcmp(text, old ? old : "") != 0)
      tell(t, name, text, old ? old : "");
  }
  json_object_foreach((json_t *)before, name, value) {
    if (!json_object_get(now, name))
      tell(t, name, "", json_string_value(value) ? json_string_value(value) : "");
  }
}

/* Stages that this one takes results from: their keys say nothing to people. */
static void compare_needs(struct telling *t, const json_t *now, const json_t *before) {
  const char *name;
  json_t *key;
  json_object_foreach((json_t *)now, name, key) {
    struct text what = {0};
    text_add(&what, "what it takes from %s", name);
    if (!json_equal(key, json_object_get(before, name)) && what.data)
      tell(t, what.data, NULL, NULL);
    text_free(&what);
  }
}

static void compare_rest(struct telling *t, const json_t *now, const json_t *before) {
  const json_t *version = json_object_get(before, "numerics");
  if (!json_equal(json_object_get(now, "verb"), json_object_get(before, "verb")))
    tell(t, "the verb", json_string_value(json_object_get(now, "verb")),
         json_string_value(json_object_get(before, "verb")));
  if (!json_equal(json_object_get(now, "numerics"), version))
    tell(t, "strait, whose results have other bytes than those of the version before", NULL, NULL);
  if (!json_equal(json_object_get(now, "data"), json_object_get(before, "data")))
    tell(t, "the data", NULL, NULL);
}

int stage_differences(const struct stage *stage, const json_t *before, struct text *text) {
  struct telling t = {.text = text};
  json_t *now = stage_describe(stage);
  if (!now)
    return error_failure();
  compare_rest(&t, now, before);
  compare(&t, stage, json_object_get(now, "plugins"), json_object_get(before, "plugins"));
  compare(&t, stage, json_object_get(now, "keys"), json_object_get(before, "keys"));
  compare_needs(&t, json_object_get(now, "needs"), json_object_get(before, "needs"));
  if (t.left)
    text_add(text, " and %zu more", t.left);
  json_decref(now);
  return text->status;
}
