/* compute/tiles.h: matrix products on tiles of registers, compiled for each kernel set as compute/kernels.h is.
 *
 * Both forms read their left operand where it lies, one number at a time, and their right operand by whole vectors; the
 * sums stay in registers. An element's value depends on the order of its own sum only, not on the tile it is in. */
#ifndef COMPUTE_TILES_H
#define COMPUTE_TILES_H

#include <stdint.h>

/* y[i][j] = sum over runs r and l < length of a[from[r] + i*a_step + l] * panel[(row[r] + l)*panel_step + j], for i <
 * rows and j < columns. A run is a stretch of memory that lies under a kernel's row. columns is at most twice the
 * vectors' width; the panel's rows are readable to a whole number of vectors. Then y += bias, y += add,
 * max(0, y) if relu. */
struct slide {
  int64_t runs, length;
  const int64_t *from, *row;
  const float *a;
  int64_t a_step;
  const float *panel;
  int64_t panel_step;
  int64_t rows, columns;
  float *y;
  int64_t y_step;
  const float *bias, *add; /* NULL: none. add: laid out as y, and may be y: the old one */
  int relu;
};

/* y[i][j] (+)= sum over the points (p, q, r) of a[p*a_step[0] + q*a_step[1] + r*a_step[2] + i] * b[... + j], i < rows,
 * j < columns, both of any size. */
struct outer {
  int64_t count[3];
  const float *a, *b;
  int64_t a_step[3], b_step[3];
  int64_t rows, columns;
  float *y;
  int64_t y_step;
  int accumulate;
};

struct tiles {
  int64_t width; /* floats in a vector */
  void (*slide)(const struct slide *s);
  void (*outer)(const struct outer *o);
};
extern const struct tiles tiles_portable, tiles_avx2, tiles_avx512;

/* The panels that `columns` columns make: all of two vectors but the last, which is one where that is enough. */
static inline int64_t tiles_panels(const struct tiles *t, int64_t columns) {
  return (columns + 2 * t->width - 1) / (2 * t->width);
}
static inline int64_t tiles_lanes(const struct tiles *t, int64_t columns) { /* of a panel that has this many left */
  return columns <= t->width ? t->width : 2 * t->width;
}
/* Words of all panels with `length` rows. */
static inline int64_t tiles_words(const struct tiles *t, int64_t columns, int64_t length) {
  const int64_t full = columns / (2 * t->width), rest = columns - full * 2 * t->width;
  return length * (full * 2 * t->width + (rest ? tiles_lanes(t, rest) : 0));
}

#endif
