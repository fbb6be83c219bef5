/* verbs/plane_table.c: the table of a plane: what its corners and its grid measure. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "report/results.h"
#include "store/document.h"
#include "verbs/shown.h"

static const char *const splits[] = {"train", "validation", "test"}, *const measures[] = {"loss", "nll", "perplexity",
                                                                                          "error"};

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

/* The stage that a control point belongs to, NAME of "NAME#1"; NULL: none of the run's. */
static const json_t *curve_of(const json_t *results, const char *point) {
  const size_t length = strcspn(point, "#");
  json_t *stage;
  size_t i;
  json_array_foreach(json_object_get(results, "stages"), i, stage) {
    const char *name = results_text(stage, "name");
    if (point[length] == '#' && strlen(name) == length && strncmp(name, point, length) == 0)
      return stage;
  }
  return NULL;
}

/* The ends of a curve, as its stage names them; NULL: not known, or trained with the curve. */
static char **ends_of(struct arena *arena, const json_t *stage) {
  char *file = arena_format(arena, "%s/stage.json", results_text(stage, "folder")), **ends = NULL;
  json_t *record = NULL;
  size_t count = 0;
  if (file && file_exists(file) && document_read(file, &record))
    error_clear();
  const json_t *keys = json_object_get(record, "keys");
  const char *free_ends = json_string_value(json_object_get(keys, "free-ends"));
  if (free_ends && strcmp(free_ends, "no") == 0 &&
      text_split(arena, results_text(keys, "ends"), &ends, &count) != STRAIT_OK)
    error_clear();
  json_decref(record);
  return count == 2 ? ends : NULL;
}

int plane_names(const struct shown *shown, struct arena *arena, const char *names[3]) {
  for (size_t i = 0; i < 3; i++) {
    const char *point = json_string_value(json_array_get(json_object_get(shown->summary, "through"), i));
    const json_t *stage = point ? curve_of(shown->results, point) : NULL;
    const double points = results_value(json_object_get(stage, "summary"), "points");
    int64_t number = -1;
    names[i] = point ? point : "?";
    if (!stage || !(points >= 2) || text_integer(strchr(point, '#') + 1, &number)) {
      error_clear();
      continue;
    }
    const int last = number == (int64_t)points - 1;
    if (number > 0 && !last)
      names[i] = points == 3 ? "bend" : arena_format(arena, "bend %lld", (long long)number);
    else {
      char **ends = ends_of(arena, stage);
      names[i] = ends ? ends[last] : names[i];
    }
    if (!names[i])
      return error_failure();
  }
  return STRAIT_OK;
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
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++) {
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
