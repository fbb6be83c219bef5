/* compute/winograd.c: the transforms of compute/winograd.h, one source compiled for each kernel set (see
 * compute/kernels.c).
 *
 * The polynomials are evaluated at 0, +-P, +-Q and infinity. The matrices follow from that (Toom and Cook): with
 * M(x) = x (x^2 - P^2) (x^2 - Q^2), row p of B^T has the coefficients of M(x) / (x - p), row p of G is (1, p, p^2) over
 * the product of p's differences from the other points, column p of A^T is (1, p, p^2, p^3). With
 * these points errors are half of those with the usual 1 and 2. */
#include "compute/vectors.h"
#include "compute/winograd.h"

#define P 0.625f
#define Q 1.5f
#define P2 (P * P)
#define Q2 (Q * Q)
#define N0 (1 / (P2 * Q2))
#define NP (1 / (2 * P2 * (P2 - Q2)))
#define NQ (1 / (2 * Q2 * (Q2 - P2)))

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")
enum { TILE = WINOGRAD_TILE, PATCH = WINOGRAD_PATCH, KERNEL = 3, TAPS = 9 };

/* ---- one dimension ---- */

/* B^T d */
INLINE void patch_line(const vec d[PATCH], vec v[PATCH]) {
  const vec p_even = multiply_add(splat(-Q2), d[2], d[4]), p_odd = multiply_add(splat(-Q2), d[1], d[3]);
  const vec q_even = multiply_add(splat(-P2), d[2], d[4]), q_odd = multiply_add(splat(-P2), d[1], d[3]);
  v[0] = multiply_add(splat(P2 * Q2), d[0], multiply_add(splat(-(P2 + Q2)), d[2], d[4]));
  v[1] = multiply_add(splat(P), p_odd, p_even);
  v[2] = multiply_add(splat(-P), p_odd, p_even);
  v[3] = multiply_add(splat(Q), q_odd, q_even);
  v[4] = multiply_add(splat(-Q), q_odd, q_even);
  v[5] = multiply_add(splat(P2 * Q2), d[1], multiply_add(splat(-(P2 + Q2)), d[3], d[5]));
}

/* A^T m */
INLINE void tile_line(const vec m[PATCH], vec y[TILE]) {
  const vec p_sum = m[1] + m[2], p_difference = m[1] - m[2], q_sum = m[3] + m[4], q_difference = m[3] - m[4];
  y[0] = m[0] + p_sum + q_sum;
  y[1] = multiply_add(splat(P), p_difference, Q * q_difference);
  y[2] = multiply_add(splat(P2), p_sum, Q2 * q_sum);
  y[3] = multiply_add(splat(P * P2), p_difference, multiply_add(splat(Q * Q2), q_difference, m[5]));
}

/* A y */
INLINE void tile_gradient_line(const vec y[TILE], vec m[PATCH]) {
  const vec p_even = multiply_add(splat(P2), y[2], y[0]), p_odd = multiply_add(splat(P2), y[3], y[1]);
  const vec q_even = multiply_add(splat(Q2), y[2], y[0]), q_odd = multiply_add(splat(Q2), y[3], y[1]);
  m[0] = y[0];
  m[1] = multiply_add(splat(P), p_odd, p_even);
  m[2] = multiply_add(splat(-P), p_odd, p_even);
  m[3] = multiply_add(splat(Q), q_odd, q_even);
  m[4] = multiply_add(splat(-Q), q_odd, q_even);
  m[5] = y[3];
}

/* G g */
INLINE void kernel_line(const vec g[KERNEL], vec u[PATCH]) {
  const vec p_even = multiply_add(splat(NP * P2), g[2], NP * g[0]), p_odd = NP * P * g[1];
  const vec q_even = multiply_add(splat(NQ * Q2), g[2], NQ * g[0]), q_odd = NQ * Q * g[1];
  u[0] = N0 * g[0];
  u[1] = p_even + p_odd;
  u[2] = p_even - p_odd;
  u[3] = q_even + q_odd;
  u[4] = q_even - q_odd;
  u[5] = g[2];
}

/* G^T u */
INLINE void kernel_gradient_line(const vec u[PATCH], vec g[KERNEL]) {
  const vec p_sum = u[1] + u[2], p_difference = u[1] - u[2], q_sum = u[3] + u[4], q_difference = u[3] - u[4];
  g[0] = multiply_add(splat(N0), u[0], multiply_add(splat(NP), p_sum, NQ * q_sum));
  g[1] = multiply_add(splat(NP * P), p_difference, NQ * Q * q_difference);
  g[2] = multiply_add(splat(NP * P2), p_sum, multiply_add(splat(NQ * Q2), q_sum, u[5]));
}

/* ---- patches and tiles ---- */

INLINE int inside(const struct winograd_part *part, int r, int c) {
  return r >= part->y0 && r < part->y1 && c >= part->x0 && c < part->x1;
}
/* Number (r, c) of a patch or tile of a map; 0 outside. */
INLINE vec number(const float *x, int64_t line, int64_t pixel, const struct winograd_part *part, int whole, int r,
                  int c, int64_t left) {
  if (!whole && !inside(part, r, c))
    return (vec){0};
  return load(x + r * line + c * pixel, left);
}

INLINE void patch_any(float *v, int64_t step, const float *x, int64_t line, const struct winograd_part *part,
                      int64_t channels, const struct affine *affine, const int whole, const int through) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t left = channels - i;
    vec mean = {0}, factor = {0}, shift = {0};
    if (through) {
      mean = load(affine->mean + i, left);
      factor = load(affine->factor + i, left);
      shift = load(affine->shift + i, left);
    }
    vec t[PATCH][PATCH]; /* rows by points */
    UNROLL for (int r = 0; r < PATCH; r++) {
      vec d[PATCH];
      UNROLL for (int c = 0; c < PATCH; c++) {
        d[c] = number(x + i, line, channels, part, whole, r, c, left);
        if (!through || !(whole || inside(part, r, c))) /* the margin is 0 in what the map makes */
          continue;
        d[c] = multiply_add(d[c] - mean, factor, shift);
        if (through == 2)
          d[c] = positive(d[c]);
      }
      patch_line(d, t[r]);
    }
    UNROLL for (int c = 0; c < PATCH; c++) {
      vec d[PATCH], out[PATCH];
      UNROLL for (int r = 0; r < PATCH; r++) d[r] = t[r][c];
      patch_line(d, out);
      UNROLL for (int r = 0; r < PATCH; r++) store(v + (r * PATCH + c) * step + i, out[r], left);
    }
  }
}

INLINE void patch_through(float *v, int64_t step, const float *x, int64_t line, const struct winograd_part *part,
                          int64_t channels, const struct affine *affine, const int whole) {
  if (!affine->mean)
    patch_any(v, step, x, line, part, channels, affine, whole, 0);
  else if (!affine->relu)
    patch_any(v, step, x, line, part, channels, affine, whole, 1);
  else
    patch_any(v, step, x, line, part, channels, affine, whole, 2);
}

static void patch(float *v, int64_t step, const float *x, int64_t line, const struct winograd_part *part,
                  int64_t channels, const struct affine *affine) {
  if (part->y0 == 0 && part->x0 == 0 && part->y1 == PATCH && part->x1 == PATCH)
    patch_through(v, step, x, line, part, channels, affine, 1);
  else
    patch_through(v, step, x, line, part, channels, affine, 0);
}

static void tile(float *y, int64_t line, const struct winograd_part *part, const float *m, int64_t step,
                 int64_t channels, const float *bias, const float *add, int relu) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t left = channels - i;
    vec t[PATCH][TILE];
    UNROLL for (int r = 0; r < PATCH; r++) {
      vec d[PATCH];
      UNROLL for (int c = 0; c < PATCH; c++) d[c] = load(m + (r * PATCH + c) * step + i, left);
      tile_line(d, t[r]);
    }
    const vec shift = bias ? load(bias + i, left) : (vec){0};
    UNROLL for (int c = 0; c < TILE; c++) {
      vec d[PATCH], out[TILE];
      UNROLL for (int r = 0; r < PATCH; r++) d[r] = t[r][c];
      tile_line(d, out);
      UNROLL for (int r = 0; r < TILE; r++) {
        const int64_t at = r * line + c * channels + i;
        if (r >= part->y1 || c >= part->x1)
          continue;
        vec value = out[r] + shift;
        if (add)
          value += load(add + at, left);
        if (relu)
          value = positive(value);
        store(y + at, value, left);
      }
    }
  }
}

static void tile_gradient(float *m, int64_t step, const float *dy, int64_t line, const struct winograd_part *part,
                          int64_t channels) {
  const int whole = part->y1 == TILE && part->x1 == TILE;
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t left = channels - i;
    vec t[TILE][PATCH];
    UNROLL for (int r = 0; r < TILE; r++) {
      vec d[TILE];
      UNROLL for (int c = 0; c < TILE; c++) d[c] = number(dy + i, line, channels, part, whole, r, c, left);
      tile_gradient_line(d, t[r]);
    }
    UNROLL for (int c = 0; c < PATCH; c++) {
      vec d[TILE], out[PATCH];
      UNROLL for (int r = 0; r < TILE; r++) d[r] = t[r][c];
      tile_gradient_line(d, out);
      UNROLL for (int r = 0; r < PATCH; r++) store(m + (r * PATCH + c) * step + i, out[r], left);
    }
  }
}

/* ---- kernels ---- */

#define BLOCK 16 /* source channels whose kernels are turned into lanes at a time */
#define LANES 32 /* at most */

/* taps[i][tap][lane] */
static void gather(float taps[BLOCK][TAPS][LANES], const float *w, int64_t inner, int64_t inner_step, int64_t columns,
                   int64_t lane_step, int flip) {
  memset(taps, 0, sizeof(float) * BLOCK * TAPS * LANES);
  for (int64_t lane = 0; lane < columns; lane++)
    for (int64_t i = 0; i < inner; i++) {
      const float *g = w + i * inner_step + lane * lane_step;
      for (int t = 0; t < TAPS; t++)
        taps[i][t][lane] = g[flip ? TAPS - 1 - t : t];
    }
}

static void transform_kernels(float *u, int64_t step, const float taps[TAPS][LANES], int64_t lanes) {
  for (int64_t lane = 0; lane < lanes; lane += WIDTH) {
    vec t[PATCH][KERNEL]; /* points by columns */
    UNROLL for (int c = 0; c < KERNEL; c++) {
      vec g[KERNEL], out[PATCH];
      UNROLL for (int r = 0; r < KERNEL; r++) g[r] = load(taps[r * KERNEL + c] + lane, WIDTH);
      kernel_line(g, out);
      UNROLL for (int r = 0; r < PATCH; r++) t[r][c] = out[r];
    }
    UNROLL for (int r = 0; r < PATCH; r++) {
      vec out[PATCH];
      kernel_line(t[r], out);
      UNROLL for (int c = 0; c < PATCH; c++) store(u + (r * PATCH + c) * step + lane, out[c], WIDTH);
    }
  }
}

static void kernels(float *u, int64_t step, const float *w, int64_t inner, int64_t inner_step, int64_t columns,
                    int64_t lane_step, int64_t lanes, int flip) {
  float taps[BLOCK][TAPS][LANES];
  for (int64_t i = 0; i < inner; i += BLOCK) {
    const int64_t count = inner - i < BLOCK ? inner - i : BLOCK;
    gather(taps, w + i * inner_step, count, inner_step, columns, lane_step, flip);
    for (int64_t k = 0; k < count; k++)
      transform_kernels(u + (i + k) * lanes, step, (const float(*)[LANES])taps[k], lanes);
  }
}

/* The gradients of WIDTH kernels, tap by tap. */
INLINE void gather_gradient(vec g[TAPS], const float *du, int64_t groups, int64_t in, int64_t out, int64_t left) {
  vec t[PATCH][KERNEL];
  UNROLL for (int r = 0; r < PATCH; r++) {
    vec u[PATCH];
    UNROLL for (int c = 0; c < PATCH; c++) {
      const float *at = du + (r * PATCH + c) * in * out;
      u[c] = load(at, left);
      for (int64_t group = 1; group < groups; group++)
        u[c] += load(at + group * WINOGRAD_POINTS * in * out, left);
    }
    kernel_gradient_line(u, t[r]);
  }
  UNROLL for (int c = 0; c < KERNEL; c++) {
    vec u[PATCH], line[KERNEL];
    UNROLL for (int r = 0; r < PATCH; r++) u[r] = t[r][c];
    kernel_gradient_line(u, line);
    UNROLL for (int r = 0; r < KERNEL; r++) g[r * KERNEL + c] = line[r];
  }
}

static void kernel_gradients(float *dw, const float *du, int64_t groups, int64_t in, int64_t out, int64_t i0,
                             int64_t rows, int64_t o0, int64_t columns, int accumulate) {
  for (int64_t o = 0; o < columns; o += WIDTH)
    for (int64_t i = 0; i < rows; i++) {
      const int64_t left = columns - o < WIDTH ? columns - o : WIDTH;
      vec g[TAPS];
      gather_gradient(g, du + (i0 + i) * out + o0 + o, groups, in, out, left);
      for (int64_t lane = 0; lane < left; lane++) {
        float *to = dw + ((o0 + o + lane) * in + i0 + i) * TAPS;
        for (int t = 0; t < TAPS; t++)
          to[t] = accumulate ? to[t] + g[t][lane] : g[t][lane];
      }
    }
}

#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

const struct winograd JOIN(winograd_, KERNELS) = {.patch = patch,
                                                  .tile = tile,
                                                  .tile_gradient = tile_gradient,
                                                  .kernels = kernels,
                                                  .kernel_gradients = kernel_gradients};
