/* cli/results.c: the tables at the end of a run. Reads experiment.json and the stages' summary.json. */
#include "cli/answer.h"
#include "cli/results.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/results_parts.h"
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
    return error_set(STRAIT_EFORMAT, "%s/experiment.json: \"%s\" is no stage's name", folder, name);
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

int results_print_json(const json_t *results) {
  return answer_json(json_incref((json_t *)results)); /* jansson counts on a pointer that is not const */
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

static void add_epochs(struct table *table, double value) {
  if (isnan(value))
    table_add(table, "-");
  else
    table_add(table, "%.4g", value);
}

const json_t *results_of(const json_t *stage, const char *verb) {
  const json_t *summary = json_object_get(stage, "summary");
  return strcmp(results_text(stage, "verb"), verb) == 0 && json_is_object(summary) ? summary : NULL;
}

int results_is_copy(const json_t *stage) { return strchr(results_text(stage, "name"), ',') != NULL; }

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

/* In a table of several stages: the warnings, each with its stage. */
static void print_warned(struct sheet *sheet, const json_t *stage) {
  json_t *one;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(stage, "summary"), "checks"), i, one) {
    if (strcmp(results_text(one, "state"), "pass") != 0)
      sheet_warning(sheet, "%s: %s: %s", results_text(stage, "name"), results_text(one, "check"),
                    results_text(one, "text"));
  }
}

/* --- single networks and ensembles --- */

static void add_quality(struct table *table, const json_t *metrics) {
  const json_t *test = json_object_get(metrics, "test");
  results_cell(table, 4, test, "nll");
  results_cell(table, 2, test, "error");
  results_cell(table, 2, test, "disagreement");
  results_cell(table, 4, test, "calibrated_nll");
  results_cell(table, 3, test, "brier");
  results_cell(table, 3, test, "ece");
}

static void add_single(struct table *table, const char *name, double epochs, const json_t *metrics) {
  table_add(table, "%s", name);
  table_add(table, "1");
  add_epochs(table, epochs);
  add_quality(table, metrics);
}

static void add_evaluated(struct table *table, const json_t *stage, const json_t *summary) {
  const json_t *networks = json_object_get(summary, "networks"), *combined = json_object_get(summary, "combined");
  json_t *one;
  size_t i;
  json_array_foreach(networks, i, one) {
    char name[160];
    snprintf(name, sizeof name, "%s: %s", results_text(stage, "name"), results_text(one, "weights"));
    add_single(table, name, NAN, json_object_get(one, "metrics"));
  }
  if (combined) {
    table_add(table, "%s: together", results_text(stage, "name"));
    table_add(table, "%zu", json_array_size(networks));
    table_add(table, "-");
    add_quality(table, combined);
  }
}

static void add_quality_rows(struct table *table, const json_t *stage) {
  const json_t *summary;
  if ((summary = results_of(stage, "train")))
    add_single(table, results_text(stage, "name"),
               results_value(summary, "spent") / results_value(summary, "epoch_iterations"),
               json_object_get(summary, "metrics"));
  else if ((summary = results_of(stage, "ensemble"))) {
    table_add(table, "%s (%s)", results_text(stage, "name"), results_text(summary, "ensembler"));
    table_add(table, "%zu", json_array_size(json_object_get(summary, "members")));
    add_epochs(table, results_value(summary, "budget"));
    add_quality(table, json_object_get(summary, "combined"));
  } else if ((summary = results_of(stage, "evaluate")))
    add_evaluated(table, stage, summary);
}

static int print_networks(struct sheet *sheet, const json_t *stages) {
  json_t *stage;
  size_t i;
  struct table *table = table_create("lrrrrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "network or ensemble");
  table_add(table, "members");
  table_add(table, "epochs");
  table_add(table, "test nll");
  table_add(table, "test err %%");
  table_add(table, "disagree %%");
  table_add(table, "calibrated nll");
  table_add(table, "Brier");
  table_add(table, "ECE");
  table_rule(table);
  json_array_foreach(stages, i, stage) {
    if (!results_is_copy(stage))
      add_quality_rows(table, stage);
  }
  sheet_heading(sheet, "Single networks and ensembles, on the test data");
  int status = sheet_table(sheet, table);
  sheet_note(sheet,
             "calibrated nll: with a temperature that was fitted on the other half of the data; Brier: of 2 at most; "
             "ECE: in 15 bins of confidence");
  json_array_foreach(stages, i, stage) {
    if (!results_is_copy(stage) && (results_of(stage, "ensemble") || results_of(stage, "evaluate")))
      print_warned(sheet, stage);
  }
  table_free(table);
  return status;
}

/* --- the whole --- */

static void print_warnings(const json_t *stage) {
  json_t *warning;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(stage, "summary"), "warnings"), i, warning) {
    if (json_is_string(warning))
      printf("warning: %s: %s\n", results_text(stage, "name"), json_string_value(warning));
  }
}

static void print_places(const json_t *results, const char *file) {
  const json_t *stages = json_object_get(results, "stages");
  const char *folder = results_text(results, "folder"), *scan = NULL, *curve = NULL;
  json_t *stage;
  size_t i, unfinished = 0;
  json_array_foreach(stages, i, stage) {
    if (results_of(stage, "scan") && !results_is_copy(stage))
      scan = results_text(stage, "name");
    if (results_of(stage, "connect") && !results_is_copy(stage))
      curve = results_text(stage, "name");
    unfinished += !json_is_object(json_object_get(stage, "summary"));
    print_warnings(stage);
  }
  if (unfinished)
    printf("\n%zu of %zu stages are not finished; strait run goes on with them.\n", unfinished,
           json_array_size(stages));
  printf("\nFiles: %s/STAGE/ has weights (*.safetensors, named as torch does) and summary.json", folder);
  if (scan)
    printf(";\n       %s/%s/PATH/curve.npz has the values at every t", folder, scan);
  printf(".\nNext:  strait show %s prints this again", folder);
  if (curve && file)
    printf(";\n       strait run %s --set connect.%s.seed=7 makes only what that changes", file, curve);
  printf(";\n       strait list shows what else there is to use, strait describe KIND NAME its options.\n");
}

int results_write(const json_t *results, struct sheet *sheet) {
  const json_t *stages = json_object_get(results, "stages"), *summary;
  json_t *stage;
  size_t i;
  int status = STRAIT_OK;
  json_array_foreach(stages, i, stage) {
    if (results_is_copy(stage))
      continue;
    if (!status && (summary = results_of(stage, "scan")))
      status = results_print_scan(sheet, results, stage, summary);
    if (!status && (summary = results_of(stage, "plane")))
      status = results_print_plane(sheet, stage, summary);
    if (!status && (results_of(stage, "scan") || results_of(stage, "plane")))
      status = sheet_end(sheet, results_text(stage, "name"));
  }
  if (!status)
    status = print_networks(sheet, stages);
  json_array_foreach(stages, i, stage) {
    if (!status && results_of(stage, "ensemble") && !results_is_copy(stage))
      status = sheet_end(sheet, results_text(stage, "name"));
  }
  json_array_foreach(stages, i, stage) {
    if (!status && (summary = results_of(stage, "compare")))
      status = results_print_compare(sheet, results, stage, summary);
    if (!status && (summary = results_of(stage, "sweep")))
      status = results_print_sweep(sheet, stage, summary);
    if (!status && (results_of(stage, "compare") || results_of(stage, "sweep")))
      status = sheet_end(sheet, results_text(stage, "name"));
  }
  return status;
}

int results_print(const json_t *results, const char *file) {
  struct sheet sheet = {.to = stdout};
  printf("%s\n", results_text(results, "experiment"));
  int status = results_write(results, &sheet);
  if (!status)
    print_places(results, file);
  return status;
}
