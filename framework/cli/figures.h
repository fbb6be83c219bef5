/* cli/figures.h: the figures of a run, as scripts for gnuplot, from its results' files. */
#ifndef CLI_FIGURES_H
#define CLI_FIGURES_H

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
/* All figures of a run. The folder's files are those of its results. */
int figures_make(const json_t *results, struct figures *figures);
void figures_free(struct figures *figures); /* zeroed: nothing */

/* For the files that make them. */
int figure_add(struct figures *figures, const json_t *stage, const char *what, int width, int height,
               const char *caption, struct text *script); /* takes the script over */
int figures_of_scan(struct figures *figures, const json_t *stage, const json_t *summary);
int figures_of_plane(struct figures *figures, const json_t *stage, const json_t *summary);
int figures_of_ensemble(struct figures *figures, const json_t *stage, const json_t *summary);
int figures_of_compare(struct figures *figures, const json_t *stage, const json_t *summary);
int figures_of_sweep(struct figures *figures, const json_t *stage, const json_t *summary);

/* What all scripts begin with; the colour of the i-th line, as "#0072b2". */
void figure_begin(struct text *script, const char *x, const char *y);
const char *figure_colour(size_t i);
/* A log axis from low to high with ticks at 1, 2 and 5 times powers of ten: fewer leave a short axis without any. */
void figure_log_axis(struct text *script, double low, double high);
/* A row of doubles in a file, *count long; NULL where there is none. */
const double *figure_row(const struct arrays *arrays, const char *name, int64_t *count);

#endif
