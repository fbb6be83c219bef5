/* compute/winograd_kernel.h: the transforms of tiles and kernels for kernels of KERNEL x KERNEL; compute/winograd.c
 * includes it once for each size and has what it needs. A tile has PATCH - KERNEL + 1 rows and columns. */
#define TILE (PATCH - KERNEL + 1)
#define TAPS (KERNEL * KERNEL)
#define BLOCK (144 / TAPS) /* source channels whose kernels are turned into lanes at a time: what the stack bears */
#define LANES 32           /* of a panel, at most */
#define NAME(word) JOIN(word, KERNEL)

/* ---- one dimension ---- */

/* A^T m */
INLINE void NAME(tile_line)(const vec m[PATCH], vec y[TILE]) {
  const vec p_sum = m[1] + m[2], p_difference = m[1] - m[2], q_sum = m[3] + m[4], q_difference = m[3] - m[4];
  y[0] = m[0] + p_sum + q_sum;
#if KERNEL == 3
  y[1] = multiply_add(splat(P), p_difference, Q * q_difference);
  y[2] = multiply_add(splat(P2), p_sum, Q2 * q_sum);
  y[3] = multiply_add(splat(P * P2), p_difference, multiply_add(splat(Q * Q2), q_difference, m[5]));
#else
  y[1] = multiply_add(splat(P), p_difference, multiply_add(splat(Q), q_difference, m[5]));
#endif
}

/* A y */
INLINE void NAME(tile_gradient_line)(const vec y[TILE], vec m[PATCH]) {
#if KERNEL == 3
  const vec p_even = multiply_add(splat(P2), y[2], y[0]), p_odd = multiply_add(splat(P2), y[3], y[1]);
  const vec q_even = multiply_add(splat(Q2), y[2], y[0]), q_odd = multiply_add(splat(Q2), y[3], y[1]);
#else
  const vec p_even = y[0], p_odd = y[1], q_even = y[0], q_odd = y[1];
#endif
  m[0] = y[0];
  m[1] = multiply_add(splat(P), p_odd, p_even);
  m[2] = multiply_add(splat(-P), p_odd, p_even);
  m[3] = multiply_add(splat(Q), q_odd, q_even);
  m[4] = multiply_add(splat(-Q), q_odd, q_even);
  m[5] = y[TILE - 1];
}

/* G g */
INLINE void NAME(kernel_line)(const vec g[KERNEL], vec u[PATCH]) {
#if KERNEL == 3
  const vec p_even = multiply_add(splat(NP * P2), g[2], NP * g[0]), p_odd = NP * P * g[1];
  const vec q_even = multiply_add(splat(NQ * Q2), g[2], NQ * g[0]), q_odd = NQ * Q * g[1];
#else
  const vec p_even = multiply_add(splat(NP * P2 * P2), g[4], multiply_add(splat(NP * P2), g[2], NP * g[0]));
  const vec q_even = multiply_add(splat(NQ * Q2 * Q2), g[4], multiply_add(splat(NQ * Q2), g[2], NQ * g[0]));
  const vec p_odd = multiply_add(splat(NP * P * P2), g[3], NP * P * g[1]);
  const vec q_odd = multiply_add(splat(NQ * Q * Q2), g[3], NQ * Q * g[1]);
#endif
  u[0] = N0 * g[0];
  u[1] = p_even + p_odd;
  u[2] = p_even - p_odd;
  u[3] = q_even + q_odd;
  u[4] = q_even - q_odd;
  u[5] = g[KERNEL - 1];
}

/* G^T u */
INLINE void NAME(kernel_gradient_line)(const vec u[PATCH], vec g[KERNEL]) {
  const vec p_sum = u[1] + u[2], p_difference = u[1] - u[2], q_sum = u[3] + u[4], q_difference = u[3] - u[4];
  g[0] = multiply_add(splat(N0), u[0], multiply_add(splat(NP), p_sum, NQ * q_sum));
  g[1] = multiply_add(splat(NP * P), p_difference, NQ * Q * q_difference);
#if KERNEL == 3
  g[2] = multiply_add(splat(NP * P2), p_sum, multiply_add(splat(NQ * Q2), q_sum, u[5]));
#else
  g[2] = multiply_add(splat(NP * P2), p_sum, NQ * Q2 * q_sum);
  g[3] = multiply_add(splat(NP * P * P2), p_difference, NQ * Q * Q2 * q_difference);
  g[4] = multiply_add(splat(NP * P2 * P2), p_sum, multiply_add(splat(NQ * Q2 * Q2), q_sum, u[5]));
#endif
}

/* ---- tiles ---- */

static void NAME(tile)(float *y, int64_t line, const struct winograd_part *part, const float *m, int64_t step,
                       int64_t channels, const float *bias, const float *add, int relu) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t left = channels - i;
    vec t[PATCH][TILE];
    UNROLL for (int r = 0; r < PATCH; r++) {
      vec d[PATCH];
      UNROLL for (int c = 0; c < PATCH; c++) d[c] = load(m + (r * PATCH + c) * step + i, left);
      NAME(tile_line)(d, t[r]);
    }
    const vec shift = bias ? load(bias + i, left) : (vec){0};
    UNROLL for (int c = 0; c < TILE; c++) {
      vec d[PATCH], out[TILE];
      UNROLL for (int r = 0; r < PATCH; r++) d[r] = t[r][c];
      NAME(tile_line)(d, out);
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

static void NAME(tile_gradient)(float *m, int64_t step, const float *dy, int64_t line, const struct winograd_part *part,
                                int64_t channels) {
  const int whole = part->y1 == TILE && part->x1 == TILE;
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t left = channels - i;
    vec t[TILE][PATCH];
    UNROLL for (int r = 0; r < TILE; r++) {
      vec d[TILE];
      UNROLL for (int c = 0; c < TILE; c++) d[c] = number(dy + i, line, channels, part, whole, r, c, left);
      NAME(tile_gradient_line)(d, t[r]);
    }
    UNROLL for (int c = 0; c < PATCH; c++) {
      vec d[TILE], out[PATCH];
      UNROLL for (int r = 0; r < TILE; r++) d[r] = t[r][c];
      NAME(tile_gradient_line)(d, out);
      UNROLL for (int r = 0; r < PATCH; r++) store(m + (r * PATCH + c) * step + i, out[r], left);
    }
  }
}

/* ---- kernels ---- */

/* taps[i][tap][lane] */
static void NAME(gather)(float taps[BLOCK][TAPS][LANES], const float *w, int64_t inner, int64_t inner_step,
                         int64_t columns, int64_t lane_step, int flip) {
  memset(taps, 0, sizeof(float) * BLOCK * TAPS * LANES);
  for (int64_t lane = 0; lane < columns; lane++)
    for (int64_t i = 0; i < inner; i++) {
      const float *g = w + i * inner_step + lane * lane_step;
      for (int t = 0; t < TAPS; t++)
        taps[i][t][lane] = g[flip ? TAPS - 1 - t : t];
    }
}

static void NAME(transform_kernels)(float *u, int64_t step, const float taps[TAPS][LANES], int64_t lanes) {
  for (int64_t lane = 0; lane < lanes; lane += WIDTH) {
    vec t[PATCH][KERNEL]; /* points by columns */
    UNROLL for (int c = 0; c < KERNEL; c++) {
      vec g[KERNEL], out[PATCH];
      UNROLL for (int r = 0; r < KERNEL; r++) g[r] = load(taps[r * KERNEL + c] + lane, WIDTH);
      NAME(kernel_line)(g, out);
      UNROLL for (int r = 0; r < PATCH; r++) t[r][c] = out[r];
    }
    UNROLL for (int r = 0; r < PATCH; r++) {
      vec out[PATCH];
      NAME(kernel_line)(t[r], out);
      UNROLL for (int c = 0; c < PATCH; c++) store(u + (r * PATCH + c) * step + lane, out[c], WIDTH);
    }
  }
}

static void NAME(kernels)(float *u, int64_t step, const float *w, int64_t inner, int64_t inner_step, int64_t columns,
                          int64_t lane_step, int64_t lanes, int flip) {
  float taps[BLOCK][TAPS][LANES];
  for (int64_t i = 0; i < inner; i += BLOCK) {
    const int64_t count = inner - i < BLOCK ? inner - i : BLOCK;
    NAME(gather)(taps, w + i * inner_step, count, inner_step, columns, lane_step, flip);
    for (int64_t k = 0; k < count; k++)
      NAME(transform_kernels)(u + (i + k) * lanes, step, (const float(*)[LANES])taps[k], lanes);
  }
}

/* The gradients of WIDTH kernels, tap by tap. */
INLINE void NAME(gather_gradient)(vec g[TAPS], const float *du, int64_t groups, int64_t in, int64_t out, int64_t left) {
  vec t[PATCH][KERNEL];
  UNROLL for (int r = 0; r < PATCH; r++) {
    vec u[PATCH];
    UNROLL for (int c = 0; c < PATCH; c++) {
      const float *at = du + (r * PATCH + c) * in * out;
      u[c] = load(at, left);
      for (int64_t group = 1; group < groups; group++)
        u[c] += load(at + group * WINOGRAD_POINTS * in * out, left);
    }
    NAME(kernel_gradient_line)(u, t[r]);
  }
  UNROLL for (int c = 0; c < KERNEL; c++) {
    vec u[PATCH], line[KERNEL];
    UNROLL for (int r = 0; r < PATCH; r++) u[r] = t[r][c];
    NAME(kernel_gradient_line)(u, line);
    UNROLL for (int r = 0; r < KERNEL; r++) g[r * KERNEL + c] = line[r];
  }
}

static void NAME(kernel_gradients)(float *dw, const float *du, int64_t groups, int64_t in, int64_t out, int64_t i0,
                                   int64_t rows, int64_t o0, int64_t columns, int accumulate) {
  for (int64_t o = 0; o < columns; o += WIDTH)
    for (int64_t i = 0; i < rows; i++) {
      const int64_t left = columns - o < WIDTH ? columns - o : WIDTH;
      vec g[TAPS];
      NAME(gather_gradient)(g, du + (i0 + i) * out + o0 + o, groups, in, out, left);
      for (int64_t lane = 0; lane < left; lane++) {
        float *to = dw + ((o0 + o + lane) * in + i0 + i) * TAPS;
        for (int t = 0; t < TAPS; t++)
          to[t] = accumulate ? to[t] + g[t][lane] : g[t][lane];
      }
    }
}

const struct winograd JOIN(NAME(winograd), JOIN(_, KERNELS)) = {.kernel = KERNEL,
                                                                .side = TILE,
                                                                .patch = patch,
                                                                .tile = NAME(tile),
                                                                .tile_gradient = NAME(tile_gradient),
                                                                .kernels = NAME(kernels),
                                                                .kernel_gradients = NAME(kernel_gradients)};

#undef TILE
#undef TAPS
#undef BLOCK
#undef LANES
#undef NAME
