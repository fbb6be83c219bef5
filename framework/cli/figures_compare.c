/* cli/figures_compare.c: the figures of compare and sweep stages: means with their standard errors. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/figures.h"
#include "cli/gnuplot.h"
#include "cli/results_parts.h"

#define MOST_LINES 12

/* x, mean and error of a figure; without an error, 0. */
static void add_row(struct text *s, double x, const json_t *figure) {
  double se = results_value(figure, "se");
  gnuplot_number(s, x);
  text_add(s, " ");
  gnuplot_number(s, results_value(figure, "mean"));
  text_add(s, " ");
  gnuplot_number(s, isnan(se) ? 0 : se);
  text_add(s, "\n");
}

static void add_plot(struct text *s, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    text_add(
        s,
        "%s$l%zu using 1:2:3 with yerrorbars linewidth 1.5 pointtype 7 pointsize 0.8 linecolor '%s' notitle, $l%zu "
        "using 1:2 with lines linewidth 1.5 linecolor '%s' title ",
        i ? ", " : "plot ", i, figure_colour(i), i, figure_colour(i));
    gnuplot_string(s, names[i]);
  }
  text_add(s, "\n");
}

/* --- compare --- */

static size_t names_of(const json_t *rows, const char *key, const char *names[MOST_LINES]) {
  size_t i, n = 0;
  json_t *row;
  json_array_foreach(rows, i, row) {
    const char *name = results_text(row, key);
    size_t k = 0;
    while (k < n && strcmp(names[k], name) != 0)
      k++;
    if (k == n && n < MOST_LINES)
      names[n++] = name;
  }
  return n;
}

static int add_budgets(struct figures *f, const json_t *stage, const json_t *rows, const char *measure,
                       const char *title) {
  const char *names[MOST_LINES];
  size_t n = names_of(rows, "stage", names), i;
  char caption[160], what[32];
  struct text s = {0};
  json_t *row;
  figure_begin(&s, "budget, epochs", title);
  /* bars at one place would hide each other */
  double aside = .006 * results_value(json_array_get(rows, json_array_size(rows) - 1), "epochs");
  text_add(&s, "set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n");
  for (size_t k = 0; k < n; k++) {
    text_add(&s, "$l%zu << END\n", k);
    json_array_foreach(rows, i, row) {
      if (strcmp(results_text(row, "stage"), names[k]) == 0)
        add_row(&s, results_value(row, "epochs") + ((double)k - (double)(n - 1) / 2) * aside,
                json_object_get(json_object_get(row, "test"), measure));
    }
    text_add(&s, "END\n");
  }
  add_plot(&s, names, n);
  snprintf(caption, sizeof caption, "%c%s against what was spent; bars: standard error over seeds.",
           title[0] == 't' ? 'T' : title[0], title + 1);
  snprintf(what, sizeof what, "%s", measure);
  return figure_add(f, stage, what, 620, 380, caption, &s);
}

int figures_of_compare(struct figures *f, const json_t *stage, const json_t *summary) {
  const json_t *rows = json_object_get(summary, "rows");
  if (!json_object_get(json_array_get(rows, 0), "test"))
    return STRAIT_OK;
  int status = add_budgets(f, stage, rows, "error", "test error, %");
  return status ? status : add_budgets(f, stage, rows, "nll", "test nll");
}

/* --- sweep --- */

static const struct view {
  const char *verb, *what, *ending, *title;
} views[] = {
    {"scan", "nll", "splits.train.nll.max", "highest train nll"},
    {"scan", "barrier", "splits.train.nll.barrier_mean", "barrier in train nll"},
    {"scan", "length", "length_ratio", "length of the path over the distance of its ends"},
    {"train", "test-error", "metrics.test.error", "test error, %"},
    {"ensemble", "ensemble-error", "combined.test.error", "test error, %"},
};

/* The lines of a view: for a scan one a path, else one a stage. */
static size_t lines_of(const json_t *rows, const struct view *v, char lines[MOST_LINES][256]) {
  size_t i, n = 0;
  json_t *row;
  json_array_foreach(rows, i, row) {
    json_t *figures = json_object_get(row, "figures");
    if (strcmp(results_text(row, "verb"), v->verb) != 0)
      continue;
    for (void *at = json_object_iter(figures); at; at = json_object_iter_next(figures, at)) {
      char line[256];
      const char *where = json_object_iter_key(at);
      if (!text_ends(where, v->ending))
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
static const char *title_of(struct arena *arena, const char *line, const struct view *v) {
  const char *bar = strchr(line, '|'), *where = bar + 1;
  size_t length = strlen(where), tail = strlen(v->ending);
  if (text_starts(where, "paths.") && length > 7 + tail)
    return arena_copy_n(arena, where + 6, length - tail - 7);
  return arena_copy_n(arena, line, (size_t)(bar - line));
}

static int add_sweep(struct figures *f, const json_t *stage, const json_t *summary, const struct view *v) {
  const json_t *rows = json_object_get(summary, "rows");
  const char *key = json_string_value(json_array_get(json_object_get(summary, "over"), 0)), *values[MOST_LINES * 4];
  char lines[MOST_LINES][256];
  size_t n = lines_of(rows, v, lines), count = 0, i;
  const char *titles[MOST_LINES];
  struct text s = {0};
  json_t *row;
  if (!n)
    return STRAIT_OK;
  figure_begin(&s, key, v->title);
  for (size_t k = 0; k < n; k++) {
    size_t x = 0;
    text_add(&s, "$l%zu << END\n", k);
    titles[k] = title_of(f->arena, lines[k], v);
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
      add_row(&s, (double)x, json_object_get(json_object_get(row, "figures"), lines[k] + length + 1));
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
  add_plot(&s, titles, n);
  char caption[200];
  snprintf(caption, sizeof caption, "%c%s for each value of %.60s; bars: standard error over seeds.",
           v->title[0] - 'a' + 'A', v->title + 1, key);
  return figure_add(f, stage, v->what, 620, 380, caption, &s);
}

int figures_of_sweep(struct figures *f, const json_t *stage, const json_t *summary) {
  int status = STRAIT_OK;
  if (json_array_size(json_object_get(summary, "over")) != 1)
    return STRAIT_OK; /* several keys make no one axis */
  for (size_t i = 0; !status && i < sizeof views / sizeof *views; i++)
    status = add_sweep(f, stage, summary, &views[i]);
  return status;
}
