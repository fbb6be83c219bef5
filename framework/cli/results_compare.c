/* cli/results_compare.c: the tables of compare and sweep stages: means over seeds, their errors, what they cost. Reads
 * summaries; for times the stages' provenance.json. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/results_parts.h"
#include "store/document.h"

/* "0.3115 ± 0.0021", or without an error where there is one seed. */
static void add_figure(struct table *table, const json_t *figure, int decimals, int sign) {
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

/* --- compare --- */

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

static void add_compare_row(struct table *table, struct arena *arena, const json_t *results, const json_t *row) {
  const json_t *test = json_object_get(row, "test"), *nll = json_object_get(test, "nll"),
               *error = json_object_get(test, "error");
  table_add(table, "%.0f", results_value(row, "budget"));
  table_add(table, "%s", results_text(row, "stage"));
  table_add(table, "%lld", json_integer_value(json_array_get(json_object_get(row, "members"), 0)));
  table_add(table, "%.4g", results_value(row, "epochs"));
  table_add(table, "%.0f", results_value(row, "gradients"));
  results_number(table, 2, minutes_of(arena, results, row));
  add_figure(table, nll, 4, 0);
  add_figure(table, error, 2, 0);
  add_figure(table, json_object_get(nll, "difference"), 4, 1);
  add_figure(table, json_object_get(error, "difference"), 2, 1);
}

int results_print_compare(struct sheet *sheet, const json_t *results, const json_t *stage, const json_t *summary) {
  static const char *const heads[] = {"budget",  "stage",    "members",    "epochs",    "gradients",
                                      "minutes", "test nll", "test err %", "diff. nll", "diff. err %"};
  size_t seeds = json_array_size(json_object_get(summary, "seeds")), i;
  const char *single = json_string_value(json_object_get(summary, "single"));
  struct arena *arena = arena_create();
  struct table *table = arena ? table_create("rlrrrrrrrr") : NULL;
  int status = table ? STRAIT_OK : error_failure();
  json_t *row;
  for (i = 0; table && i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  if (table)
    table_rule(table);
  json_array_foreach(json_object_get(summary, "rows"), i, row) {
    if (table)
      add_compare_row(table, arena, results, row);
  }
  if (table) {
    sheet_heading(sheet, "%s: over %zu seed%s", results_text(stage, "name"), seeds, seeds == 1 ? "" : "s");
    status = sheet_table(sheet, table);
    sheet_note(sheet, "mean%s; gradients: mini-batch gradients in all; minutes: of all stages that a row needs%s%s%s",
               seeds > 1 ? " ± standard error" : "", single ? "; diff.: to " : "", single ? single : "",
               single ? ", seed by seed, at the smallest budget" : "");
    results_print_checks(sheet, summary);
  }
  table_free(table);
  arena_free(arena);
  return status;
}

/* --- sweep --- */

/* The figures that a table has room for, by verb. %s stands for a path's name. */
static const struct headline {
  const char *verb, *place, *title;
  int decimals;
} headlines[] = {
    {"train", "metrics.train.nll", "train nll", 4},
    {"train", "metrics.test.nll", "test nll", 4},
    {"train", "metrics.test.error", "test err %", 2},
    {"ensemble", "combined.test.nll", "test nll", 4},
    {"ensemble", "combined.test.error", "test err %", 2},
    {"ensemble", "combined.test.disagreement", "disagree %", 2},
    {"scan", "splits.train.loss.max", "max train loss", 4},
    {"scan", "splits.train.nll.max", "max train nll", 4},
    {"scan", "norm.min", "least |w|", 2},
    {"scan", "splits.test.error.max", "max test err %", 2},
    {"scan", "splits.train.nll.barrier_mean", "barrier", 4},
    {"scan", "length_ratio", "length", 4},
};
#define HEADLINES (sizeof headlines / sizeof *headlines)

static void add_values(struct table *table, const json_t *over, const json_t *row) {
  json_t *name;
  size_t i;
  json_array_foreach(over, i, name) {
    table_add(table, "%s", results_text(json_object_get(row, "values"), json_string_value(name)));
  }
}

static void add_headlines(struct table *table, const char *verb, const json_t *figures, const char *before) {
  for (size_t i = 0; i < HEADLINES; i++) {
    char where[512];
    if (strcmp(headlines[i].verb, verb) != 0)
      continue;
    snprintf(where, sizeof where, "%s%s", before, headlines[i].place);
    add_figure(table, json_object_get(figures, where), headlines[i].decimals, 0);
  }
}

/* Rows of a scan: one a path, in the order in which the figures name them. */
static void add_paths(struct table *table, const json_t *over, const json_t *row) {
  json_t *figures = json_object_get(row, "figures");
  for (void *at = json_object_iter(figures); at; at = json_object_iter_next(figures, at)) {
    const char *where = json_object_iter_key(at);
    char before[400];
    if (!text_starts(where, "paths.") || !text_ends(where, ".length_ratio"))
      continue;
    snprintf(before, sizeof before, "%.*s", (int)(strlen(where) - strlen("length_ratio")), where);
    add_values(table, over, row);
    table_add(table, "%.*s", (int)(strlen(before) - strlen("paths..")), before + strlen("paths."));
    table_add(table, "%.0f", results_value(json_object_iter_value(at), "n"));
    add_headlines(table, "scan", figures, before);
  }
}

static void add_heads(struct table *table, const json_t *over, const char *verb) {
  json_t *name;
  size_t i;
  json_array_foreach(over, i, name) { table_add(table, "%s", json_string_value(name)); }
  table_add(table, strcmp(verb, "scan") == 0 ? "path" : "stage");
  table_add(table, "n");
  for (i = 0; i < HEADLINES; i++)
    if (strcmp(headlines[i].verb, verb) == 0)
      table_add(table, "%s", headlines[i].title);
  table_rule(table);
}

static int has_headlines(const char *verb) {
  for (size_t i = 0; i < HEADLINES; i++)
    if (strcmp(headlines[i].verb, verb) == 0)
      return 1;
  return 0;
}

/* All rows of one verb, in a table of their own. */
static int print_verb(struct sheet *sheet, const json_t *stage, const json_t *summary, const char *verb) {
  const json_t *over = json_object_get(summary, "over");
  char alignment[80];
  size_t keys = json_array_size(over), i;
  json_t *row;
  snprintf(alignment, sizeof alignment, "%.*s", (int)keys + 1, "llllllllllllllll");
  size_t columns = strlen(alignment);
  alignment[columns++] = 'r';
  for (i = 0; i < HEADLINES; i++)
    if (strcmp(headlines[i].verb, verb) == 0)
      alignment[columns++] = 'r';
  alignment[columns] = 0;
  struct table *table = table_create(alignment);
  if (!table)
    return error_failure();
  add_heads(table, over, verb);
  json_array_foreach(json_object_get(summary, "rows"), i, row) {
    if (strcmp(results_text(row, "verb"), verb) != 0)
      continue;
    if (strcmp(verb, "scan") == 0) {
      add_paths(table, over, row);
      continue;
    }
    add_values(table, over, row);
    table_add(table, "%s", results_text(row, "stage"));
    table_add(table, "%zu", json_array_size(json_object_get(summary, "seeds")));
    add_headlines(table, verb, json_object_get(row, "figures"), "");
  }
  sheet_heading(sheet, "%s: mean%s over seeds", results_text(stage, "name"),
                json_array_size(json_object_get(summary, "seeds")) > 1 ? " ± standard error" : "");
  int status = sheet_table(sheet, table);
  table_free(table);
  return status;
}

int results_print_sweep(struct sheet *sheet, const json_t *stage, const json_t *summary) {
  static const char *const order[] = {"scan", "train", "ensemble"};
  const json_t *rows = json_object_get(summary, "rows");
  int status = STRAIT_OK, printed = 0;
  json_t *row;
  size_t i;
  for (size_t v = 0; v < sizeof order / sizeof *order; v++) {
    int found = 0;
    json_array_foreach(rows, i, row) {
      found |= strcmp(results_text(row, "verb"), order[v]) == 0 && has_headlines(order[v]);
    }
    if (!status && found) {
      status = print_verb(sheet, stage, summary, order[v]);
      printed = 1;
    }
  }
  if (!printed)
    sheet_heading(sheet, "%s: its figures are in %s/sweep.csv", results_text(stage, "name"),
                  results_text(stage, "folder"));
  else
    sheet_note(sheet, "all figures are in %s/sweep.csv", results_text(stage, "folder"));
  results_print_checks(sheet, summary);
  return status;
}
