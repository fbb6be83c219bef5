/* compute/winograd.h: convolution with stride 1 by Winograd's algorithm (Lavin and Gray, arXiv 1509.09308): F(4x4, 3x3)
 * and F(2x2, 5x5), 36 products where direct sums take 144 and 100. A target tile comes from a source patch of 6x6:
 *   target = A^T [(G g G^T) . (B^T d B)] A
 * with the product, element by element, summed over the source channels: 36 matrix products over all tiles.
 *
 * It rounds differently from direct sums: errors are about ten times theirs, 1e-6 relative. Private to compute/. */
#ifndef COMPUTE_WINOGRAD_H
#define COMPUTE_WINOGRAD_H

#include "compute/kernels.h"

#define WINOGRAD_PATCH 6
#define WINOGRAD_POINTS 36

/* The transforms, compiled for each kernel set; channels lie side by side everywhere. A patch or tile has a part that
 * is inside its map: rows y0..y1-1 and columns x0..x1-1; the pointer is to its (0, 0), which may be outside. step:
 * words from one of the 36 points to the next; line: from one row of the map to the next. */
struct winograd_part {
  int32_t y0, y1, x0, x1;
};
struct winograd {
  int64_t kernel, side; /* rows and columns of kernels and of tiles */
  /* v = B^T d B of a source patch, which is read through the affine map if that has a mean. */
  void (*patch)(float *v, int64_t step, const float *x, int64_t line, const struct winograd_part *part,
                int64_t channels, const struct affine *affine);
  /* y = A^T m A of a tile; then y += bias, y += add (laid out as y, and may be y; NULL: none), max(0,
   * y) if relu. */
  void (*tile)(float *y, int64_t line, const struct winograd_part *part, const float *m, int64_t step, int64_t channels,
               const float *bias, const float *add, int relu);
  /* m = A dy A^T of a tile: the transpose of the above. */
  void (*tile_gradient)(float *m, int64_t step, const float *dy, int64_t line, const struct winograd_part *part,
                        int64_t channels);
  /* u = G g G^T for `lanes` target channels of `inner` source channels: u[point * step + i * lanes + lane], lanes from
   * `columns` on are 0. The kernel of (i, lane) is at w + i * inner_step + lane * lane_step; flip: turned by 180
   * degrees. */
  void (*kernels)(float *u, int64_t step, const float *w, int64_t inner, int64_t inner_step, int64_t columns,
                  int64_t lane_step, int64_t lanes, int flip);
  /* dw (+)= G^T du G, the sum over groups first; du: (group, point, in, out), dw: (out, in, kernel, kernel) of input
   * channels i0.. and output channels o0... */
  void (*kernel_gradients)(float *dw, const float *du, int64_t groups, int64_t in, int64_t out, int64_t i0,
                           int64_t rows, int64_t o0, int64_t columns, int accumulate);
};
extern const struct winograd winograd3_portable, winograd3_avx2, winograd3_avx512;
extern const struct winograd winograd5_portable, winograd5_avx2, winograd5_avx512;

#endif
