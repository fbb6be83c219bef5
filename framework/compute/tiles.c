/* compute/tiles.c: one source of register tiles, compiled once for each kernel set (see compute/kernels.c). A tile is
 * up to TALL rows by two vectors, or 2*TALL rows by one: enough independent sums to hide the latency of multiply-add.
 */
#include "compute/tiles.h"
#include "compute/vectors.h"

#if defined(__AVX512F__)
#define TALL 8 /* 16 of 32 registers hold sums */
#else
#define TALL 4 /* 8 of 16 */
#endif
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

/* ---- slide ---- */

/* One row of the panel times one number of each of the tile's rows. Rows are reached from every third one's pointer, so
 * that all addresses fit the registers: pointer, pointer + step, pointer + 2*step. */
INLINE void slide_row(vec sum[][2], const int rows, const int vectors, const float *const *third, int64_t step, int l,
                      const float *b) {
  vec column[2];
  UNROLL for (int v = 0; v < vectors; v++) memcpy(&column[v], b + v * WIDTH, sizeof(vec));
  UNROLL for (int i = 0; i < rows; i++) {
    const vec x = splat(third[i / 3][i % 3 * step + l]);
    UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = multiply_add(x, column[v], sum[i][v]);
  }
}

INLINE void slide_tile(const struct slide *s, const int rows, const int vectors, int64_t i0) {
  vec sum[2 * TALL][2];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = (vec){0};
  const int64_t step = s->a_step, panel_step = s->panel_step, length = s->length;
  for (int64_t r = 0; r < s->runs; r++) {
    const float *b = s->panel + s->row[r] * panel_step, *third[6];
    UNROLL for (int i = 0; i < (rows + 2) / 3; i++) third[i] = s->a + s->from[r] + (i0 + 3 * i) * step;
    int64_t l = 0;
    for (; l + 4 <= length; l += 4, b += 4 * panel_step) {
      slide_row(sum, rows, vectors, third, step, 0, b);
      slide_row(sum, rows, vectors, third, step, 1, b + panel_step);
      slide_row(sum, rows, vectors, third, step, 2, b + 2 * panel_step);
      slide_row(sum, rows, vectors, third, step, 3, b + 3 * panel_step);
      UNROLL for (int i = 0; i < (rows + 2) / 3; i++) third[i] += 4;
    }
    for (; l < length; l++, b += panel_step) {
      slide_row(sum, rows, vectors, third, step, 0, b);
      UNROLL for (int i = 0; i < (rows + 2) / 3; i++) third[i]++;
    }
  }
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vectors; v++) {
    const int64_t left = s->columns - v * WIDTH;
    float *y = s->y + (i0 + i) * s->y_step + v * WIDTH;
    if (left <= 0)
      continue;
    vec out = sum[i][v];
    if (s->bias)
      out += load(s->bias + v * WIDTH, left);
    if (s->add)
      out += load(s->add + (i0 + i) * s->y_step + v * WIDTH, left);
    if (s->relu)
      out = positive(out);
    store(y, out, left);
  }
}

static void slide(const struct slide *s) {
  int64_t i = 0;
  if (s->columns > WIDTH) {
    for (; i + TALL <= s->rows; i += TALL)
      slide_tile(s, TALL, 2, i);
#if TALL > 4
    for (; i + 4 <= s->rows; i += 4)
      slide_tile(s, 4, 2, i);
#endif
    for (; i + 2 <= s->rows; i += 2)
      slide_tile(s, 2, 2, i);
    for (; i < s->rows; i++)
      slide_tile(s, 1, 2, i);
  } else {
    for (; i + 2 * TALL <= s->rows; i += 2 * TALL)
      slide_tile(s, 2 * TALL, 1, i);
    for (; i + 4 <= s->rows; i += 4)
      slide_tile(s, 4, 1, i);
    for (; i < s->rows; i++)
      slide_tile(s, 1, 1, i);
  }
}

/* ---- outer ---- */

INLINE void outer_tile(const struct outer *o, const int rows, const int vectors, const int whole, int64_t i0,
                       int64_t j0) {
  const int64_t left = whole ? vectors * WIDTH : o->columns - j0;
  float *y = o->y + i0 * o->y_step + j0;
  vec sum[2 * TALL][2];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vectors; v++) sum[i][v] =
      o->accumulate ? load(y + i * o->y_step + v * WIDTH, left - v * WIDTH) : (vec){0};
  const int64_t points = o->count[2], a_step = o->a_step[2], b_step = o->b_step[2];
  for (int64_t p = 0; p < o->count[0]; p++)
    for (int64_t q = 0; q < o->count[1]; q++) {
      const float *a = o->a + p * o->a_step[0] + q * o->a_step[1] + i0;
      const float *b = o->b + p * o->b_step[0] + q * o->b_step[1] + j0;
      for (int64_t r = 0; r < points; r++, a += a_step, b += b_step) {
        vec column[2];
        UNROLL for (int v = 0; v < vectors; v++) column[v] = load(b + v * WIDTH, left - v * WIDTH);
        UNROLL for (int i = 0; i < rows; i++) {
          const vec x = splat(a[i]);
          UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = multiply_add(x, column[v], sum[i][v]);
        }
      }
    }
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int v = 0; v < vectors; v++)
      store(y + i * o->y_step + v * WIDTH, sum[i][v], left - v * WIDTH);
}

INLINE void outer_columns(const struct outer *o, const int vectors, const int whole, int64_t j) {
  const int tall = vectors == 2 ? TALL : 2 * TALL;
  int64_t i = 0;
  for (; i + tall <= o->rows; i += tall)
    outer_tile(o, tall, vectors, whole, i, j);
  for (; i + 2 <= o->rows; i += 2)
    outer_tile(o, 2, vectors, whole, i, j);
  for (; i < o->rows; i++)
    outer_tile(o, 1, vectors, whole, i, j);
}

static void outer(const struct outer *o) {
  int64_t j = 0;
  for (; j + 2 * WIDTH <= o->columns; j += 2 * WIDTH)
    outer_columns(o, 2, 1, j);
  if (o->columns - j > WIDTH)
    outer_columns(o, 2, 0, j);
  else if (o->columns - j == WIDTH)
    outer_columns(o, 1, 1, j);
  else if (o->columns > j)
    outer_columns(o, 1, 0, j);
}

#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

const struct tiles JOIN(tiles_, KERNELS) = {.width = WIDTH, .slide = slide, .outer = outer};
