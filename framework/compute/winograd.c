/* compute/winograd.c: the transforms of compute/winograd.h, one source compiled for each kernel set (see
 * compute/kernels.c). Those of patches, here, are the same for all sizes of kernels; compute/winograd_kernel.h has the
 * others.
 *
 * The polynomials are evaluated at 0, +-P, +-Q and infinity. The matrices follow from that (Toom and Cook): with
 * M(x) = x (x^2 - P^2) (x^2 - Q^2), row p of B^T has the coefficients of M(x) / (x - p), row p of G is (1, p, p^2, ...)
 * over the product of p's differences from the other points, column p of A^T is (1, p, p^2, ...); at infinity they are
 * M(x) and the last coefficient. With these points errors are half of those with the usual 1 and 2. */
#include <string.h>

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
enum { PATCH = WINOGRAD_PATCH };

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

#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

#define KERNEL 3
#include "compute/winograd_kernel.h"
#undef KERNEL
#define KERNEL 5
#include "compute/winograd_kernel.h"
