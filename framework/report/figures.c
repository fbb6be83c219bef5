/* report/figures.c: what all figures share. */
#include "report/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/gnuplot.h"
#include "report/results.h"

#define LONGEST_NAME 56  /* characters of a name in a legend */
#define MOST_POINTS 2000 /* of a curve: more than its pixels */

/* --- colours and legends --- */

/* Colours that the colour-blind tell apart (Okabe and Ito); beyond these, hues a golden section apart, in three
 * lightnesses. */
const char *figure_colour(size_t i, char colour[8]) {
  static const char *const known[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000", "#8c6d31"};
  static const double lightness[] = {.36, .5, .66};
  const size_t count = sizeof known / sizeof *known;
  if (i < count) {
    snprintf(colour, 8, "%s", known[i]);
    return colour;
  }
  int rgb[3];
  double hue = fmod((double)i * .6180339887498949, 1), light = lightness[i % 3], reach = .75 * fmin(light, 1 - light);
  for (int k = 0; k < 3; k++) { /* from HSL: red, green, blue at 0, 8 and 4 twelfths of the circle */
    double at = fmod((k == 0 ? 0 : k == 1 ? 8 : 4) + hue * 12, 12);
    rgb[k] = (int)lround(255 * (light - reach * fmax(-1, fmin(fmin(at - 3, 9 - at), 1))));
  }
  snprintf(colour, 8, "#%02x%02x%02x", (unsigned)rgb[0] & 255, (unsigned)rgb[1] & 255, (unsigned)rgb[2] & 255);
  return colour;
}

void figure_line(struct text *s, size_t i) {
  static const int dashes[] = {1, 2, 4, 5};
  char colour[8];
  text_add(s, "linecolor '%s' dashtype %d", figure_colour(i, colour), dashes[i / 8 % (sizeof dashes / sizeof *dashes)]);
}

static size_t characters(const char *text) {
  size_t n = 0;
  for (; *text; text++)
    n += ((unsigned char)*text & 0xc0) != 0x80;
  return n;
}

void figure_name(struct text *s, const char *name) {
  struct text cut = {0};
  const size_t n = characters(name), head = LONGEST_NAME / 2, tail = n - (LONGEST_NAME - head - 1);
  size_t at = 0;
  int inside = 0;
  for (const char *c = name; n > LONGEST_NAME && *c; c++) {
    at += ((unsigned char)*c & 0xc0) != 0x80;
    if (at <= head || at > tail)
      text_add_n(&cut, c, 1);
    else if (!inside++)
      text_add(&cut, "…");
  }
  gnuplot_string(s, cut.data ? cut.data : name);
  text_free(&cut);
}

size_t figure_longest(const char *const *names, size_t count) {
  size_t longest = 1;
  for (size_t i = 0; i < count; i++)
    longest = characters(names[i]) > longest ? characters(names[i]) : longest;
  return longest < LONGEST_NAME ? longest : LONGEST_NAME;
}

int figure_key(struct text *s, size_t count, size_t longest, int width) {
  size_t columns = (size_t)((width - 90) / (7.4 * (double)longest + 44)), rows;
  columns = columns < 1 ? 1 : columns < count ? columns : count;
  rows = (count + columns - 1) / columns;
  text_add(s, "set key top center outside horizontal maxcols %zu maxrows %zu samplen 2 width 0\n", columns, rows);
  return rows > 1 ? (int)(rows - 1) * 18 : 0;
}

/* --- axes --- */

void figure_begin(struct text *script, const char *title, const char *x, const char *y) {
  text_add(script, "set encoding utf8\nset border 3 linecolor '#444444'\nset tics nomirror textcolor '#222222'\n"
                   "set grid linecolor '#dddddd' linetype 1 linewidth 0.7\nset key top center outside horizontal "
                   "samplen 2 width 1\n"
                   "set format '%%g'\n");
  if (*title) {
    text_add(script, "set title ");
    gnuplot_string(script, title);
    text_add(script, " offset 0,-0.3\n");
  }
  text_add(script, "set xlabel ");
  gnuplot_string(script, x);
  text_add(script, "\nset ylabel ");
  gnuplot_string(script, y);
  text_add(script, "\n");
}

const char *figure_title(struct figures *f, const char *stage, const char *title, const char *split, double samples) {
  if (isnan(samples))
    return arena_format(f->arena, "%s: %s", stage, title);
  return arena_format(f->arena, "%s: %s (%.0f %s samples)", stage, title, samples, split);
}

/* 1, 2 and 5 times powers of ten; 0: fewer than three of them are on the axis. */
static int add_decades(struct text *s, double low, double high) {
  static const int steps[] = {1, 2, 5};
  const int coarse = high / low > 1e3; /* then powers of ten are enough */
  struct text ticks = {0};
  int count = 0;
  for (int power = (int)floor(log10(low)) - 1; power <= (int)ceil(log10(high)); power++)
    for (int k = 0; k < (coarse ? 1 : 3); k++) {
      const double tick = steps[k] * pow(10, power);
      if (tick >= low && tick <= high)
        text_add(&ticks, "%s%g", count++ ? ", " : "", tick);
    }
  if (count > 2)
    text_add(s, "%s", ticks.data);
  text_free(&ticks);
  return count > 2;
}

static void add_even(struct text *s, double low, double high) {
  static const int steps[] = {1, 2, 5};
  const double power = pow(10, floor(log10((high - low) / 4)));
  double step = 10 * power;
  for (int k = 2; k >= 0; k--)
    step = steps[k] * power >= (high - low) / 5 ? steps[k] * power : step;
  int count = 0;
  for (double tick = ceil(low / step); tick * step <= high; tick++)
    text_add(s, "%s%g", count++ ? ", " : "", tick * step);
}

void figure_log_axis(struct text *script, char axis, double low, double high) {
  low /= 1.15;
  high *= 1.15;
  text_add(script, "set logscale %c\nset %crange [%.9g:%.9g]\nset %ctics (", axis, axis, low, high, axis);
  if (!add_decades(script, low, high))
    add_even(script, low, high);
  text_add(script, ")\n");
}

void figure_axis(struct text *script, char axis, double low, double high) {
  double room = high > low ? .05 * (high - low) : .5 * fmax(fabs(high), 1e-3);
  text_add(script, "set %crange [%.9g:%.9g]\n", axis, low - room, high + room);
}

void figure_places(struct text *s, char axis, const char *const *names, size_t count) {
  const int slanted = axis == 'x' && figure_longest(names, count) * count > 64;
  text_add(s, "set %crange [-0.5:%zu.5]\nset %ctics %s(", axis, count - 1, axis, slanted ? "rotate by -25 " : "");
  for (size_t i = 0; i < count; i++) {
    text_add(s, "%s", i ? ", " : "");
    figure_name(s, names[i]);
    text_add(s, " %zu", i);
  }
  text_add(s, ")\n");
}

void figure_widen(double *low, double *high, double samples) {
  if (!isfinite(*low) || !isfinite(*high) || !(samples > 0))
    return;
  /* the share of one wrong sample at least: none wrong has no standard error */
  double middle = (*low + *high) / 2, share = fmin(fmax(middle / 100, 1 / samples), 1 - .5 / samples);
  double least = FIGURE_SPAN * 100 * sqrt(share * (1 - share) / samples);
  if (*high - *low >= least)
    return;
  *low = fmax(0, middle - least / 2);
  *high = *low + least;
}

/* --- data --- */

const double *figure_row(const struct arrays *arrays, const char *name, int64_t *count) {
  const struct array *array = arrays_find(arrays, name);
  if (!array || array->type != STRAIT_F64)
    return NULL;
  *count = array_count(array);
  return array->data;
}

static void add_point(struct text *s, double x, double y) {
  gnuplot_number(s, x);
  text_add(s, " ");
  gnuplot_number(s, y);
  text_add(s, "\n");
}

void figure_trace(struct text *s, const char *name, double x, double step, const double *y, int64_t count) {
  const int64_t stretch = count > MOST_POINTS ? (2 * count + MOST_POINTS - 1) / MOST_POINTS : 1;
  text_add(s, "$%s << END\n", name);
  for (int64_t i = 0; i < count; i += stretch) {
    int64_t least = i, most = i;
    for (int64_t k = i; k < count && k < i + stretch; k++) {
      least = y[k] < y[least] ? k : least;
      most = y[k] > y[most] ? k : most;
    }
    int64_t first = least < most ? least : most, second = least < most ? most : least;
    add_point(s, x + step * (double)first, y[first]);
    if (second != first)
      add_point(s, x + step * (double)second, y[second]);
  }
  if (stretch > 1 && count)
    add_point(s, x + step * (double)(count - 1), y[count - 1]);
  text_add(s, "END\n");
}

void figure_mean(struct text *s, double x, const json_t *figure) {
  double se = results_value(figure, "se");
  gnuplot_number(s, x);
  text_add(s, " ");
  gnuplot_number(s, results_value(figure, "mean"));
  text_add(s, " ");
  gnuplot_number(s, isnan(se) ? 0 : se);
  text_add(s, "\n");
}

void figure_bars(struct text *s, const char *const *names, size_t count, int joined) {
  static const int marks[] = {7, 5, 9, 11, 13, 6, 4, 8, 10, 12};
  char colour[8];
  for (size_t i = 0; i < count; i++) {
    text_add(s, "%s$l%zu using 1:2:3 with yerrorbars linewidth 1.5 pointtype %d pointsize 0.9 linecolor '%s' notitle",
             i ? ", " : "plot ", i, marks[i % (sizeof marks / sizeof *marks)], figure_colour(i, colour));
    if (joined) {
      text_add(s, ", $l%zu using 1:2 with lines linewidth 1.5 ", i);
      figure_line(s, i);
      text_add(s, " title ");
      figure_name(s, names[i]);
    }
  }
  text_add(s, "\n");
}

int figure_add(struct figures *f, const json_t *stage, const char *what, int width, int height, const char *caption,
               struct text *script) {
  const char *name = results_text(stage, "name");
  int status = script->status ? script->status : memory_grow(&f->figure, &f->capacity, f->count + 1, sizeof *f->figure);
  struct figure figure = {.stage = arena_copy(f->arena, name),
                          .name = arena_format(f->arena, "%s-%s", name, what),
                          .caption = caption ? arena_copy(f->arena, caption) : NULL,
                          .script = script->data ? arena_copy(f->arena, script->data) : NULL,
                          .width = width,
                          .height = height};
  text_free(script);
  if (status)
    return status;
  f->figure[f->count++] = figure;
  return figure.stage && figure.name && figure.caption && figure.script ? STRAIT_OK : error_failure();
}

int figures_create(struct figures *f) {
  *f = (struct figures){.arena = arena_create()};
  return f->arena ? STRAIT_OK : error_failure();
}

void figures_free(struct figures *f) {
  memory_free(f->figure);
  arena_free(f->arena);
  *f = (struct figures){0};
}
