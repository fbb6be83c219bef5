/* compute/vectors.h: the vector of a kernel set, by GCC's vector extensions. Included only by the sources that are
 * compiled once for each set; the compiler's flags say what the CPU has. */
#ifndef COMPUTE_VECTORS_H
#define COMPUTE_VECTORS_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define WIDTH 16
#elif defined(__AVX2__)
#include <immintrin.h>
#define WIDTH 8
#else
#define WIDTH 4
#endif

typedef float vec __attribute__((vector_size(WIDTH * 4)));
typedef int32_t ivec __attribute__((vector_size(WIDTH * 4)));

/* The vector at p, of which `n` elements are there (more than WIDTH: all); the rest is 0. */
static inline vec load(const float *p, int64_t n) {
  vec v;
  if (__builtin_expect(n >= WIDTH, 1)) {
    memcpy(&v, p, sizeof v);
    return v;
  }
#if defined(__AVX512F__)
  return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#else
  v = (vec){0};
  for (int64_t i = 0; i < n; i++)
    v[i] = p[i];
  return v;
#endif
}
static inline void store(float *p, vec v, int64_t n) {
  if (__builtin_expect(n >= WIDTH, 1)) {
    memcpy(p, &v, sizeof v);
    return;
  }
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#else
  for (int64_t i = 0; i < n; i++)
    p[i] = v[i];
#endif
}
static inline vec splat(float x) { return x - (vec){0}; }

/* a*b + c, fused where the set has it: the rounding must not be the compiler's choice. */
static inline vec multiply_add(vec a, vec b, vec c) {
#if defined(__AVX512F__)
  return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__)
  return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return a * b + c;
#endif
}

static inline vec choose(ivec mask, vec a, vec b) { return (vec)(((ivec)a & mask) | ((ivec)b & ~mask)); }
/* max(0, x); a NaN stays one, so that a training that diverges is seen. */
static inline vec positive(vec x) { return choose(x <= 0, (vec){0}, x); }

#endif
