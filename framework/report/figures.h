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
  const char *caption; /* one or two sentences */
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
/* What all scripts begin with; the colour of the i-th line, as "#0072b2". */
void figure_begin(struct text *script, const char *x, const char *y);
const char *figure_colour(size_t i);
/* A log axis from low to high with ticks at 1, 2 and 5 times powers of ten: fewer leave a short axis without any. */
void figure_log_axis(struct text *script, double low, double high);
/* A row of doubles in a file, *count long; NULL where there is none. */
const double *figure_row(const struct arrays *arrays, const char *name, int64_t *count);
/* A row of a data block: x, mean and error (0: it has none) of a figure; and the plot of `count` such blocks $l0, $l1,
 * ... as lines with error bars. */
void figure_mean(struct text *script, double x, const json_t *figure);
void figure_bars(struct text *script, const char *const *names, size_t count);

#endif
