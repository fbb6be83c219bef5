/* verbs/sweep_figures.c: the figures of a sweep: the headlines that have one, over the values of one key, each value at
 * its place; or over those of two keys, as a map. Reads the summary. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

/* --- the lines of a figure: one per path where the verb has paths, else one per stage --- */

struct line {
  const char *stage, *where; /* the figure of its rows: "paths.line(a,b).length_ratio" */
  const char *title;
};
struct lines {
  struct line *line;
  size_t count;
};

/* "paths.line(a,b).length_ratio" of the stage path as line(a,b); of any other stage its name. */
static const char *title_of(struct arena *arena, const struct line *line, const struct headline *h) {
  size_t length = strlen(line->where), tail = strlen(h->place);
  if (text_starts(line->where, "paths.") && length > 7 + tail)
    return arena_copy_n(arena, line->where + 6, length - tail - 7);
  return line->stage;
}

static int has_line(const struct lines *l, const char *stage, const char *where) {
  for (size_t i = 0; i < l->count; i++)
    if (strcmp(l->line[i].stage, stage) == 0 && strcmp(l->line[i].where, where) == 0)
      return 1;
  return 0;
}

static int find_lines(struct lines *l, struct arena *arena, const json_t *rows, const struct verb *verb,
                      const struct headline *h) {
  size_t i, most = 0;
  json_t *row;
  *l = (struct lines){0};
  json_array_foreach(rows, i, row) { most += json_object_size(json_object_get(row, "figures")); }
  l->line = arena_alloc(arena, most, sizeof *l->line);
  if (!l->line)
    return error_failure();
  json_array_foreach(rows, i, row) {
    json_t *figures = json_object_get(row, "figures");
    if (strcmp(results_text(row, "verb"), verb->name) != 0)
      continue;
    for (void *at = json_object_iter(figures); at; at = json_object_iter_next(figures, at)) {
      struct line line = {results_text(row, "stage"), json_object_iter_key(at), NULL};
      if (!text_ends(line.where, h->place) || has_line(l, line.stage, line.where))
        continue;
      if (!(line.title = title_of(arena, &line, h)))
        return error_failure();
      l->line[l->count++] = line;
    }
  }
  return STRAIT_OK;
}

/* --- one key --- */

/* The values of a key, in the order of the sweep. */
struct axis {
  const char *key, **name;
  double *value; /* as numbers; NULL: not all are */
  size_t *order; /* from the least to the greatest; as listed where they are no numbers */
  size_t count;
  int log;
};

/* Rates are compared by their ratios; other numbers where that spaces them more evenly. */
static int is_log(const struct axis *a) {
  double low = INFINITY, high = 0, gap = 0, ratio = 1;
  for (size_t i = 0; i < a->count; i++) {
    double above = INFINITY; /* the next larger value */
    if (a->value[i] <= 0)
      return 0;
    low = fmin(low, a->value[i]);
    high = fmax(high, a->value[i]);
    for (size_t k = 0; k < a->count; k++)
      above = a->value[k] > a->value[i] ? fmin(above, a->value[k]) : above;
    if (isfinite(above)) {
      gap = fmax(gap, above - a->value[i]);
      ratio = fmax(ratio, above / a->value[i]);
    }
  }
  if (high <= low)
    return 0;
  return text_ends(a->key, "rate") || (high / low >= 4 && gap / (high - low) > log(ratio) / log(high / low));
}

static int find_axis(struct axis *a, struct arena *arena, const json_t *rows, const char *key) {
  size_t i;
  json_t *row;
  *a = (struct axis){.key = key,
                     .name = arena_alloc(arena, json_array_size(rows), sizeof *a->name),
                     .order = arena_alloc(arena, json_array_size(rows), sizeof *a->order)};
  double *value = arena_alloc(arena, json_array_size(rows), sizeof *value);
  if (!a->name || !a->order || !value)
    return error_failure();
  a->value = value;
  json_array_foreach(rows, i, row) {
    const char *name = results_text(json_object_get(row, "values"), key);
    size_t k = 0;
    while (k < a->count && strcmp(a->name[k], name) != 0)
      k++;
    if (k < a->count)
      continue;
    a->name[a->count] = name;
    if (text_number(name, &value[a->count]) || !isfinite(value[a->count])) {
      error_clear();
      a->value = NULL;
    }
    a->count++;
  }
  for (i = 0; i < a->count; i++) {
    size_t at = i;
    for (; a->value && at > 0 && value[a->order[at - 1]] > value[i]; at--)
      a->order[at] = a->order[at - 1];
    a->order[at] = i;
  }
  a->log = a->value && is_log(a);
  return STRAIT_OK;
}

static void add_axis(struct text *s, const struct axis *a) {
  double low = INFINITY, high = -INFINITY;
  if (!a->value) {
    figure_places(s, 'x', a->name, a->count);
    return;
  }
  for (size_t i = 0; i < a->count; i++) {
    low = fmin(low, a->value[i]);
    high = fmax(high, a->value[i]);
  }
  if (a->log)
    figure_log_axis(s, 'x', low, high);
  else
    figure_axis(s, 'x', low, high);
  if (a->count > 12)
    return;
  text_add(s, "set xtics (");
  for (size_t i = 0; i < a->count; i++)
    text_add(s, "%s'%s' %.17g", i ? ", " : "", a->name[i], a->value[i]);
  text_add(s, ")\n");
}

static const json_t *figure_at(const json_t *rows, const struct line *line, const char *const *keys,
                               const char *const *values, size_t count) {
  size_t i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    size_t alike = 0;
    for (size_t k = 0; k < count; k++)
      alike += strcmp(results_text(json_object_get(row, "values"), keys[k]), values[k]) == 0;
    if (alike == count && strcmp(results_text(row, "stage"), line->stage) == 0)
      return json_object_get(json_object_get(row, "figures"), line->where);
  }
  return NULL;
}

/* The block of a line, its points from left to right. */
static void add_block(struct text *s, const json_t *rows, const struct line *line, const struct axis *a,
                      size_t number) {
  text_add(s, "$l%zu << END\n", number);
  for (size_t i = 0; i < a->count; i++) {
    const size_t n = a->order[i];
    const json_t *figure = figure_at(rows, line, &a->key, &a->name[n], 1);
    if (figure)
      figure_mean(s, a->value ? a->value[n] : (double)n, figure);
  }
  text_add(s, "END\n");
}

static int add_headline(const struct shown *shown, const struct lines *l, const struct headline *h, const char *key) {
  const json_t *rows = json_object_get(shown->summary, "rows");
  const size_t seeds = json_array_size(json_object_get(shown->summary, "seeds"));
  struct figures *f = shown->figures;
  const char *stage = results_text(shown->stage, "name");
  const char **titles = arena_alloc(f->arena, l->count, sizeof *titles);
  struct axis axis;
  struct text s = {0};
  if (!titles || find_axis(&axis, f->arena, rows, key))
    return error_failure();
  for (size_t k = 0; k < l->count; k++)
    titles[k] = l->line[k].title;
  const char *head = figure_title(f, stage, h->axis, NULL, NAN);
  const char *x = arena_format(f->arena, "%s%s", key, axis.log ? " (log)" : "");
  const char *caption = arena_format(f->arena, "%s: %s for each value of %s; %s.", stage, h->axis, key,
                                     seeds > 1 ? "bars: standard error over seeds" : "of one seed");
  if (!head || !x || !caption)
    return error_failure();
  figure_begin(&s, head, x, h->axis);
  int more = figure_key(&s, l->count, figure_longest(titles, l->count), 620);
  add_axis(&s, &axis);
  for (size_t k = 0; k < l->count; k++)
    add_block(&s, rows, &l->line[k], &axis, k);
  figure_bars(&s, titles, l->count, 1);
  return figure_add(f, shown->stage, h->figure, 620, 400 + more, caption, &s);
}

/* --- two keys --- */

/* One line's means as a map of cells, the first key upwards. */
static int add_map(const struct shown *shown, const struct line *line, size_t number, const struct headline *h,
                   const char *const keys[2]) {
  const json_t *rows = json_object_get(shown->summary, "rows");
  struct figures *f = shown->figures;
  const char *stage = results_text(shown->stage, "name");
  struct axis down, across;
  struct text s = {0}, cells = {0};
  double low = INFINITY, high = -INFINITY;
  if (find_axis(&down, f->arena, rows, keys[0]) || find_axis(&across, f->arena, rows, keys[1]))
    return error_failure();
  const char *title = arena_format(f->arena, "%s of %s", h->axis, line->title);
  const char *head = title ? figure_title(f, stage, title, NULL, NAN) : NULL;
  const char *caption =
      title ? arena_format(f->arena, "%s: %s for each pair of values of %s and %s, the mean over %zu seed%s.", stage,
                           title, keys[0], keys[1], json_array_size(json_object_get(shown->summary, "seeds")),
                           json_array_size(json_object_get(shown->summary, "seeds")) == 1 ? "" : "s")
            : NULL;
  const char *what = number ? arena_format(f->arena, "%s-%zu", h->figure, number + 1) : h->figure;
  if (!head || !caption || !what)
    return error_failure();
  text_add(&cells, "$cells << END\n");
  for (size_t y = 0; y < down.count; y++)
    for (size_t x = 0; x < across.count; x++) {
      const char *const values[] = {down.name[y], across.name[x]};
      double mean = results_value(figure_at(rows, line, keys, values, 2), "mean");
      text_add(&cells, "%zu %zu ", x, y);
      gnuplot_number(&cells, mean);
      if (isfinite(mean))
        text_add(&cells, " %.4g\n", mean);
      else
        text_add(&cells, " -\n");
      low = isfinite(mean) ? fmin(low, mean) : low;
      high = isfinite(mean) ? fmax(high, mean) : high;
    }
  text_add(&cells, "END\n");
  if (!isfinite(low)) { /* nowhere a finite number */
    text_free(&cells);
    return STRAIT_OK;
  }
  figure_begin(&s, head, keys[1], keys[0]);
  text_add(&s, "%sunset key\nunset grid\nset border 0\nset tics scale 0\nset rmargin 14\nset cblabel ",
           cells.data ? cells.data : "");
  gnuplot_string(&s, h->axis);
  text_add(&s, " offset 0.8,0\nset palette defined (0 '#edf4fb', 1 '#9ecae1', 2 '#4f9bd0')\nset cbrange [%.9g:%.9g]\n",
           low, high > low ? high : low + fmax(fabs(low), 1e-9));
  figure_places(&s, 'x', across.name, across.count);
  figure_places(&s, 'y', down.name, down.count);
  text_add(&s, "plot $cells using 1:2:(0.5):(0.5):3 with boxxyerror fillstyle solid noborder linecolor palette, $cells "
               "using 1:2:4 with labels textcolor '#000000'\n");
  if (!s.status && cells.status)
    s.status = cells.status;
  text_free(&cells);
  return figure_add(f, shown->stage, what, 620, 150 + 40 * (int)down.count, caption, &s);
}

/* --- the whole --- */

static int add_verb(const struct shown *shown, const struct verb *verb) {
  const json_t *over = json_object_get(shown->summary, "over");
  const char *keys[2] = {json_string_value(json_array_get(over, 0)), json_string_value(json_array_get(over, 1))};
  for (const struct headline *h = verb->headlines; h && h->place; h++) {
    struct lines lines;
    int status = STRAIT_OK;
    if (!h->figure)
      continue;
    if (find_lines(&lines, shown->figures->arena, json_object_get(shown->summary, "rows"), verb, h))
      return error_failure();
    if (lines.count && !keys[1])
      status = add_headline(shown, &lines, h, keys[0]);
    for (size_t i = 0; !status && keys[1] && i < lines.count; i++)
      status = add_map(shown, &lines.line[i], i, h, keys);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

int draw_sweep(const struct shown *shown) {
  const size_t keys = json_array_size(json_object_get(shown->summary, "over"));
  if (keys < 1 || keys > 2) /* more keys than a sheet of paper has axes */
    return STRAIT_OK;
  for (int by_path = 1; by_path >= 0; by_path--)
    for (size_t v = 0; shown->verbs[v]; v++)
      if (shown->verbs[v]->by_path == by_path && add_verb(shown, shown->verbs[v]))
        return error_failure();
  return STRAIT_OK;
}
