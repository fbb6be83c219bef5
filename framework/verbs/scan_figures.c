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

#define MOST_PATHS 12 /* in one figure */

struct traces {
  size_t count;
  const char *name[MOST_PATHS];
  struct arrays *arrays[MOST_PATHS];
};

static const struct view {
  const char *what, *x, *y, *x_title, *y_title;
  int log, ends; /* a log axis; a line where the worse end lies */
  const char *caption;
} views[] = {
    {"nll-arc", "arc", "tr_nll", "arc length from w(0)", "train nll", 1, 1,
     "Train nll (without weight decay) against arc length, log axis. Dots: the ends; dashed: the worse of them."},
    {"error-arc", "arc", "te_err", "arc length from w(0)", "test error, %", 1, 1,
     "Test error against arc length, log axis. Dots: the ends; dashed: the worse of them."},
    {"loss-t", "ts", "tr_loss", "t", "train loss", 0, 1, "Train loss, weight decay included, along t."},
    {"error-t", "ts", "te_err", "t", "test error, %", 0, 1, "Test error along t."},
    {"pair-t", "ts", "te_pair_err", "t", "test error of {w(0), w(t)}, %", 0, 0,
     "Test error of the two networks w(0) and w(t) together, along t."},
    {"norm-t", "ts", "norm", "t", "|w(t)|", 0, 0,
     "The norm of the weights along t: where it dips, the regulariser in the loss dips with it."},
};

static int load_traces(struct traces *t, struct arena *arena, const json_t *stage, const json_t *summary) {
  json_t *path;
  size_t i;
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    const char *file =
        arena_format(arena, "%s/%s/curve.npz", results_text(stage, "folder"), results_text(path, "folder"));
    if (!file)
      return error_failure();
    if (t->count == MOST_PATHS)
      return STRAIT_OK;
    if (npz_read_ours(&t->arrays[t->count], file))
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

static void find_range(const struct traces *t, const struct view *v, double *low, double *high) {
  *low = INFINITY;
  *high = -INFINITY;
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    int64_t n = rows_of(t, i, v, columns);
    for (int64_t k = 0; k < n; k++) {
      if (!isfinite(columns[1][k]))
        continue;
      *low = fmin(*low, columns[1][k]);
      *high = fmax(*high, columns[1][k]);
    }
  }
}

static void add_lines(struct text *s, const struct traces *t, const struct view *v, double worse) {
  const char *before = "plot ";
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    int64_t n = rows_of(t, i, v, columns);
    if (!n)
      continue;
    text_add(s, "%s$p%zu using 1:2 with lines linewidth 2 linecolor '%s' title ", before, i, figure_colour(i));
    gnuplot_string(s, t->name[i]);
    text_add(s, ", $p%zu every %lld using 1:2 with points pointtype 7 pointsize 0.7 linecolor '%s' notitle", i,
             (long long)(n - 1), figure_colour(i));
    before = ", ";
  }
  if (v->ends && isfinite(worse)) {
    text_add(s, "%s", before);
    gnuplot_number(s, worse);
    text_add(s, " with lines dashtype 2 linewidth 1.2 linecolor '#666666' title 'the worse end'");
  }
  text_add(s, "\n");
}

static int add_view(struct figures *f, const json_t *stage, const struct traces *t, const struct view *v) {
  struct text s = {0};
  double worse = -INFINITY, low, high;
  int64_t gaps = 0;
  int any = 0;
  figure_begin(&s, v->x_title, v->y_title);
  find_range(t, v, &low, &high);
  if (v->log && low > 0 && isfinite(high))
    figure_log_axis(&s, low, high);
  for (size_t i = 0; i < t->count; i++) {
    const double *columns[2];
    char name[32];
    int64_t n = rows_of(t, i, v, columns);
    if (!n)
      continue;
    snprintf(name, sizeof name, "p%zu", i);
    gnuplot_rows(&s, name, columns, 2, n);
    worse = larger(worse, larger(columns[1][0], columns[1][n - 1]));
    for (int64_t k = 0; k < n; k++)
      gaps += !isfinite(columns[1][k]);
    any = 1;
  }
  if (!any) {
    text_free(&s);
    return STRAIT_OK;
  }
  add_lines(&s, t, v, worse);
  const char *caption = v->caption;
  if (gaps)
    caption =
        arena_format(f->arena, "%s Gaps: %lld points where it is not a finite number.", v->caption, (long long)gaps);
  if (!caption) {
    text_free(&s);
    return error_failure();
  }
  return figure_add(f, stage, v->what, 620, 400, caption, &s);
}

int draw_scan(const struct shown *shown) {
  struct figures *f = shown->figures;
  const json_t *stage = shown->stage, *summary = shown->summary;
  struct traces traces = {0};
  int status = load_traces(&traces, f->arena, stage, summary);
  for (size_t i = 0; !status && i < sizeof views / sizeof *views; i++)
    status = add_view(f, stage, &traces, &views[i]);
  for (size_t i = 0; i < traces.count; i++)
    arrays_free(traces.arrays[i]);
  return status;
}
