/* verbs/scan_table.c: the tables of a scan: along the paths, and what predictions say there. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/extreme.h"
#include "report/results.h"
#include "verbs/shown.h"

/* What the columns of a path are: split, measure, how to print it. */
static const struct column {
  const char *split, *measure, *title;
  int decimals;
} columns[] = {
    {"train", "loss", "train loss", 3}, {"train", "nll", "train nll", 3},   {"train", "error", "train err %", 2},
    {"test", "nll", "test nll", 3},     {"test", "error", "test err %", 2},
};
#define COLUMNS (sizeof columns / sizeof *columns)
#define NORM 2 /* |w(t)| stands before this column, beside the train nll: where it dips, the loss dips with it */

static const json_t *column_of(const json_t *path, size_t i) {
  return json_object_get(json_object_get(json_object_get(path, "splits"), columns[i].split), columns[i].measure);
}

static double worse_end(const json_t *path, size_t i) {
  return larger(results_value(column_of(path, i), "start"), results_value(column_of(path, i), "end"));
}

static void add_ends(struct table *table, const json_t *path) {
  const json_t *norm = json_object_get(path, "norm");
  table_add(table, "ends (the worse)");
  for (size_t i = 0; i < COLUMNS; i++) {
    if (i == NORM)
      results_number(table, 2, smaller(results_value(norm, "start"), results_value(norm, "end")));
    if (results_has(column_of(path, i), "start"))
      results_number(table, columns[i].decimals, worse_end(path, i));
    else
      table_add(table, "-");
  }
  table_end_row(table);
}

/* A value and the t where it lies. */
static void add_at(struct table *table, int decimals, const json_t *row, const char *value, const char *t) {
  const double number = results_value(row, value);
  if (!results_has(row, value))
    table_add(table, "-");
  else if (isnan(number))
    table_add(table, "nan @%.2f", results_value(row, t));
  else
    table_add(table, "%.*f @%.2f", decimals, number, results_value(row, t));
}

static void add_path(struct table *table, const json_t *path) {
  table_add(table, "%s", results_text(path, "path"));
  for (size_t i = 0; i < COLUMNS; i++) {
    if (i == NORM)
      add_at(table, 2, json_object_get(path, "norm"), "min", "t_min");
    add_at(table, columns[i].decimals, column_of(path, i), "max", "t_max");
  }
  results_cell(table, 3, column_of(path, 1), "barrier_mean");
  results_cell(table, 3, path, "length_ratio");
}

static int same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static int same_ends(const json_t *a, const json_t *b) {
  for (size_t i = 0; a && i < COLUMNS; i++)
    if (column_of(b, i) && !same(worse_end(a, i), worse_end(b, i)))
      return 0;
  return a != NULL;
}

/* What predictions say along the paths, and the pieces between bends. */
static int print_beside(struct sheet *sheet, const json_t *summary) {
  json_t *path;
  size_t i;
  int rows = 0, status = STRAIT_OK;
  struct table *table = table_create("lrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "path, on the test data");
  table_add(table, "ends disagree %%");
  table_add(table, "start err %%");
  table_add(table, "start and end");
  table_add(table, "start and w(t)");
  table_add(table, "calibrated nll");
  table_rule(table);
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    const json_t *test = json_object_get(json_object_get(path, "splits"), "test");
    const json_t *pair = json_object_get(test, "pair_err"), *calibrated = json_object_get(test, "calibrated_nll");
    if (!pair)
      continue;
    rows++;
    table_add(table, "%s", results_text(path, "path"));
    results_cell(table, 2, json_object_get(test, "disagree_start"), "end");
    results_cell(table, 2, pair, "start");
    results_cell(table, 2, pair, "end");
    add_at(table, 2, pair, "min", "t_min");
    add_at(table, 3, calibrated, "max", "t_max");
  }
  if (rows) {
    status = sheet_table(sheet, table);
    sheet_note(sheet,
               "start and w(t): the least error of these two networks together; calibrated nll: the highest, each "
               "w(t) with a temperature that was fitted on the other half of the data");
  }
  table_free(table);
  return status;
}

static void print_samples(struct sheet *sheet, const json_t *splits) {
  const json_t *train = json_object_get(splits, "train"), *test = json_object_get(splits, "test");
  if (results_has(train, "samples") && results_has(test, "samples"))
    sheet_note(sheet, "measured on %.0f train and %.0f test samples", results_value(train, "samples"),
               results_value(test, "samples"));
}

/* Where samples are tokens: the least and the highest perplexity along each path. */
static int print_perplexities(struct sheet *sheet, const json_t *summary) {
  static const char *const splits[] = {"train", "validation", "test"};
  json_t *path;
  size_t i;
  int rows = 0, status = STRAIT_OK;
  struct table *table = table_create("lrrrr");
  if (!table)
    return error_failure();
  table_add(table, "perplexity");
  table_add(table, "start");
  table_add(table, "end");
  table_add(table, "least");
  table_add(table, "highest");
  table_rule(table);
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    for (size_t k = 0; k < sizeof splits / sizeof *splits; k++) {
      const json_t *split = json_object_get(json_object_get(path, "splits"), splits[k]);
      const json_t *perplexity = json_object_get(split, "perplexity");
      if (!perplexity)
        continue;
      rows++;
      table_add(table, "%s, %s", results_text(path, "path"), splits[k]);
      results_cell(table, 2, perplexity, "start");
      results_cell(table, 2, perplexity, "end");
      add_at(table, 2, perplexity, "min", "t_min");
      add_at(table, 2, perplexity, "max", "t_max");
    }
  }
  if (rows)
    status = sheet_table(sheet, table);
  table_free(table);
  return status;
}

static void print_pieces(struct sheet *sheet, const json_t *summary) {
  json_t *path;
  size_t i;
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    const json_t *pieces = json_object_get(path, "segments");
    const json_t *train = json_object_get(json_object_get(pieces, "train"), "loss");
    const json_t *test = json_object_get(json_object_get(pieces, "test"), "nll");
    if (train && test)
      sheet_note(sheet,
                 "%s: the middle is lower than both ends in %.0f of %.0f segments in train loss, in %.0f in test nll",
                 results_text(path, "path"), results_value(train, "below"), results_value(pieces, "count"),
                 results_value(test, "below"));
  }
}

/* Does another stage show how this stage's figures spread over seeds? */
static int has_spread(const json_t *results, const json_t *stage) {
  const json_t *stages = json_object_get(results, "stages"), *other, *row;
  size_t i, j;
  json_array_foreach(stages, i, other) {
    const json_t *summary = json_object_get(other, "summary"), *rows = json_object_get(summary, "rows");
    json_array_foreach(rows, j, row) {
      if (json_array_size(json_object_get(summary, "seeds")) > 1 &&
          strcmp(results_text(row, "stage"), results_text(stage, "name")) == 0)
        return 1;
    }
  }
  return 0;
}

int print_scan(const struct shown *shown) {
  struct sheet *sheet = shown->sheet;
  const json_t *stage = shown->stage, *summary = shown->summary;
  const json_t *before = NULL;
  json_t *path;
  size_t i;
  struct table *table = table_create("lrrrrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "path");
  for (i = 0; i < COLUMNS; i++) {
    if (i == NORM)
      table_add(table, "least |w|");
    table_add(table, "%s", columns[i].title);
  }
  table_add(table, "barrier");
  table_add(table, "length");
  table_rule(table);
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    if (!same_ends(before, path))
      add_ends(table, path);
    add_path(table, path);
    before = path;
  }
  sheet_heading(sheet, "%s: the highest value along each path, and its t", results_text(stage, "name"));
  int status = sheet_table(sheet, table);
  sheet_note(sheet, "train loss includes weight decay, which shrinks with |w|; barrier: highest train nll above the "
                    "mean of the ends; length: path length / distance between its ends");
  table_free(table);
  print_samples(sheet, json_object_get(json_array_get(json_object_get(summary, "paths"), 0), "splits"));
  print_pieces(sheet, summary);
  if (!status)
    status = print_perplexities(sheet, summary);
  if (!status)
    status = print_beside(sheet, summary);
  if (!has_spread(shown->results, stage))
    sheet_warning(sheet, "seeds: one seed; [sweep NAME] with over.seed = 1..5 and stages = %s shows the spread",
                  results_text(stage, "name"));
  results_print_rule(sheet, summary);
  results_print_checks(sheet, summary);
  return status;
}
