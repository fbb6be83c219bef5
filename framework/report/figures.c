/* report/figures.c: what all figures share. */
#include "report/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/gnuplot.h"
#include "report/results.h"

/* Colours that the colour-blind tell apart (Okabe and Ito). */
const char *figure_colour(size_t i) {
  static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                        "#e69f00", "#56b4e9", "#000000", "#8c6d31"};
  return colours[i % (sizeof colours / sizeof *colours)];
}

void figure_begin(struct text *script, const char *x, const char *y) {
  text_add(script, "set encoding utf8\nset border 3 linecolor '#444444'\nset tics nomirror textcolor '#222222'\n"
                   "set grid linecolor '#dddddd' linetype 1 linewidth 0.7\nset key top center outside horizontal "
                   "maxrows 3 samplen 2 width 1\n"
                   "set format y '%%g'\nset xlabel ");
  gnuplot_string(script, x);
  text_add(script, "\nset ylabel ");
  gnuplot_string(script, y);
  text_add(script, "\n");
}

void figure_log_axis(struct text *script, double low, double high) {
  static const int steps[] = {1, 2, 5};
  const int coarse = high / low > 1e3; /* then powers of ten are enough */
  const char *before = "";
  text_add(script, "set logscale y\nset yrange [%.9g:%.9g]\nset ytics (", low / 1.15, high * 1.15);
  for (int power = (int)floor(log10(low)) - 1; power <= (int)ceil(log10(high)); power++)
    for (int k = 0; k < (coarse ? 1 : 3); k++) {
      double tick = steps[k] * pow(10, power);
      if (tick < low / 1.15 || tick > high * 1.15)
        continue;
      text_add(script, "%s%g", before, tick);
      before = ", ";
    }
  text_add(script, ")\n");
}

const double *figure_row(const struct arrays *arrays, const char *name, int64_t *count) {
  const struct array *array = arrays_find(arrays, name);
  if (!array || array->type != STRAIT_F64)
    return NULL;
  *count = array_count(array);
  return array->data;
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

void figure_bars(struct text *s, const char *const *names, size_t count) {
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

int figure_add(struct figures *f, const json_t *stage, const char *what, int width, int height, const char *caption,
               struct text *script) {
  const char *name = results_text(stage, "name");
  int status = script->status ? script->status : memory_grow(&f->figure, &f->capacity, f->count + 1, sizeof *f->figure);
  struct figure figure = {.stage = arena_copy(f->arena, name),
                          .name = arena_format(f->arena, "%s-%s", name, what),
                          .caption = arena_copy(f->arena, caption),
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
