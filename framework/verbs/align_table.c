/* verbs/align_table.c: the table of a matching: the line between two networks before and after. */
#include "base/error.h"
#include "report/results.h"
#include "verbs/shown.h"

static const char *const splits[] = {"train", "validation", "test"}, *const measures[] = {"loss", "nll", "error"};

static const json_t *line_of(const json_t *summary, const char *which, size_t split, size_t measure) {
  const json_t *line = json_object_get(json_object_get(summary, "lines"), which);
  return json_object_get(json_object_get(line, splits[split]), measures[measure]);
}

static void add_row(struct table *table, const json_t *summary, size_t split, size_t measure) {
  const json_t *before = line_of(summary, "before", split, measure), *after = line_of(summary, "after", split, measure);
  const int error = measure == 2, decimals = error ? 2 : 3;
  table_add(table, "%s %s", splits[split], error ? "err %" : measures[measure]);
  results_cell(table, decimals, before, "start");
  results_cell(table, decimals, before, "end");
  results_cell(table, decimals, before, "max");
  results_cell(table, decimals, before, "barrier_mean");
  results_cell(table, decimals, before, "barrier_line");
  results_cell(table, decimals, after, "max");
  results_cell(table, decimals, after, "barrier_mean");
  results_cell(table, decimals, after, "barrier_line");
}

static int print_lines(struct sheet *sheet, const json_t *summary, const char *first, const char *second) {
  struct table *table = table_create("lrrrrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "along the line");
  table_add(table, "%s", first);
  table_add(table, "%s", second);
  table_add(table, "highest before");
  table_add(table, "barrier");
  table_add(table, "above line");
  table_add(table, "highest after");
  table_add(table, "barrier");
  table_add(table, "above line");
  table_rule(table);
  for (size_t split = 0; split < 3; split++)
    for (size_t measure = 0; measure < 3; measure++)
      if (results_has(line_of(summary, "before", split, measure), "max"))
        add_row(table, summary, split, measure);
  int status = sheet_table(sheet, table);
  table_free(table);
  sheet_note(sheet,
             "barrier: the highest value above the mean of the ends (Frankle et al., 2020); above line: the highest "
             "above the straight line between the ends' values (Entezari et al., 2022)");
  return status;
}

static void note_samples(struct sheet *sheet, const json_t *summary) {
  const json_t *line = json_object_get(json_object_get(summary, "lines"), "before");
  for (size_t split = 0; split < 3; split++) {
    const json_t *one = json_object_get(line, splits[split]);
    if (one)
      sheet_note(sheet, "%s: %.0f sample%s", splits[split], results_value(one, "samples"),
                 results_value(one, "samples") == 1 ? "" : "s");
  }
}

int print_align(const struct shown *shown) {
  struct sheet *sheet = shown->sheet;
  const json_t *summary = shown->summary, *of = json_object_get(summary, "of");
  const json_t *similarity = json_object_get(summary, "similarity"), *distance = json_object_get(summary, "distance");
  const char *first = json_string_value(json_array_get(of, 0)), *second = json_string_value(json_array_get(of, 1));
  const int weights = results_text(summary, "method")[0] == 'w';
  int status = STRAIT_OK;
  json_t *held;
  size_t i;
  first = first ? first : "?", second = second ? second : "?";
  sheet_heading(sheet, "%s: the units of %s matched to those of %s by %s", results_text(shown->stage, "name"), second,
                first, results_text(summary, "method"));
  if (json_object_get(summary, "lines"))
    status = print_lines(sheet, summary, first, second);
  sheet_note(
      sheet, "%s: %.4f before, %.4f after; distance %.4g before, %.4g after; %.0f of %.0f units in %.0f groups moved",
      weights ? "cosine of the weights" : "mean correlation of matched units", results_value(similarity, "before"),
      results_value(similarity, "after"), results_value(distance, "before"), results_value(distance, "after"),
      results_value(summary, "moved"), results_value(summary, "units"), results_value(summary, "groups"));
  if (weights)
    sheet_note(sheet, "%.0f of %.0f starts agree on the best", results_value(summary, "agreed"),
               results_value(summary, "starts"));
  json_array_foreach(json_object_get(summary, "held"), i, held)
      sheet_note(sheet, "%s: %.0f of %.0f units stay where they are: %s", results_text(held, "layer"),
                 results_value(held, "units"), results_value(held, "of"), results_text(held, "why"));
  note_samples(sheet, summary);
  results_print_rule(sheet, summary);
  results_print_checks(sheet, summary);
  return status;
}
