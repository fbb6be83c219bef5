/* verbs/plane_figures.c: planes as filled contours, their levels evenly spaced in the logarithm, with the three
 * networks and the path, as in figures 1 and 2 of Garipov et al. (2018). Reads plane.npz. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/contours.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

enum { BANDS = 9, FINE = 120 }; /* colours; cells along each side of the finer grid on which contours are found */

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

/* The finer grid, along each side so many times as fine. */
static double *refine(const struct field *f, int64_t times, struct arena *arena) {
  const int64_t side = (f->grid - 1) * times + 1;
  double *fine = arena_alloc(arena, (size_t)(side * side), sizeof *fine);
  for (int64_t x = 0; fine && x < side; x++)
    for (int64_t y = 0; y < side; y++)
      fine[x * side + y] = interpolate(f, (double)x / (double)times, (double)y / (double)times);
  return fine;
}

/* Where a place of the grid, in cells, lies in the plane. */
static void add_place(struct text *s, const struct field *f, double x, double y, double cells) {
  const double *a = f->alpha, *b = f->beta;
  const int64_t last = f->grid - 1;
  text_add(s, "%.6g %.6g\n", (a[0] + (a[last] - a[0]) * x / cells) * f->width,
           (b[0] + (b[last] - b[0]) * y / cells) * f->height);
}

/* The blocks $b0, $b1, ... of contours that are painted one over the other, each of one band; returns how many. */
static int add_contours(struct text *s, const struct field *f, const struct contours *all, int64_t side, int *bands) {
  int blocks = 0;
  for (size_t i = 0; i < all->count; i++) {
    const struct contour *c = &all->contour[i];
    if (i == 0 || c->band != all->contour[i - 1].band) {
      text_add(s, "%s$b%d << END\n", i ? "END\n" : "", blocks);
      bands[blocks++] = c->band;
    } else
      text_add(s, "\n");
    for (size_t k = 0; k <= c->count; k++)
      add_place(s, f, c->x[k % c->count], c->y[k % c->count], (double)side - 1);
  }
  text_add(s, "%s", blocks ? "END\n" : "");
  return blocks;
}

/* Cells with a corner that is not known, row by row: they stay blank. Returns how many there are. */
static int64_t add_blanks(struct text *s, const struct field *f, const double *fine, int64_t side) {
  int64_t blanks = 0;
  text_add(s, "$blank << END\n");
  for (int64_t x = 0; x + 1 < side; x++)
    for (int64_t y = 0; y + 1 < side; y++) {
      const double *at = fine + x * side + y;
      const int64_t from = y;
      while (y + 1 < side && !(isfinite(at[0]) && isfinite(at[1]) && isfinite(at[side]) && isfinite(at[side + 1]))) {
        at++;
        y++;
      }
      if (y == from)
        continue;
      text_add(s, "%s", blanks++ ? "\n" : "");
      for (int k = 0; k < 5; k++)
        add_place(s, f, (double)(x + (k == 1 || k == 2)), (double)(k == 2 || k == 3 ? y : from), (double)side - 1);
    }
  text_add(s, "END\n");
  return blanks;
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

static const char *const colours[] = {"#2c1e4a", "#3b3b7d", "#31688e", "#25858e", "#2aa784",
                                      "#5ec962", "#a5db36", "#e0e04c", "#fbf5c4"};

static int add_field(struct text *s, const struct field *f, struct arena *arena) {
  const int64_t times = (FINE + f->grid - 2) / (f->grid - 1), side = (f->grid - 1) * times + 1;
  const double *fine = refine(f, times, arena);
  double level[BANDS - 1];
  struct contours contours = {0};
  if (!fine)
    return error_failure();
  for (int k = 0; k < BANDS - 1; k++)
    level[k] = log(f->level[k]);
  int status = contours_find(&contours, arena, fine, side, side, level, BANDS - 1);
  int *bands = status ? NULL : arena_alloc(arena, contours.count, sizeof *bands);
  if (bands) {
    const int blocks = add_contours(s, f, &contours, side, bands);
    const int64_t blanks = add_blanks(s, f, fine, side);
    text_add(s, "$all << END\n");
    for (int k = 0; k < 4; k++)
      add_place(s, f, k == 1 || k == 2, k > 1, 1);
    text_add(s, "END\nplot $all using 1:2 with filledcurves closed fillcolor '%s' notitle", colours[0]);
    for (int i = 0; i < blocks; i++)
      text_add(s, ", $b%d using 1:2 with filledcurves closed fillcolor '%s' notitle", i, colours[bands[i]]);
    text_add(s, "%s", blanks ? ", $blank using 1:2 with filledcurves closed fillcolor '#ffffff' notitle" : "");
  }
  contours_free(&contours);
  return bands ? STRAIT_OK : error_failure();
}

static void add_palette(struct text *s, const struct field *f, const char *title) {
  text_add(s, "set palette defined (");
  for (int k = 0; k < BANDS; k++)
    text_add(s, "%s%d '%s'", k ? ", " : "", k, colours[k]);
  text_add(s, ") maxcolors %d\nset cbrange [-0.5:%d.5]\nset cbtics (", BANDS, BANDS - 1);
  for (int k = 0; k < BANDS - 1; k++)
    text_add(s, "%s'%.3g' %d.5", k ? ", " : "", f->level[k], k);
  text_add(s, ") scale 0\nset rmargin 16\nset cblabel ");
  gnuplot_string(s, title);
  text_add(s, " offset 0.5,0\n");
}

static void add_frame(struct text *s, const struct field *f, const struct arrays *arrays, const char *const names[3]) {
  const double x0 = f->alpha[0] * f->width, x1 = f->alpha[f->grid - 1] * f->width;
  const double y0 = f->beta[0] * f->height, y1 = f->beta[f->grid - 1] * f->height;
  int64_t corners = add_points(s, arrays, "corner_coordinates", "corners");
  text_add(s, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nunset grid\n%s", x0, x1, y0, y1,
           is_flat(f) ? "" : "set size ratio -1\n");
  text_add(s,
           "set style fill solid 1 noborder\nset style textbox opaque fillcolor '#ffffff' noborder margins 0.5,0.3\n");
  for (int64_t i = 0; i < corners && i < 3; i++) {
    int64_t n;
    const double *xy = figure_row(arrays, "corner_coordinates", &n);
    const char *side = xy[2 * i] - x0 < .15 * (x1 - x0)   ? "left"
                       : x1 - xy[2 * i] < .15 * (x1 - x0) ? "right"
                                                          : "center";
    text_add(s, "set label ");
    figure_name(s, names[i]);
    text_add(s, " at %.9g,%.9g front boxed offset 0,%s %s textcolor '#222222'\n", xy[2 * i], xy[2 * i + 1],
             xy[2 * i + 1] - y0 < .1 * (y1 - y0) ? "1.2" : "-1.2", side);
  }
}

/* The path and the networks, over the field; the bar of colours is only drawn with something of the palette. */
static void add_marks(struct text *s, int64_t curve) {
  if (curve)
    text_add(s, ", $curve using 1:2 with lines linewidth 2.5 linecolor '#ffffff' notitle");
  text_add(s,
           ", $corners using 1:2:(0) with points pointtype 7 pointsize 0.5 linecolor palette notitle, $corners using "
           "1:2 with points pointtype 7 pointsize 1.1 linecolor '#000000' notitle, $corners using 1:2 with points "
           "pointtype 7 pointsize 0.8 linecolor '#ffffff' notitle\n");
}

struct sheet_of {
  struct figures *figures;
  const json_t *stage, *summary;
  const struct arrays *arrays;
  const char *names[3];
};

static int add_measure(const struct sheet_of *sheet, const char *what, const char *array, const char *title,
                       const char *split) {
  struct figures *figures = sheet->figures;
  const struct arrays *arrays = sheet->arrays;
  const json_t *summary = sheet->summary;
  const char *name = results_text(sheet->stage, "name");
  struct field f = {0};
  struct text s = {0};
  int64_t n = 0, one = 0, gaps = 0;
  f.alpha = figure_row(arrays, "alphas", &f.grid);
  f.beta = figure_row(arrays, "betas", &one);
  f.value = figure_row(arrays, array, &n);
  const double *width = figure_row(arrays, "width", &one), *height = figure_row(arrays, "height", &one);
  if (!f.alpha || !f.beta || !f.value || !width || !height || n != f.grid * f.grid || f.grid < 2)
    return STRAIT_OK;
  for (int64_t i = 0; i < n; i++)
    gaps += !isfinite(f.value[i]);
  if (gaps == n) /* of real targets there is no error */
    return STRAIT_OK;
  f.width = *width;
  f.height = *height;
  if (find_levels(&f, figures->arena))
    return error_failure();
  const double samples = results_value(json_object_get(json_object_get(summary, "splits"), split), "samples");
  const char *head = figure_title(figures, name, title, split, samples);
  const char *bar = arena_format(figures->arena, "%s (log)", title);
  const char *caption = arena_format(
      figures->arena,
      "%s: %s of %.0f %s samples in the plane of three networks (white dots)%s; levels are evenly spaced in the "
      "logarithm%s%s.",
      name, title, samples, split, json_object_get(summary, "path") ? ", with the path between them" : "",
      is_flat(&f) ? ", and the axes have different scales" : "",
      gaps ? "; blank: next to points where it is not a finite number" : "");
  if (!head || !bar || !caption)
    return error_failure();
  figure_begin(&s, head, "distance along the first two", "distance from their line");
  add_palette(&s, &f, bar);
  add_frame(&s, &f, arrays, sheet->names);
  const int64_t curve = add_points(&s, arrays, "curve_coordinates", "curve");
  int status = add_field(&s, &f, figures->arena);
  if (status) {
    text_free(&s);
    return status;
  }
  add_marks(&s, curve);
  int tall = is_flat(&f) ? 380 : 130 + (int)(430 * fmin(aspect(&f), 1.3));
  return figure_add(figures, sheet->stage, what, 620, tall, caption, &s);
}

int draw_plane(const struct shown *shown) {
  struct sheet_of sheet = {.figures = shown->figures, .stage = shown->stage, .summary = shown->summary};
  const char *file = arena_format(shown->figures->arena, "%s/plane.npz", results_text(shown->stage, "folder"));
  struct arrays *arrays = NULL;
  int status = file ? npz_read_ours(&arrays, file) : error_failure();
  sheet.arrays = arrays;
  if (!status)
    status = plane_names(shown, shown->figures->arena, sheet.names);
  if (!status)
    status = add_measure(&sheet, "loss", "tr_loss", "train loss", "train");
  if (!status)
    status = add_measure(&sheet, "error", "te_err", "test error, %", "test");
  arrays_free(arrays);
  return status;
}
