/* compute/random.c: Philox4x32-10 and what is made of its bits. */
#include <math.h>
#include <string.h>

#include "compute/random.h"

#define PI 3.14159265358979323846

static uint64_t mix(uint64_t x) { /* splitmix64's finaliser */
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t bits[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)c0 * PHILOX_FACTOR_0, p1 = (uint64_t)c2 * PHILOX_FACTOR_1;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    k0 += PHILOX_KEY_0;
    k1 += PHILOX_KEY_1;
  }
  bits[0] = c0, bits[1] = c1, bits[2] = c2, bits[3] = c3;
}

struct stream stream_of(uint64_t seed, const char *purpose, uint64_t index) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (const char *p = purpose; *p; p++)
    hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
  uint64_t key = mix(mix(seed) ^ hash);
  return (struct stream){{(uint32_t)key, (uint32_t)(key >> 32)}, index};
}

struct stream stream_branch(const struct stream *s, uint64_t number) {
  uint64_t key = mix(((uint64_t)s->key[1] << 32 | s->key[0]) ^ mix(number));
  return (struct stream){{(uint32_t)key, (uint32_t)(key >> 32)}, s->high};
}

void stream_bits(const struct stream *s, uint64_t i, uint32_t bits[4]) {
  const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), (uint32_t)s->high, (uint32_t)(s->high >> 32)};
  philox(counter, s->key, bits);
}

static inline float unit_float(uint32_t bits) { return (float)(bits >> 8) * 0x1p-24f; }
static inline double unit_double(uint32_t high, uint32_t low) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

float stream_float(const struct stream *s, uint64_t i) {
  uint32_t bits[4];
  stream_bits(s, i / 4, bits);
  return unit_float(bits[i % 4]);
}

double stream_double(const struct stream *s, uint64_t i) {
  uint32_t bits[4];
  stream_bits(s, i / 2, bits);
  return unit_double(bits[i % 2 * 2], bits[i % 2 * 2 + 1]);
}

uint64_t stream_below(const struct stream *s, uint64_t i, uint64_t n) {
  uint32_t bits[4];
  stream_bits(s, i / 2, bits);
  uint64_t word = (uint64_t)bits[i % 2 * 2] << 32 | bits[i % 2 * 2 + 1];
  return (uint64_t)((unsigned __int128)word * n >> 64);
}

void stream_uniforms(const struct stream *s, float *x, int64_t n) {
  uint32_t bits[4];
  for (int64_t i = 0; i < n; i++) {
    if (i % 4 == 0)
      stream_bits(s, (uint64_t)i / 4, bits);
    x[i] = unit_float(bits[i % 4]);
  }
}

/* Two normal numbers a block, from two doubles: u in (0,1], so that the logarithm is finite. */
void stream_normals(const struct stream *s, float *x, int64_t n) {
  uint32_t bits[4];
  for (int64_t i = 0; i < n; i += 2) {
    stream_bits(s, (uint64_t)i / 2, bits);
    double u = 1 - unit_double(bits[0], bits[1]), angle = 2 * PI * unit_double(bits[2], bits[3]);
    double radius = sqrt(-2 * log(u));
    x[i] = (float)(radius * cos(angle));
    if (i + 1 < n)
      x[i + 1] = (float)(radius * sin(angle));
  }
}

void stream_permutation(const struct stream *s, int64_t *order, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    order[i] = i;
  for (int64_t i = n - 1; i > 0; i--) {
    int64_t j = (int64_t)stream_below(s, (uint64_t)i, (uint64_t)i + 1), other = order[j];
    order[j] = order[i];
    order[i] = other;
  }
}
