/* report/contours.h: the contours of values on a grid, as closed lines, which any version of gnuplot fills as vectors.
 */
#ifndef REPORT_CONTOURS_H
#define REPORT_CONTOURS_H

#include "base/memory.h"

/* A closed line, in coordinates of the grid. */
struct contour {
  int band;    /* of the colour inside it: how many levels the values there reach */
  double area; /* enclosed */
  double *x, *y;
  size_t count; /* points; the last is joined to the first */
};
struct contours {
  struct contour *contour; /* from the largest to the smallest: painted in this order, each over those before */
  size_t count, capacity;
};
/* value[i * height + j] at (i, j), interpolated linearly along the grid's lines; NaN: nothing is known, lower than all.
 * levels: ascending. Where no level is reached there is no contour: paint the whole as band 0 first. */
int contours_find(struct contours *contours, struct arena *arena, const double *value, int64_t width, int64_t height,
                  const double *level, int levels);
void contours_free(struct contours *contours); /* zeroed: nothing */

#endif
