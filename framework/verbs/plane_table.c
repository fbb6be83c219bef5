/* verbs/plane_table.c: the table of a plane: what its corners and its grid measure. */
#include "base/error.h"
#include "report/results.h"
#include "store/document.h"
#include "verbs/shown.h"

static const char *const splits[] = {"train", "validation", "test"}, *const measures[] = {"loss", "nll", "error"};

static void add_measure(struct table *table, const char *split, const char *measure, const json_t *m) {
  const int decimals = measure[0] == 'e' ? 2 : 3;
  const json_t *corners = json_object_get(m, "corners");
  json_t *corner;
  size_t i;
  table_add(table, "%s %s%s", split, measure, measure[0] == 'e' ? " %" : "");
  json_array_foreach(corners, i, corner) {
    double value;
    if (document_value(corner, &value))
      results_number(table, decimals, value);
    else
      table_add(table, "-");
  }
  results_cell(table, decimals, m, "min");
  table_add(table, "%.3g, %.3g", results_value(m, "x_min"), results_value(m, "y_min"));
  results_cell(table, decimals, m, "max");
  table_end_row(table);
}

int print_plane(const struct shown *shown) {
  struct sheet *sheet = shown->sheet;
  const json_t *stage = shown->stage, *summary = shown->summary;
  const json_t *through = json_object_get(summary, "through"), *all = json_object_get(summary, "splits");
  const char *name[3];
  struct table *table = table_create("lrrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "measure");
  for (size_t i = 0; i < 3; i++) {
    name[i] = json_string_value(json_array_get(through, i));
    name[i] = name[i] ? name[i] : "?";
    table_add(table, "%s", name[i]);
  }
  table_add(table, "least");
  table_add(table, "at x, y");
  table_add(table, "most");
  table_rule(table);
  for (size_t s = 0; s < 3; s++)
    for (size_t m = 0; m < 3; m++) {
      const json_t *one = json_object_get(json_object_get(all, splits[s]), measures[m]);
      if (one)
        add_measure(table, splits[s], measures[m], one);
    }
  sheet_heading(sheet, "%s: in the plane of %s, %s, %s, on a grid of %.0f x %.0f", results_text(stage, "name"), name[0],
                name[1], name[2], results_value(summary, "grid"), results_value(summary, "grid"));
  int status = sheet_table(sheet, table);
  sheet_note(sheet, "x runs along the first two, %.4g apart; y to the third, %.4g from their line",
             results_value(summary, "width"), results_value(summary, "height"));
  if (json_object_get(summary, "path"))
    sheet_note(sheet, "%s is never farther than %.3g from the plane", results_text(summary, "path"),
               results_value(summary, "path_distance"));
  results_print_rule(sheet, summary);
  results_print_checks(sheet, summary);
  table_free(table);
  return status;
}
