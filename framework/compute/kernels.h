/* compute/kernels.h: loops over vectors and channels, one source compiled for each kernel set and chosen at run time.
 *
 * Pointers need no alignment. Each function's result is a pure function of its arguments: how work is cut into calls is
 * the caller's business, and never depends on the number of threads. */
#ifndef COMPUTE_KERNELS_H
#define COMPUTE_KERNELS_H

#include <stdint.h>

/* A control point of the optimiser pass; see struct update_op. Pointers are at the first word of the call's range. */
struct point_state {
  float *theta, *velocity, *square; /* velocity NULL: the point is fixed */
  float coefficient, next;
};
struct update_rule {
  float gradient_scale, rate, momentum, weight_decay;
  int nesterov, first, adam;
  float beta1, beta2, epsilon, correction1, correction2; /* AdamW: 1 / (1 - beta^step) */
};

/* The part of a pooling window that lies in the image: the image's pointer is at its first position. */
struct window {
  int64_t rows, columns, line;     /* line: floats from one row of the image to the next */
  int32_t position, position_line; /* the first's number in the whole window; from one row to the next */
};

/* By channels: v = (x - mean) * factor + shift, then max(0, v) if relu. What batch norm makes of x. */
struct affine {
  const float *mean, *factor, *shift; /* mean NULL: v = x */
  int relu;
};

struct stream; /* compute/random.h */
struct tiles;  /* compute/tiles.h: matrix products */
struct kernels {
  const char *name;
  const struct tiles *tiles;
  const struct winograd *winograd3, *winograd5; /* compute/winograd.h: of 3x3 and of 5x5 kernels */
  /* y += b by columns (b NULL: nothing), then max(0, y) if relu. */
  void (*bias_relu)(float *y, const float *b, int64_t rows, int64_t columns, int relu);
  void (*relu)(float *y, const float *x, int64_t n);
  void (*relu_mask)(float *dx, const float *dy, const float *y, int64_t n, int accumulate); /* dx (+)= y > 0 ? dy : 0 */
  void (*add)(float *y, const float *a, const float *b, int64_t n);
  void (*accumulate)(float *y, const float *x, int64_t n); /* y += x */
  /* sums[c] += the sum of column c. */
  void (*column_sums)(double *sums, const float *x, int64_t rows, int64_t columns);
  /* Batch norm. sums[c] += x, sums[channels + c] += x*x. */
  void (*norm_sums)(double *sums, const float *x, int64_t rows, int64_t channels);
  void (*affine)(float *y, const float *x, const struct affine *f, int64_t rows, int64_t channels);
  /* With g = dy, or 0 where f->relu and (x - mean) * factor + shift <= 0: sums[c] += g, sums[channels + c] += g * (x -
   * mean). */
  void (*norm_backward_sums)(double *sums, const float *x, const float *dy, const struct affine *f, int64_t rows,
                             int64_t channels);
  /* dx (+)= a * g + b * (x - mean) + c, by channels. */
  void (*norm_backward)(float *dx, const float *x, const float *dy, const struct affine *f, const float *a,
                        const float *b, const float *c, int64_t rows, int64_t channels, int accumulate);
  /* Pooling over one window of x. Maxima: y and, unless NULL, the position of the first of equals (a NaN is a maximum);
   * means: the sum times scale. */
  void (*window_maximum)(float *y, int32_t *index, const float *x, const struct window *w, int64_t channels);
  void (*window_mean)(float *y, const float *x, const struct window *w, float scale, int64_t channels);
  /* Their gradients: dx += dy where the maximum was; dx += dy * scale. */
  void (*spread_maximum)(float *dx, const float *dy, const int32_t *index, const struct window *w, int64_t channels);
  void (*spread_mean)(float *dx, const float *dy, const struct window *w, float scale, int64_t channels);
  /* y (+)= x * scale where the element's 32 bits of the stream are at least `threshold`, else 0. Element i has word i /
   * 16 % 4 of block i / 64 * 16 + i % 16; x, y point to element `first`, a multiple of 64. */
  void (*dropout)(float *y, const float *x, int64_t first, int64_t n, const struct stream *stream, uint32_t threshold,
                  float scale, int accumulate);
  /* to = sum c_i from_i; points with c 0 are not read, at least one is not 0. */
  void (*combine)(float *to, int points, const float *const *from, const float *c, int64_t n);
  void (*update)(float *w, const float *gradient, struct point_state *point, int points, const struct update_rule *rule,
                 int64_t n);
  double (*dot)(const float *a, const float *b, int64_t n);
  double (*distance_squared)(const float *a, const float *b, int64_t n);
  /* Softmax a stretch at a time. The largest of n numbers, at least 1 (a NaN is passed over). y = exp(scale * x -
   * shift); returns the sum. ds = p * (dp - mean) * scale. */
  float (*maximum)(const float *x, int64_t n);
  float (*exponentials)(float *y, const float *x, float scale, float shift, int64_t n);
  void (*softmax_slope)(float *ds, const float *p, const float *dp, float mean, float scale, int64_t n);
  void (*scale)(float *y, float factor, int64_t n); /* y *= factor */
  /* LSTM, n units of one sample. gate: those of i, f, g and o before their nonlinearities, which replace them; c, h from
   * c_before. Backward: gate becomes the gradient by what they were before; dc (n) is the gradient by c from later
   * steps, and becomes that by c_before. */
  void (*lstm)(float *const gate[4], const float *c_before, float *c, float *h, int64_t n);
  void (*lstm_backward)(float *const gate[4], const float *c_before, const float *c, const float *dh, float *dc,
                        int64_t n);
};

/* The set of this name; NULL: STRAIT_KERNELS from the environment, else the best this CPU has. STRAIT_EINVAL for a name
 * that is not known, or that this CPU or build cannot run. Defined in kernels_choose.c. */
int kernels_choose(const struct kernels **kernels, const char *name);

#endif
