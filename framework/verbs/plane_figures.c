/* verbs/plane_figures.c: planes as filled contours, their levels evenly spaced in the logarithm, with the three
 * networks and the path, as in figures 1 and 2 of Garipov et al. (2018). Reads plane.npz. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

enum { BANDS = 9, SIDE = 420 }; /* colours; pixels along each side, between which the grid is interpolated */

struct field {
  int64_t grid;
  const double *alpha, *beta, *value; /* value[i * grid + j] at (alpha[i], beta[j]) */
  double width, height;
  double *logs; /* of the values */
  double level[BANDS - 1];
};

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Of the finite values: from the lowest to one that nine in ten lie below, each level the same factor above the one
 * before: what is beyond is one colour, or a plane's corners would take all of them. */
static int find_levels(struct field *f, struct arena *arena) {
  int64_t n = f->grid * f->grid, finite = 0;
  double *sorted = arena_alloc(arena, (size_t)n, sizeof *sorted);
  f->logs = arena_alloc(arena, (size_t)n, sizeof *f->logs);
  if (!sorted || !f->logs)
    return error_failure();
  for (int64_t i = 0; i < n; i++)
    if (isfinite(f->value[i]))
      sorted[finite++] = f->value[i];
  qsort(sorted, (size_t)finite, sizeof *sorted, ascending);
  double high = sorted[(finite - 1) * 9 / 10], low = fmax(sorted[0], 1e-3 * high);
  for (int64_t i = 0; i < n; i++)
    f->logs[i] = isfinite(f->value[i]) ? log(fmax(f->value[i], low)) : (double)NAN;
  double factor = pow(high / low, 1. / (BANDS - 1));
  for (int k = 0; k < BANDS - 1; k++)
    f->level[k] = low * pow(factor, k + 1);
  return STRAIT_OK;
}

/* The cubic through four neighbours (Catmull-Rom). */
static double cubic(double a, double b, double c, double d, double x) {
  return b + .5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)));
}

static int64_t inside(int64_t i, int64_t n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* At grid coordinates from 0 to grid - 1. */
static double interpolate(const struct field *f, double x, double y) {
  int64_t i = inside((int64_t)x, f->grid - 1), j = inside((int64_t)y, f->grid - 1);
  double row[4];
  for (int k = 0; k < 4; k++) {
    const double *line = f->logs + inside(i - 1 + k, f->grid) * f->grid;
    row[k] = cubic(line[inside(j - 1, f->grid)], line[j], line[inside(j + 1, f->grid)], line[inside(j + 2, f->grid)],
                   y - (double)j);
  }
  return cubic(row[0], row[1], row[2], row[3], x - (double)i);
}

static void add_bands(struct text *s, const struct field *f) {
  text_add(s, "$field << END\n");
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++) {
      double scale = (double)(f->grid - 1) / (SIDE - 1), value = exp(interpolate(f, x * scale, y * scale));
      int band = 0;
      if (isnan(value)) {
        text_add(s, "NaN%s", x + 1 < SIDE ? " " : "\n");
        continue;
      }
      while (band < BANDS - 1 && value > f->level[band])
        band++;
      text_add(s, "%d%s", band, x + 1 < SIDE ? " " : "\n");
    }
  text_add(s, "END\n");
}

static void add_palette(struct text *s, const struct field *f) {
  text_add(s,
           "set palette defined (0 '#2c1e4a', 1 '#3b3b7d', 2 '#31688e', 3 '#25858e', 4 '#2aa784', 5 '#5ec962', 6 "
           "'#a5db36', 7 '#e0e04c', 8 '#fbf5c4') maxcolors %d\nset cbrange [-0.5:%d.5]\nset cbtics (",
           BANDS, BANDS - 1);
  for (int k = 0; k < BANDS - 1; k++)
    text_add(s, "%s'%.3g' %d.5", k ? ", " : "", f->level[k], k);
  text_add(s, ") scale 0\n");
}

/* Points by name: coordinates (count, 2) as a block of x, y. */
static int64_t add_points(struct text *s, const struct arrays *arrays, const char *array, const char *block) {
  int64_t n = 0;
  const double *xy = figure_row(arrays, array, &n);
  n = xy ? n / 2 : 0;
  text_add(s, "$%s << END\n", block);
  for (int64_t i = 0; i < n; i++) {
    gnuplot_number(s, xy[2 * i]);
    text_add(s, " ");
    gnuplot_number(s, xy[2 * i + 1]);
    text_add(s, "\n");
  }
  text_add(s, "END\n");
  return n;
}

/* Too flat to be drawn with equal scales on both axes. */
static double aspect(const struct field *f) {
  return (f->beta[f->grid - 1] - f->beta[0]) * f->height / ((f->alpha[f->grid - 1] - f->alpha[0]) * f->width);
}
static int is_flat(const struct field *f) { return aspect(f) < .4; }

static void add_plot(struct text *s, const struct field *f, const struct arrays *arrays, const json_t *through) {
  double x0 = f->alpha[0] * f->width, x1 = f->alpha[f->grid - 1] * f->width;
  double y0 = f->beta[0] * f->height, y1 = f->beta[f->grid - 1] * f->height;
  int64_t corners = add_points(s, arrays, "corner_coordinates", "corners");
  int64_t curve = add_points(s, arrays, "curve_coordinates", "curve");
  text_add(s, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nunset grid\n%s", x0, x1, y0, y1,
           is_flat(f) ? "" : "set size ratio -1\n");
  text_add(s, "set style textbox opaque fillcolor '#ffffff' noborder margins 0.5,0.3\n");
  for (int64_t i = 0; i < corners && i < 3; i++) {
    int64_t n;
    const double *xy = figure_row(arrays, "corner_coordinates", &n);
    const char *name = json_string_value(json_array_get(through, (size_t)i));
    text_add(s, "set label ");
    gnuplot_string(s, name ? name : "?");
    text_add(s, " at %.9g,%.9g front boxed offset 0,-1.2 %s textcolor '#222222'\n", xy[2 * i], xy[2 * i + 1],
             i == 0   ? "left"
             : i == 1 ? "right"
                      : "center");
  }
  text_add(s, "plot $field matrix using (%.9g+$1*%.9g):(%.9g+$2*%.9g):3 with image notitle", x0, (x1 - x0) / (SIDE - 1),
           y0, (y1 - y0) / (SIDE - 1));
  if (curve)
    text_add(s, ", $curve using 1:2 with lines linewidth 2.5 linecolor '#ffffff' notitle");
  text_add(s, ", $corners using 1:2 with points pointtype 7 pointsize 1.1 linecolor '#000000' notitle, $corners using "
              "1:2 with points pointtype 7 pointsize 0.8 linecolor '#ffffff' notitle\n");
}

static int add_measure(struct figures *figures, const json_t *stage, const json_t *summary, const struct arrays *arrays,
                       const char *array, const char *title) {
  struct field f = {0};
  struct text s = {0};
  int64_t n = 0, one = 0;
  f.alpha = figure_row(arrays, "alphas", &f.grid);
  f.beta = figure_row(arrays, "betas", &one);
  f.value = figure_row(arrays, array, &n);
  const double *width = figure_row(arrays, "width", &one), *height = figure_row(arrays, "height", &one);
  if (!f.alpha || !f.beta || !f.value || !width || !height || n != f.grid * f.grid || f.grid < 2)
    return STRAIT_OK;
  int64_t gaps = 0;
  for (int64_t i = 0; i < n; i++)
    gaps += !isfinite(f.value[i]);
  if (gaps == n) /* of real targets there is no error */
    return STRAIT_OK;
  f.width = *width;
  f.height = *height;
  int status = find_levels(&f, figures->arena);
  if (status)
    return status;
  char caption[256], what[32];
  snprintf(caption, sizeof caption,
           "%c%s in the plane of three networks (white dots)%s; levels are evenly spaced in the logarithm%s%s.",
           title[0] == 't' ? 'T' : title[0], title + 1,
           json_object_get(summary, "path") ? ", with the path between them" : "",
           is_flat(&f) ? ", and the axes have different scales" : "",
           gaps ? "; blank: next to points where it is not a finite number" : "");
  snprintf(what, sizeof what, "%s", strcmp(array, "tr_loss") == 0 ? "loss" : "error");
  figure_begin(&s, "distance along the first two", "distance from their line");
  add_bands(&s, &f);
  add_palette(&s, &f);
  text_add(&s, "set cblabel ");
  gnuplot_string(&s, title);
  text_add(&s, " offset 1.2,0\n");
  add_plot(&s, &f, arrays, json_object_get(summary, "through"));
  int tall = is_flat(&f) ? 360 : 110 + (int)(450 * fmin(aspect(&f), 1.3));
  return figure_add(figures, stage, what, 620, tall, caption, &s);
}

int draw_plane(const struct shown *shown) {
  struct figures *figures = shown->figures;
  const json_t *stage = shown->stage, *summary = shown->summary;
  const char *file = arena_format(figures->arena, "%s/plane.npz", results_text(stage, "folder"));
  struct arrays *arrays = NULL;
  int status = file ? npz_read_ours(&arrays, file) : error_failure();
  if (!status)
    status = add_measure(figures, stage, summary, arrays, "tr_loss", "train loss");
  if (!status)
    status = add_measure(figures, stage, summary, arrays, "te_err", "test error, %");
  arrays_free(arrays);
  return status;
}
