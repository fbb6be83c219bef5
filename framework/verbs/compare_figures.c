/* verbs/compare_figures.c: the figures of a compare stage: means with their standard errors, against what was spent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/results.h"
#include "verbs/shown.h"

struct lines {
  const char **name; /* of stages */
  size_t count;
  int one;                   /* 1: each stage has one row, so that there is nothing to join */
  double low, high, samples; /* of the measure, with its errors; of a stage's test data, NaN: not known */
};

static int find_lines(struct lines *l, struct arena *arena, const json_t *rows) {
  size_t i;
  json_t *row;
  *l = (struct lines){.name = arena_alloc(arena, json_array_size(rows), sizeof *l->name), .one = 1};
  if (!l->name)
    return error_failure();
  json_array_foreach(rows, i, row) {
    const char *name = results_text(row, "stage");
    size_t k = 0;
    while (k < l->count && strcmp(l->name[k], name) != 0)
      k++;
    if (k < l->count)
      l->one = 0;
    else
      l->name[l->count++] = name;
  }
  return STRAIT_OK;
}

/* How many test samples a stage of the run was measured on. */
static double samples_of(const json_t *results, const char *name) {
  json_t *stage;
  size_t i;
  json_array_foreach(json_object_get(results, "stages"), i, stage) {
    const json_t *summary = json_object_get(stage, "summary");
    const json_t *metrics = json_object_get(summary, json_object_get(summary, "combined") ? "combined" : "metrics");
    if (strcmp(results_text(stage, "name"), name) == 0)
      return results_value(json_object_get(metrics, "test"), "samples");
  }
  return NAN;
}

static void find_range(struct lines *l, const json_t *rows, const char *measure) {
  size_t i;
  json_t *row;
  l->low = INFINITY;
  l->high = -INFINITY;
  json_array_foreach(rows, i, row) {
    const json_t *figure = json_object_get(json_object_get(row, "test"), measure);
    double mean = results_value(figure, "mean"), se = results_value(figure, "se");
    se = isnan(se) ? 0 : se;
    l->low = fmin(l->low, mean - se);
    l->high = fmax(l->high, mean + se);
  }
}

/* One budget: the stages side by side. Several: each against its epochs, where they are. */
static void add_blocks(struct text *s, const struct lines *l, const json_t *rows, const char *measure) {
  size_t i;
  json_t *row;
  for (size_t k = 0; k < l->count; k++) {
    text_add(s, "$l%zu << END\n", k);
    json_array_foreach(rows, i, row) {
      if (strcmp(results_text(row, "stage"), l->name[k]) == 0)
        figure_mean(s, l->one ? (double)k : results_value(row, "epochs"),
                    json_object_get(json_object_get(row, "test"), measure));
    }
    text_add(s, "END\n");
  }
  if (l->one)
    figure_places(s, 'x', l->name, l->count);
  else
    text_add(s, "set offsets graph 0.05, graph 0.05, 0, 0\n");
}

static int add_budgets(const struct shown *shown, const json_t *rows, const char *measure, const char *title) {
  struct figures *f = shown->figures;
  struct lines l;
  struct text s = {0};
  const char *stage = results_text(shown->stage, "name");
  const size_t seeds = json_array_size(json_object_get(shown->summary, "seeds"));
  const int is_error = strcmp(measure, "error") == 0;
  if (find_lines(&l, f->arena, rows))
    return error_failure();
  find_range(&l, rows, measure);
  l.samples = samples_of(shown->results, l.name[0]);
  const char *head = figure_title(f, stage, title, "test", l.samples);
  const char *caption = arena_format(
      f->arena, "%s: %s %s; %s.%s", stage, title,
      l.one ? "at one budget" : "against the epochs spent on all networks together",
      seeds > 1 ? "bars: standard error over seeds" : "of one seed",
      is_error && l.samples > 0 ? " The axis spans at least 8 standard errors of an error on so many samples." : "");
  if (!head || !caption)
    return error_failure();
  figure_begin(&s, head, l.one ? "" : "epochs spent", title);
  int more = l.one ? 0 : figure_key(&s, l.count, figure_longest(l.name, l.count), 620);
  if (is_error)
    figure_widen(&l.low, &l.high, l.samples);
  if (isfinite(l.low) && isfinite(l.high))
    figure_axis(&s, 'y', l.low, l.high);
  add_blocks(&s, &l, rows, measure);
  figure_bars(&s, l.name, l.count, !l.one);
  return figure_add(f, shown->stage, measure, 620, 400 + more, caption, &s);
}

int draw_compare(const struct shown *shown) {
  const json_t *rows = json_object_get(shown->summary, "rows");
  if (!json_object_get(json_array_get(rows, 0), "test"))
    return STRAIT_OK;
  int status = add_budgets(shown, rows, "error", "test error, %");
  return status ? status : add_budgets(shown, rows, "nll", "test nll");
}
