/* report/figures.h: the figures of a run, as scripts for gnuplot, from its results' files. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <jansson.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/arrays.h"

struct figure {
  const char *stage;   /* whose it is */
  const char *name;    /* "compare-nll": of its files */
  const char *caption; /* one or two sentences, its stage first */
  const char *script;
  int width, height; /* in 1/96 inch */
};
struct figures {
  struct arena *arena;
  struct figure *figure;
  size_t count, capacity;
};
int figures_create(struct figures *figures);
void figures_free(struct figures *figures); /* zeroed: nothing */

int figure_add(struct figures *figures, const json_t *stage, const char *what, int width, int height,
               const char *caption, struct text *script); /* takes the script over */
/* What all scripts begin with; the title is from figure_title, or "" where the figure sets its own. */
void figure_begin(struct text *script, const char *title, const char *x, const char *y);
/* "STAGE: TITLE" in the figures' arena, with the samples it was measured on where they are known (not NaN). */
const char *figure_title(struct figures *figures, const char *stage, const char *title, const char *split,
                         double samples);

/* The colour of the i-th line, as "#0072b2"; no two are alike. And the whole style, with its dashes. */
const char *figure_colour(size_t i, char colour[8]);
void figure_line(struct text *script, size_t i);
/* The name of a line or point in quotation marks, its middle left out where it is long. */
void figure_name(struct text *script, const char *name);
/* The legend above the plot, for names of at most `longest` characters; returns the height to add to a figure of this
 * width so that the plot keeps its own. */
int figure_key(struct text *script, size_t count, size_t longest, int width);
size_t figure_longest(const char *const *names, size_t count);

/* A log axis, x or y, from low to high, with ticks at 1, 2 and 5 times powers of ten, or where these are few at even
 * steps. */
void figure_log_axis(struct text *script, char axis, double low, double high);
/* An axis from low to high with some room. */
void figure_axis(struct text *script, char axis, double low, double high);
/* An axis of names, at 0, 1, ...; slanted where they are long. */
void figure_places(struct text *script, char axis, const char *const *names, size_t count);
/* Makes a range of errors, in per cent, at least FIGURE_SPAN standard errors wide, that of a share of `samples`: what
 * is chance must not fill the axis. */
#define FIGURE_SPAN 8
void figure_widen(double *low, double *high, double samples);

/* A row of doubles in a file, *count long; NULL where there is none. */
const double *figure_row(const struct arrays *arrays, const char *name, int64_t *count);
/* The block $name of a curve y[0], y[1] ... at x, x + step, ...: all of its points, or where they are more than a
 * figure can show the least and the most of each stretch. */
void figure_trace(struct text *script, const char *name, double x, double step, const double *y, int64_t count);
/* A row of a data block: x, mean and error (0: it has none) of a figure; and the plot of `count` such blocks $l0, $l1,
 * ... as points with error bars, joined by lines where joined. */
void figure_mean(struct text *script, double x, const json_t *figure);
void figure_bars(struct text *script, const char *const *names, size_t count, int joined);

#endif
