/* report/results.c: reads experiment.json and the stages' summary.json; writes nothing. */
#include "report/results.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/document.h"

/* --- reading --- */

static int load_stage(struct arena *arena, const char *folder, json_t *stage) {
  const char *name = json_string_value(json_object_get(stage, "name"));
  const char *path = name ? file_join(arena, folder, name) : NULL;
  const char *file = path ? file_join(arena, path, "summary.json") : NULL;
  json_t *summary = NULL;
  if (!name)
    return error_set(STRAIT_EFORMAT, "%s/experiment.json: a stage without a name", folder);
  if (*name == '.' || strchr(name, '/'))
    return error_set(STRAIT_EFORMAT, "%s/experiment.json: \"%s\" is not the name of a stage", folder, name);
  if (!file)
    return error_failure();
  if (file_exists(file) && document_read(file, &summary))
    return error_failure();
  /* A summary of another key belongs to an earlier version of the experiment. */
  const char *key = json_string_value(json_object_get(stage, "key"));
  const char *made = json_string_value(json_object_get(summary, "key"));
  if (summary && (!key || !made || strcmp(key, made) != 0)) {
    json_decref(summary);
    summary = NULL;
  }
  int failed = json_object_set_new(stage, "summary", summary ? summary : json_null());
  if (failed || json_object_set_new(stage, "folder", json_string(path)))
    return error_set(STRAIT_ENOMEM, "out of memory");
  return STRAIT_OK;
}

int results_load(const char *folder, json_t **results) {
  struct arena *arena = arena_create();
  const char *file = arena ? file_join(arena, folder, "experiment.json") : NULL;
  json_t *whole = NULL, *stage;
  size_t i;
  int status = file ? STRAIT_OK : error_failure();
  *results = NULL;
  if (!status && !file_exists(file))
    status = error_set(STRAIT_ENOENT, "%s holds no results of strait run: there is no experiment.json", folder);
  if (!status)
    status = document_read(file, &whole);
  if (!status && !text_is_utf8(folder, strlen(folder)))
    status = error_set(STRAIT_EINVAL, "%s: the name is not UTF-8; rename the folder", folder);
  if (!status && json_object_set_new(whole, "folder", json_string(folder)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && !json_is_array(json_object_get(whole, "stages")))
    status = error_set(STRAIT_EFORMAT, "%s: not made by strait run", file);
  json_array_foreach(json_object_get(whole, "stages"), i, stage) {
    if (!status)
      status = load_stage(arena, folder, stage);
  }
  arena_free(arena);
  if (status)
    json_decref(whole);
  else
    *results = whole;
  return status;
}

/* --- numbers --- */

double results_value(const json_t *object, const char *key) {
  double value;
  document_value(json_object_get(object, key), &value);
  return value;
}

int results_has(const json_t *object, const char *key) {
  double value;
  return document_value(json_object_get(object, key), &value);
}

const char *results_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "?";
}

void results_number(struct table *table, int decimals, double value) {
  if (isnan(value)) /* printf may put a sign before it */
    table_add(table, "nan");
  else
    table_add(table, "%.*f", decimals, value);
}

void results_cell(struct table *table, int decimals, const json_t *object, const char *key) {
  if (results_has(object, key))
    results_number(table, decimals, results_value(object, key));
  else
    table_add(table, "-");
}

/* "0.3115 ± 0.0021", or without an error where there is one seed. */
void results_mean(struct table *table, const json_t *figure, int decimals, int sign) {
  double mean = results_value(figure, "mean"), se = results_value(figure, "se");
  if (!results_has(figure, "mean"))
    table_add(table, "-");
  else if (!isfinite(mean)) /* then its error is NaN */
    results_number(table, decimals, mean);
  else if (!results_has(figure, "se"))
    table_add(table, sign ? "%+.*f" : "%.*f", decimals, mean);
  else
    table_add(table, sign ? "%+.*f ± %.*f" : "%.*f ± %.*f", decimals, mean, decimals, se);
}

int results_is_copy(const json_t *stage) { return strchr(results_text(stage, "name"), ',') != NULL; }

void results_print_rule(struct sheet *sheet, const json_t *summary) {
  if (json_object_get(summary, "batch_norm"))
    sheet_note(sheet, "batch norm: %s", results_text(summary, "batch_norm"));
}

/* What the stage's networks were measured with, if they have batch norm; NULL where it shows none. */
static const char *rule_of(const json_t *stage, int copies) {
  const json_t *summary = json_object_get(stage, "summary");
  const int single = json_object_get(summary, "metrics") || json_object_get(summary, "members") ||
                     json_object_get(summary, "networks");
  return single && (copies || !results_is_copy(stage)) ? json_string_value(json_object_get(summary, "batch_norm"))
                                                       : NULL;
}

/* Adds the names of the stages from `first` on that have its rule; of copies, what they are copies of. */
static void add_names(struct text *text, const json_t *stages, size_t first, int copies) {
  const char *rule = rule_of(json_array_get(stages, first), copies), *last = "";
  json_t *stage;
  size_t i;
  json_array_foreach(stages, i, stage) {
    const char *name = results_text(stage, "name"), *own = rule_of(stage, copies);
    const size_t length = strcspn(name, ",");
    if (i < first || !own || strcmp(own, rule) != 0 || (strcspn(last, ",") == length && !strncmp(name, last, length)))
      continue;
    text_add(text, "%s%.*s", *last ? ", " : "", (int)length, name);
    last = name;
  }
}

void results_print_rules(struct sheet *sheet, const json_t *stages, int copies) {
  struct text text = {0};
  json_t *stage;
  size_t i, rules = 0;
  const char *only = NULL;
  json_array_foreach(stages, i, stage) {
    const char *rule = rule_of(stage, copies);
    int said = !rule;
    for (size_t k = 0; k < i && !said; k++) {
      const char *before = rule_of(json_array_get(stages, k), copies);
      said = before && strcmp(before, rule) == 0;
    }
    if (said)
      continue;
    text_add(&text, "%s%s (", rules++ ? "; " : "", only = rule);
    add_names(&text, stages, i, copies);
    text_add(&text, ")");
  }
  if (rules && !text.status)
    sheet_note(sheet, "batch norm: %s", rules == 1 ? only : text.data);
  text_free(&text);
}

void results_print_checks(struct sheet *sheet, const json_t *summary) {
  const json_t *list = json_object_get(summary, "checks");
  size_t i, passed = 0;
  json_t *one;
  json_array_foreach(list, i, one) {
    const char *of = json_string_value(json_object_get(one, "of"));
    if (strcmp(results_text(one, "state"), "pass") == 0)
      passed++;
    else
      sheet_warning(sheet, "%s%s%s: %s", of ? of : "", of ? ": " : "", results_text(one, "check"),
                    results_text(one, "text"));
  }
  if (passed)
    sheet_note(sheet, "%zu of %zu checks passed", passed, json_array_size(list));
}
