/* verbs/sweep_figures.c: the figures of a sweep over one key: the headlines that have one, for each of its values.
 * Reads the summary. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

#define MOST_LINES 12

/* The lines of a figure: one per path where the verb has paths, else one per stage. */
static size_t lines_of(const json_t *rows, const struct verb *verb, const struct headline *h,
                       char lines[MOST_LINES][256]) {
  size_t i, n = 0;
  json_t *row;
  json_array_foreach(rows, i, row) {
    json_t *figures = json_object_get(row, "figures");
    if (strcmp(results_text(row, "verb"), verb->name) != 0)
      continue;
    for (void *at = json_object_iter(figures); at; at = json_object_iter_next(figures, at)) {
      char line[256];
      const char *where = json_object_iter_key(at);
      if (!text_ends(where, h->place))
        continue;
      snprintf(line, sizeof line, "%s|%s", results_text(row, "stage"), where);
      size_t k = 0;
      while (k < n && strcmp(lines[k], line) != 0)
        k++;
      if (k == n && n < MOST_LINES)
        snprintf(lines[n++], sizeof line, "%s", line);
    }
  }
  return n;
}

/* "paths.line(a,b).length_ratio" of the stage path as line(a,b); of any other stage its name. */
static const char *title_of(struct arena *arena, const char *line, const struct headline *h) {
  const char *bar = strchr(line, '|'), *where = bar + 1;
  size_t length = strlen(where), tail = strlen(h->place);
  if (text_starts(where, "paths.") && length > 7 + tail)
    return arena_copy_n(arena, where + 6, length - tail - 7);
  return arena_copy_n(arena, line, (size_t)(bar - line));
}

static int add_headline(const struct shown *shown, const struct verb *verb, const struct headline *h) {
  const json_t *rows = json_object_get(shown->summary, "rows");
  const char *key = json_string_value(json_array_get(json_object_get(shown->summary, "over"), 0)),
             *values[MOST_LINES * 4];
  char lines[MOST_LINES][256];
  size_t n = lines_of(rows, verb, h, lines), count = 0, i;
  const char *titles[MOST_LINES];
  struct text s = {0};
  json_t *row;
  if (!n)
    return STRAIT_OK;
  figure_begin(&s, key, h->axis);
  for (size_t k = 0; k < n; k++) {
    size_t x = 0;
    text_add(&s, "$l%zu << END\n", k);
    titles[k] = title_of(shown->figures->arena, lines[k], h);
    if (!titles[k]) {
      text_free(&s);
      return error_failure();
    }
    json_array_foreach(rows, i, row) {
      size_t length = strcspn(lines[k], "|");
      const char *name = results_text(row, "stage");
      if (strlen(name) != length || strncmp(name, lines[k], length) != 0 || x >= sizeof values / sizeof *values)
        continue;
      values[x++] = results_text(json_object_get(row, "values"), key);
      figure_mean(&s, (double)x, json_object_get(json_object_get(row, "figures"), lines[k] + length + 1));
    }
    count = x > count ? x : count;
    text_add(&s, "END\n");
  }
  text_add(&s, "set xrange [0.5:%zu.5]\nset xtics (", count);
  for (i = 0; i < count; i++) {
    text_add(&s, "%s", i ? ", " : "");
    gnuplot_string(&s, values[i]);
    text_add(&s, " %zu", i + 1);
  }
  text_add(&s, ")\n");
  figure_bars(&s, titles, n);
  char caption[200];
  snprintf(caption, sizeof caption, "%c%s for each value of %.60s; bars: standard error over seeds.",
           h->axis[0] - 'a' + 'A', h->axis + 1, key);
  return figure_add(shown->figures, shown->stage, h->figure, 620, 380, caption, &s);
}

int draw_sweep(const struct shown *shown) {
  if (json_array_size(json_object_get(shown->summary, "over")) != 1)
    return STRAIT_OK; /* several keys make no one axis */
  for (int by_path = 1; by_path >= 0; by_path--)
    for (size_t v = 0; shown->verbs[v]; v++) {
      const struct verb *verb = shown->verbs[v];
      for (const struct headline *h = verb->headlines; h && h->place && verb->by_path == by_path; h++)
        if (h->figure && add_headline(shown, verb, h))
          return error_failure();
    }
  return STRAIT_OK;
}
