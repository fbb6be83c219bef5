/* compute/kernels.c: one source of vector loops, compiled once for each kernel set: KERNELS is the set's name, and the
 * compiler's flags say what the CPU has. GCC's vector extensions; a row's tail is done by the same code on
 * a vector padded with zeros, so that an element's arithmetic does not depend on where it lies. Touches nothing but its
 * arguments. */
#include <math.h>

#include "compute/kernels.h"
#include "compute/random.h"
#include "compute/tiles.h"
#include "compute/vectors.h"
#include "compute/winograd.h"

#define HALF (WIDTH / 2)

typedef uint32_t uvec __attribute__((vector_size(WIDTH * 4)));
typedef uint64_t wvec __attribute__((vector_size(WIDTH * 4))); /* HALF words of 64 bits */
typedef double dvec __attribute__((vector_size(WIDTH * 4)));   /* HALF doubles */

static inline dvec multiply_add_double(dvec a, dvec b, dvec c) {
#if defined(__AVX512F__)
  return (dvec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__AVX2__)
  return (dvec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
  return a * b + c;
#endif
}
static inline vec square_root(vec x) {
#if defined(__AVX512F__)
  return (vec)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (vec)_mm256_sqrt_ps((__m256)x);
#else
  return (vec){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
#endif
}
static inline dvec widen_low(vec x) {
#if defined(__AVX512F__)
  return (dvec)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)x));
#elif defined(__AVX2__)
  return (dvec)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)x));
#else
  return (dvec){x[0], x[1]};
#endif
}
static inline dvec widen_high(vec x) {
#if defined(__AVX512F__)
  return (dvec)_mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd((__m512d)x, 1)));
#elif defined(__AVX2__)
  return (dvec)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)x, 1));
#else
  return (dvec){x[2], x[3]};
#endif
}
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Adds a vector's (up to n) elements to sums[0..], in double. */
static inline void add_sums(double *sums, dvec low, dvec high, int64_t n) {
  for (int64_t i = 0; i < least(n, WIDTH); i++)
    sums[i] += i < HALF ? low[i] : high[i - HALF];
}
/* The sum of all elements, in a fixed order. */
static inline double total(dvec a) {
  double sum = 0;
  for (int i = 0; i < HALF; i++)
    sum += a[i];
  return sum;
}

/* ---- element by element ---- */

static void bias_relu(float *y, const float *b, int64_t rows, int64_t columns, int relu) {
  if (!b && !relu)
    return;
  for (int64_t r = 0; r < rows; r++, y += columns)
    for (int64_t i = 0; i < columns; i += WIDTH) {
      vec v = load(y + i, columns - i);
      if (b)
        v += load(b + i, columns - i);
      store(y + i, relu ? positive(v) : v, columns - i);
    }
}

static void relu(float *y, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH)
    store(y + i, positive(load(x + i, n - i)), n - i);
}

static void relu_mask(float *dx, const float *dy, const float *y, int64_t n, int accumulate) {
  for (int64_t i = 0; i < n; i += WIDTH) {
    vec g = choose(load(y + i, n - i) > 0, load(dy + i, n - i), (vec){0});
    store(dx + i, accumulate ? load(dx + i, n - i) + g : g, n - i);
  }
}

static void add(float *y, const float *a, const float *b, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH)
    store(y + i, load(a + i, n - i) + load(b + i, n - i), n - i);
}

static void accumulate(float *y, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH)
    store(y + i, load(y + i, n - i) + load(x + i, n - i), n - i);
}

/* ---- rows by channels ---- */

static void column_sums(double *sums, const float *x, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < columns; i += WIDTH) {
    dvec low = {0}, high = {0};
    for (int64_t r = 0; r < rows; r++) {
      vec v = load(x + r * columns + i, columns - i);
      low += widen_low(v);
      high += widen_high(v);
    }
    add_sums(sums + i, low, high, columns - i);
  }
}

static void norm_sums(double *sums, const float *x, int64_t rows, int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    dvec low = {0}, high = {0}, low2 = {0}, high2 = {0};
    for (int64_t r = 0; r < rows; r++) {
      vec v = load(x + r * channels + i, channels - i);
      dvec l = widen_low(v), h = widen_high(v);
      low += l;
      high += h;
      low2 = multiply_add_double(l, l, low2);
      high2 = multiply_add_double(h, h, high2);
    }
    add_sums(sums + i, low, high, channels - i);
    add_sums(sums + channels + i, low2, high2, channels - i);
  }
}

static void affine(float *y, const float *x, const struct affine *f, int64_t rows, int64_t channels) {
  for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
    for (int64_t i = 0; i < channels; i += WIDTH) {
      const int64_t n = channels - i;
      const vec v = multiply_add(load(x + i, n) - load(f->mean + i, n), load(f->factor + i, n), load(f->shift + i, n));
      store(y + i, f->relu ? positive(v) : v, n);
    }
}

/* dy, or 0 where ReLU cut: the same bits as in affine() decide. */
static inline vec uncut(vec centred, vec factor, vec shift, vec dy) {
  return choose(multiply_add(centred, factor, shift) > 0, dy, (vec){0});
}

static void norm_backward_sums(double *sums, const float *x, const float *dy, const struct affine *f, int64_t rows,
                               int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t n = channels - i;
    const vec mean = load(f->mean + i, n), factor = load(f->factor + i, n), shift = load(f->shift + i, n);
    dvec low = {0}, high = {0}, low2 = {0}, high2 = {0};
    for (int64_t r = 0; r < rows; r++) {
      const vec centred = load(x + r * channels + i, n) - mean;
      vec g = load(dy + r * channels + i, n);
      if (f->relu)
        g = uncut(centred, factor, shift, g);
      dvec l = widen_low(g), h = widen_high(g);
      low += l;
      high += h;
      low2 = multiply_add_double(l, widen_low(centred), low2);
      high2 = multiply_add_double(h, widen_high(centred), high2);
    }
    add_sums(sums + i, low, high, n);
    add_sums(sums + channels + i, low2, high2, n);
  }
}

static void norm_backward(float *dx, const float *x, const float *dy, const struct affine *f, const float *a,
                          const float *b, const float *c, int64_t rows, int64_t channels, int accumulate) {
  for (int64_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
    for (int64_t i = 0; i < channels; i += WIDTH) {
      const int64_t n = channels - i;
      const vec centred = load(x + i, n) - load(f->mean + i, n);
      vec g = load(dy + i, n);
      if (f->relu)
        g = uncut(centred, load(f->factor + i, n), load(f->shift + i, n), g);
      vec d = multiply_add(g, load(a + i, n), multiply_add(centred, load(b + i, n), load(c + i, n)));
      store(dx + i, accumulate ? load(dx + i, n) + d : d, n);
    }
}

/* ---- windows ---- */

static inline ivec load_index(const int32_t *p, int64_t n) { return (ivec)load((const float *)(const void *)p, n); }

static void window_maximum(float *y, int32_t *index, const float *x, const struct window *w, int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t n = channels - i;
    vec best = splat(-INFINITY);
    ivec at = w->position - (ivec){0}; /* of -infinity alone too */
    for (int64_t r = 0; r < w->rows; r++)
      for (int64_t c = 0; c < w->columns; c++) {
        const vec v = load(x + r * w->line + c * channels + i, n);
        const ivec better = (v > best) | (v != v);
        const int32_t position = w->position + (int32_t)r * w->position_line + (int32_t)c;
        best = choose(better, v, best);
        at = (better & position) | (~better & at);
      }
    store(y + i, best, n);
    if (index)
      store((float *)(void *)(index + i), (vec)at, n);
  }
}

static void window_mean(float *y, const float *x, const struct window *w, float scale, int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t n = channels - i;
    vec even = {0}, odd = {0}; /* two sums, so that one addition need not wait for the last */
    for (int64_t r = 0; r < w->rows; r++) {
      const float *row = x + r * w->line + i;
      for (int64_t c = 0; c + 1 < w->columns; c += 2) {
        even += load(row + c * channels, n);
        odd += load(row + (c + 1) * channels, n);
      }
      if (w->columns % 2)
        even += load(row + (w->columns - 1) * channels, n);
    }
    store(y + i, (even + odd) * scale, n);
  }
}

static void spread_maximum(float *dx, const float *dy, const int32_t *index, const struct window *w, int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t n = channels - i;
    const vec g = load(dy + i, n);
    const ivec at = load_index(index + i, n);
    for (int64_t r = 0; r < w->rows; r++)
      for (int64_t c = 0; c < w->columns; c++) {
        const int32_t position = w->position + (int32_t)r * w->position_line + (int32_t)c;
        float *to = dx + r * w->line + c * channels + i;
        store(to, load(to, n) + choose(at == position, g, (vec){0}), n);
      }
  }
}

static void spread_mean(float *dx, const float *dy, const struct window *w, float scale, int64_t channels) {
  for (int64_t i = 0; i < channels; i += WIDTH) {
    const int64_t n = channels - i;
    const vec g = load(dy + i, n) * scale;
    for (int64_t r = 0; r < w->rows; r++)
      for (int64_t c = 0; c < w->columns; c++) {
        float *to = dx + r * w->line + c * channels + i;
        store(to, load(to, n) + g, n);
      }
  }
}

/* ---- dropout ---- */

/* The products of the low halves of a's words with m. */
static inline wvec multiply_low(wvec a, uint32_t m) {
#if defined(__AVX512F__)
  return (wvec)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(m));
#elif defined(__AVX2__)
  return (wvec)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(m));
#else
  return (a & UINT32_MAX) * m;
#endif
}

/* a * m in 64 bits, element by element. */
static inline void multiply_wide(uvec a, uint32_t m, uvec *high, uvec *low) {
  const wvec even = multiply_low((wvec)a, m), odd = multiply_low((wvec)a >> 32, m);
  *low = (uvec)((even & UINT32_MAX) | odd << 32);
  *high = (uvec)(even >> 32 | (odd & ~(uint64_t)UINT32_MAX));
}

/* Blocks `block`.. of the stream, one in each lane; as philox() in compute/random.c. */
static inline void philox_lanes(const struct stream *s, uint64_t block, uvec c[4]) {
  uint32_t k0 = s->key[0], k1 = s->key[1];
  uvec lane = {0};
  for (uint32_t i = 0; i < WIDTH; i++)
    lane[i] = i;
  c[0] = lane + (uint32_t)block;
  c[1] = (uint32_t)(block >> 32) - (uvec){0};
  c[2] = (uint32_t)s->high - (uvec){0};
  c[3] = (uint32_t)(s->high >> 32) - (uvec){0};
  for (int round = 0; round < 10; round++, k0 += PHILOX_KEY_0, k1 += PHILOX_KEY_1) {
    uvec high0, low0, high1, low1;
    multiply_wide(c[0], PHILOX_FACTOR_0, &high0, &low0);
    multiply_wide(c[2], PHILOX_FACTOR_1, &high1, &low1);
    c[0] = high1 ^ c[1] ^ k0;
    c[2] = high0 ^ c[3] ^ k1;
    c[1] = low1;
    c[3] = low0;
  }
}

static void dropout(float *y, const float *x, int64_t first, int64_t n, const struct stream *stream, uint32_t threshold,
                    float scale, int accumulate) {
  for (int64_t group = 0; group < n; group += 64)
    for (int64_t part = 0; part < 16; part += WIDTH) {
      uvec bits[4];
      philox_lanes(stream, (uint64_t)((first + group) / 4 + part), bits);
      for (int word = 0; word < 4; word++) {
        const int64_t i = group + word * 16 + part, left = n - i;
        if (left <= 0)
          break;
        const vec v = choose((ivec)(bits[word] < threshold), (vec){0}, load(x + i, left) * scale);
        store(y + i, accumulate ? load(y + i, left) + v : v, left);
      }
    }
}

/* ---- weight vectors ---- */

static void combine(float *to, int points, const float *const *from, const float *c, int64_t n) {
  int first = 0;
  while (c[first] == 0)
    first++;
  for (int64_t i = 0; i < n; i += WIDTH) {
    vec sum = load(from[first] + i, n - i) * c[first];
    for (int p = first + 1; p < points; p++)
      if (c[p] != 0)
        sum = multiply_add(load(from[p] + i, n - i), splat(c[p]), sum);
    store(to + i, sum, n - i);
  }
}

/* One point's step on the gradient g of the loss at w(t), the regulariser already in it (not for AdamW). */
static inline vec point_step(const struct point_state *p, const struct update_rule *rule, vec g, int64_t i, int64_t n) {
  g *= p->coefficient;
  vec theta = load(p->theta + i, n), v = load(p->velocity + i, n);
  if (rule->adam) {
    vec s = load(p->square + i, n);
    v = multiply_add(v, splat(rule->beta1), g * (1 - rule->beta1));
    s = multiply_add(s, splat(rule->beta2), g * g * (1 - rule->beta2));
    store(p->square + i, s, n);
    theta *= 1 - rule->rate * rule->weight_decay;
    theta -= rule->rate * (v * rule->correction1) / (square_root(s * rule->correction2) + rule->epsilon);
  } else {
    v = rule->first ? g : multiply_add(v, splat(rule->momentum), g);
    theta -= rule->rate * (rule->nesterov ? multiply_add(v, splat(rule->momentum), g) : v);
  }
  store(p->velocity + i, v, n);
  store(p->theta + i, theta, n);
  return theta;
}

static void update(float *w, const float *gradient, struct point_state *point, int points,
                   const struct update_rule *rule, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH) {
    const int64_t rest = n - i;
    vec g = load(gradient + i, rest) * rule->gradient_scale, sum = {0};
    if (!rule->adam)
      g = multiply_add(load(w + i, rest), splat(rule->weight_decay), g);
    int used = 0;
    for (int p = 0; p < points; p++) {
      const float next = point[p].next;
      if (!point[p].velocity && next == 0)
        continue;
      vec theta = point[p].velocity ? point_step(&point[p], rule, g, i, rest) : load(point[p].theta + i, rest);
      if (next != 0)
        sum = used++ ? multiply_add(theta, splat(next), sum) : theta * next;
    }
    store(w + i, sum, rest);
  }
}

static double dot(const float *a, const float *b, int64_t n) {
  dvec low = {0}, high = {0};
  for (int64_t i = 0; i < n; i += WIDTH) {
    vec x = load(a + i, n - i), y = load(b + i, n - i);
    low = multiply_add_double(widen_low(x), widen_low(y), low);
    high = multiply_add_double(widen_high(x), widen_high(y), high);
  }
  return total(low + high);
}

static double distance_squared(const float *a, const float *b, int64_t n) {
  dvec low = {0}, high = {0};
  for (int64_t i = 0; i < n; i += WIDTH) {
    vec x = load(a + i, n - i), y = load(b + i, n - i);
    dvec l = widen_low(x) - widen_low(y), h = widen_high(x) - widen_high(y);
    low = multiply_add_double(l, l, low);
    high = multiply_add_double(h, h, high);
  }
  return total(low + high);
}

/* ---- sequences: softmax and LSTM ---- */

typedef uint32_t shift_vec __attribute__((vector_size(WIDTH * 4)));

/* exp(x), to 2 units in the last place (the polynomial of Cephes' expf); 0 below -87, exp(88) above 88; NaN of NaN. */
static inline vec exponential(vec x) {
  const vec whole = splat(12582912); /* 1.5 * 2^23: a sum with it has no digits behind the point */
  const vec within = choose(x > 88, splat(88), choose(x < -87, splat(-87), x));
  const vec moved = multiply_add(within, splat(1.44269504f), whole), n = moved - whole;
  const vec r = multiply_add(n, splat(2.12194440e-4f), multiply_add(n, splat(-0.693359375f), within));
  vec p = multiply_add(splat(1.9875691500e-4f), r, splat(1.3981999507e-3f));
  p = multiply_add(p, r, splat(8.3334519073e-3f));
  p = multiply_add(p, r, splat(4.1665795894e-2f));
  p = multiply_add(p, r, splat(1.6666665459e-1f));
  p = multiply_add(p, r, splat(5.0000001201e-1f));
  p = multiply_add(p, r * r, r) + 1;
  const shift_vec power = ((shift_vec)moved - 0x4B400000u) << 23;
  p = (vec)((shift_vec)p + power);
  return choose(x == x, choose(x < -87, (vec){0}, p), x);
}
static inline vec sigmoid(vec x) { return 1 / (1 + exponential(-x)); }
static inline vec hyperbolic_tangent(vec x) { return multiply_add(splat(2), sigmoid(x + x), splat(-1)); }

static float maximum(const float *x, int64_t n) {
  float most = x[0];
  vec m = splat(most);
  int64_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    const vec v = load(x + i, WIDTH);
    m = choose(v > m, v, m);
  }
  for (; i < n; i++)
    most = x[i] > most ? x[i] : most;
  for (int k = 0; k < WIDTH; k++)
    most = m[k] > most ? m[k] : most;
  return most;
}

static float exponentials(float *y, const float *x, float scale, float shift, int64_t n) {
  vec sum = {0};
  float rest = 0;
  for (int64_t i = 0; i < n; i += WIDTH) {
    const vec e = exponential(multiply_add(load(x + i, n - i), splat(scale), splat(-shift)));
    store(y + i, e, n - i);
    if (n - i >= WIDTH)
      sum += e;
    else
      for (int64_t k = i; k < n; k++)
        rest += y[k];
  }
  for (int k = 0; k < WIDTH; k++)
    rest += sum[k];
  return rest;
}

static void softmax_slope(float *ds, const float *p, const float *dp, float mean, float scale, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH)
    store(ds + i, load(p + i, n - i) * (load(dp + i, n - i) - mean) * scale, n - i);
}

static void scale(float *y, float factor, int64_t n) {
  for (int64_t i = 0; i < n; i += WIDTH)
    store(y + i, load(y + i, n - i) * factor, n - i);
}

static void lstm(float *const gate[4], const float *c_before, float *c, float *h, int64_t n) {
  for (int64_t k = 0; k < n; k += WIDTH) {
    const vec i = sigmoid(load(gate[0] + k, n - k)), f = sigmoid(load(gate[1] + k, n - k));
    const vec g = hyperbolic_tangent(load(gate[2] + k, n - k)), o = sigmoid(load(gate[3] + k, n - k));
    const vec cell = multiply_add(f, load(c_before + k, n - k), i * g);
    store(gate[0] + k, i, n - k);
    store(gate[1] + k, f, n - k);
    store(gate[2] + k, g, n - k);
    store(gate[3] + k, o, n - k);
    store(c + k, cell, n - k);
    store(h + k, o * hyperbolic_tangent(cell), n - k);
  }
}

static void lstm_backward(float *const gate[4], const float *c_before, const float *c, const float *dh, float *dc,
                          int64_t n) {
  for (int64_t k = 0; k < n; k += WIDTH) {
    const vec i = load(gate[0] + k, n - k), f = load(gate[1] + k, n - k);
    const vec g = load(gate[2] + k, n - k), o = load(gate[3] + k, n - k);
    const vec slope = load(dh + k, n - k), t = hyperbolic_tangent(load(c + k, n - k));
    const vec cell = multiply_add(slope * o, 1 - t * t, load(dc + k, n - k));
    store(gate[0] + k, cell * g * i * (1 - i), n - k);
    store(gate[1] + k, cell * load(c_before + k, n - k) * f * (1 - f), n - k);
    store(gate[2] + k, cell * i * (1 - g * g), n - k);
    store(gate[3] + k, slope * t * o * (1 - o), n - k);
    store(dc + k, cell * f, n - k);
  }
}

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

extern const struct kernels JOIN(kernels_, KERNELS);
const struct kernels JOIN(kernels_, KERNELS) = {
    .name = TEXT(KERNELS),
    .tiles = &JOIN(tiles_, KERNELS),
    .winograd3 = &JOIN(winograd3_, KERNELS),
    .winograd5 = &JOIN(winograd5_, KERNELS),
    .bias_relu = bias_relu,
    .relu = relu,
    .relu_mask = relu_mask,
    .add = add,
    .accumulate = accumulate,
    .column_sums = column_sums,
    .norm_sums = norm_sums,
    .affine = affine,
    .norm_backward_sums = norm_backward_sums,
    .norm_backward = norm_backward,
    .window_maximum = window_maximum,
    .window_mean = window_mean,
    .spread_maximum = spread_maximum,
    .spread_mean = spread_mean,
    .dropout = dropout,
    .combine = combine,
    .update = update,
    .dot = dot,
    .distance_squared = distance_squared,
    .maximum = maximum,
    .exponentials = exponentials,
    .softmax_slope = softmax_slope,
    .scale = scale,
    .lstm = lstm,
    .lstm_backward = lstm_backward,
};
