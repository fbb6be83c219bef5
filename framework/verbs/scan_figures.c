/* verbs/scan_figures.c: the figures of a scan: nll and error against arc length on a log axis, loss, error and the norm
 * of the weights along t; each with all paths, the ends marked. Reads PATH/curve.npz. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/extreme.h"
#include "base/file.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

struct traces {
  size_t count;
  const char **name;
  struct arrays **arrays;
  double samples[2]; /* of train and test; NaN: not measured */
};

static const struct view {
  const char *what, *x, *y, *x_title, *y_title;
  int log, ends; /* a log axis; a line where the worse end lies */
  const char *caption;
} views[] = {
    {"nll-arc", "arc", "tr_nll", "arc length from w(0)", "train nll", 1, 1,
     "train nll (without weight decay) against arc length. Dots: the ends; dashed: the worst of them."},
    {"error-arc", "arc", "te_err", "arc length from w(0)", "test error, %", 1, 1,
     "test error against arc length. Dots: the ends; dashed: the worst of them."},
    {"loss-t", "ts", "tr_loss", "t", "train loss", 0, 1, "train loss, weight decay included, along t."},
    {"error-t", "ts", "te_err", "t", "test error, %", 0, 1, "test error along t."},
    {"pair-t", "ts", "te_pair_err", "t", "test error of {w(0), w(t)}, %", 0, 0,
     "test error of the two networks w(0) and w(t) together, along t."},
    {"norm-t", "ts", "norm", "t", "|w(t)|", 0, 0,
     "the norm of the weights along t: where it dips, the regulariser in the loss dips with it."},
};

static int load_traces(struct traces *t, struct arena *arena, const json_t *stage, const json_t *summary) {
  static const char *const splits[] = {"train", "test"};
  json_t *path, *paths = json_object_get(summary, "paths");
  size_t i;
  t->name = arena_alloc(arena, json_array_size(paths), sizeof *t->name);
  t->arrays = arena_alloc(arena, json_array_size(paths), sizeof *t->arrays);
  if (!t->name || !t->arrays)
    return error_failure();
  for (i = 0; i < 2; i++)
    t->samples[i] =
        results_value(json_object_get(json_object_get(json_array_get(paths, 0), "splits"), splits[i]), "samples");
  json_array_foreach(paths, i, path) {
    const char *file =
        arena_format(arena, "%s/%s/curve.npz", results_text(stage, "folder"), results_text(path, "folder"));
    if (!file || npz_read_ours(&t->arrays[t->count], file))
      return error_failure();
    t->name[t->count++] = results_text(path, "path");
  }
  return STRAIT_OK;
}

/* x and y of a path in a view; 0: it has no such measure. */
static int64_t rows_of(const struct traces *t, size_t i, const struct view *v, const double *columns[2]) {
  int64_t nx = 0, ny = 0;
  columns[0] = figure_row(t->arrays[i], v->x, &nx);
  columns[1] = figure_row(t->arrays[i], v->y, &ny);
  return columns[0] && columns[1] && nx == ny ? nx : 0;
}

/* What a view shows of all paths. */
struct sight {
  double low, high, worst;
  size_t paths, longest; /* that have it; the longest of their names */
  int64_t gaps;
  const char *split; /* "train", "test" or NULL */
  double samples;
};

static struct sight look(const struct traces *t, const struct view *v) {
  struct sight s = {.low = INFINITY, .high = -INFINITY, .worst = -INFINITY, .samples = NAN};
  if (text_starts(v->y, "tr_") || text_starts(v->y, "te_")) {
    s.split = text_starts(v->y, "tr_") ? "train" : "test";
    s.samples = t->samples[text_starts(v->y, "te_")];
  }
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    int64_t n = rows_of(t, i, v, columns);
    size_t longest = figure_longest(&t->name[i], 1);
    if (!n)
      continue;
    s.paths++;
    s.longest = longest > s.longest ? longest : s.longest;
    s.worst = larger(s.worst, larger(columns[1][0], columns[1][n - 1]));
    for (int64_t k = 0; k < n; k++) {
      s.gaps += !isfinite(columns[1][k]);
      if (!isfinite(columns[1][k]))
        continue;
      s.low = fmin(s.low, columns[1][k]);
      s.high = fmax(s.high, columns[1][k]);
    }
  }
  return s;
}

static void add_lines(struct text *s, const struct traces *t, const struct view *v, double worst) {
  const char *before = "plot ";
  char colour[8];
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    int64_t n = rows_of(t, i, v, columns);
    if (!n)
      continue;
    text_add(s, "%s$p%zu using 1:2 with lines linewidth 2 ", before, i);
    figure_line(s, i);
    text_add(s, " title ");
    figure_name(s, t->name[i]);
    text_add(s, ", $p%zu every %lld using 1:2 with points pointtype 7 pointsize 0.7 linecolor '%s' notitle", i,
             (long long)(n > 1 ? n - 1 : 1), figure_colour(i, colour));
    before = ", ";
  }
  if (v->ends && isfinite(worst)) {
    text_add(s, "%s", before);
    gnuplot_number(s, worst);
    text_add(s, " with lines dashtype 2 linewidth 1.2 linecolor '#666666' title 'the worst end'");
  }
  text_add(s, "\n");
}

/* The axis of values. */
static void add_axis(struct text *s, const struct sight *sight, int log, int is_error) {
  double low = sight->low, high = sight->high;
  if (is_error)
    figure_widen(&low, &high, sight->samples);
  if (log)
    figure_log_axis(s, 'y', low > 0 ? low : fmin(sight->low, high / 10), high);
  else if (is_error && low < high && isfinite(low) && isfinite(high))
    figure_axis(s, 'y', low, high);
}

static int add_view(struct figures *f, const json_t *stage, const struct traces *t, const struct view *v) {
  const struct sight sight = look(t, v);
  const char *name = results_text(stage, "name");
  const int is_error = text_ends(v->y, "_err");
  const int log = v->log && sight.low > 0 && isfinite(sight.high);
  struct text s = {0};
  if (!sight.paths)
    return STRAIT_OK;
  const char *title = figure_title(f, name, v->y_title, sight.split, sight.samples);
  const char *caption = title ? arena_format(f->arena, "%s: %s", name, v->caption) : NULL;
  const char *y = arena_format(f->arena, "%s%s", v->y_title, log ? " (log)" : "");
  if (caption && log)
    caption = arena_format(f->arena, "%s Log axis.", caption);
  if (caption && is_error && sight.samples > 0)
    caption = arena_format(f->arena, "%s Of %.0f test samples; the axis spans at least %d standard errors.", caption,
                           sight.samples, FIGURE_SPAN);
  else if (caption && sight.split)
    caption = arena_format(f->arena, "%s Of %.0f %s samples.", caption, sight.samples, sight.split);
  if (caption && sight.gaps)
    caption = arena_format(f->arena, "%s Gaps: %lld point%s where it is not a finite number.", caption,
                           (long long)sight.gaps, sight.gaps == 1 ? "" : "s");
  if (!caption || !y)
    return error_failure();
  figure_begin(&s, title, v->x_title, y);
  int more =
      figure_key(&s, sight.paths + (v->ends && isfinite(sight.worst)), sight.longest > 13 ? sight.longest : 13, 620);
  add_axis(&s, &sight, log, is_error);
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    char block[32];
    int64_t n = rows_of(t, i, v, columns);
    snprintf(block, sizeof block, "p%zu", i);
    if (n)
      gnuplot_rows(&s, block, columns, 2, n);
  }
  add_lines(&s, t, v, sight.worst);
  return figure_add(f, stage, v->what, 620, 420 + more, caption, &s);
}

int draw_scan(const struct shown *shown) {
  struct figures *f = shown->figures;
  const json_t *stage = shown->stage, *summary = shown->summary;
  struct traces traces = {0};
  int status = load_traces(&traces, f->arena, stage, summary);
  for (size_t i = 0; !status && i < sizeof views / sizeof *views; i++)
    status = add_view(f, stage, &traces, &views[i]);
  for (size_t i = 0; traces.arrays && i < traces.count; i++)
    arrays_free(traces.arrays[i]);
  return status;
}
