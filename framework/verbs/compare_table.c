/* verbs/compare_table.c: the table of a compare stage: means over seeds, their errors, what they cost. Reads the
 * summary; for times the stages' provenance.json. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "report/results.h"
#include "store/document.h"
#include "verbs/shown.h"

/* The seconds that all runs of a stage took together; 0 where nothing says. */
static double seconds_of(struct arena *arena, const char *folder, const char *stage) {
  const char *file = arena_format(arena, "%s/%s/provenance.json", folder, stage);
  json_t *whole = NULL, *one;
  double sum = 0;
  size_t i;
  if (file && file_exists(file) && document_read(file, &whole))
    error_clear();
  json_array_foreach(json_object_get(whole, "runs"), i, one) {
    sum += json_number_value(json_object_get(one, "seconds"));
  }
  json_decref(whole);
  return sum;
}

/* Mean over seeds of the time that went into a row, in minutes. */
static double minutes_of(struct arena *arena, const json_t *results, const json_t *row) {
  const char *folder = results_text(results, "folder");
  json_t *work;
  double sum = 0;
  size_t i, seeds = json_array_size(json_object_get(row, "work"));
  json_array_foreach(json_object_get(row, "work"), i, work) {
    for (void *at = json_object_iter(work); at; at = json_object_iter_next(work, at))
      sum += json_number_value(json_object_iter_value(at)) * seconds_of(arena, folder, json_object_iter_key(at));
  }
  return seeds ? sum / (double)seeds / 60 : NAN;
}

/* reference: the row that the others are compared to. */
enum { COLUMNS = 10 }; /* without perplexity */

static int has_perplexity(const json_t *rows) {
  json_t *row;
  size_t i;
  int found = 0;
  json_array_foreach(rows, i, row) found |= json_object_get(json_object_get(row, "test"), "perplexity") != NULL;
  return found;
}

static void add_compare_row(struct table *table, struct arena *arena, const json_t *results, const json_t *row,
                            int reference) {
  const json_t *test = json_object_get(row, "test"), *nll = json_object_get(test, "nll"),
               *error = json_object_get(test, "error");
  table_add(table, "%.0f", results_value(row, "budget"));
  table_add(table, "%s", results_text(row, "stage"));
  table_add(table, "%lld", json_integer_value(json_array_get(json_object_get(row, "members"), 0)));
  table_add(table, "%.4g", results_value(row, "epochs"));
  table_add(table, "%.0f", results_value(row, "gradients"));
  results_number(table, 2, minutes_of(arena, results, row));
  results_mean(table, nll, 4, 0);
  if (table_columns(table) > COLUMNS)
    results_cell(table, 2, test, "perplexity");
  results_mean(table, error, 2, 0);
  results_mean(table, reference ? NULL : json_object_get(nll, "difference"), 4, 1);
  results_mean(table, reference ? NULL : json_object_get(error, "difference"), 2, 1);
}

int print_compare(const struct shown *shown) {
  const json_t *stage = shown->stage, *summary = shown->summary;
  struct sheet *sheet = shown->sheet;
  static const char *const heads[] = {"budget",  "stage",    "members",    "epochs",    "gradients",
                                      "minutes", "test nll", "test err %", "diff. nll", "diff. err %"};
  size_t seeds = json_array_size(json_object_get(summary, "seeds")), i;
  const char *single = json_string_value(json_object_get(summary, "single"));
  struct arena *arena = arena_create();
  const int perplexity = has_perplexity(json_object_get(summary, "rows"));
  struct table *table = arena ? table_create(perplexity ? "rlrrrrrrrrr" : "rlrrrrrrrr") : NULL;
  int status = table ? STRAIT_OK : error_failure();
  json_t *row;
  double least = INFINITY;
  json_array_foreach(json_object_get(summary, "rows"), i, row) { least = fmin(least, results_value(row, "budget")); }
  for (i = 0; table && i < COLUMNS; i++) {
    table_add(table, "%s", heads[i]);
    if (perplexity && strcmp(heads[i], "test nll") == 0)
      table_add(table, "perplexity");
  }
  if (table)
    table_rule(table);
  json_array_foreach(json_object_get(summary, "rows"), i, row) {
    if (table)
      add_compare_row(table, arena, shown->results, row,
                      single && strcmp(results_text(row, "stage"), single) == 0 &&
                          results_value(row, "budget") == least);
  }
  if (table) {
    sheet_heading(sheet, "%s: over %zu seed%s", results_text(stage, "name"), seeds, seeds == 1 ? "" : "s");
    status = sheet_table(sheet, table);
    sheet_note(sheet, "mean%s; gradients: mini-batch gradients in all; minutes: of all stages that a row needs%s%s%s",
               seeds > 1 ? " ± standard error" : "", single ? "; diff.: to " : "", single ? single : "",
               single ? ", seed by seed, at the smallest budget" : "");
    results_print_rules(sheet, json_object_get(shown->results, "stages"), 1);
    results_print_checks(sheet, summary);
  }
  table_free(table);
  arena_free(arena);
  return status;
}
