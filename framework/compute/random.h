/* compute/random.h: the one random number generator, Philox4x32-10 (Salmon et al., 2011), counter-based: every number
 * is a function of (seed, purpose, index), never of thread or timing. */
#ifndef COMPUTE_RANDOM_H
#define COMPUTE_RANDOM_H

#include <stdint.h>

/* A stream of random numbers. */
struct stream {
  uint32_t key[2];
  uint64_t high; /* the counter's upper half */
};
/* The stream for (seed, purpose word, index): index e.g. the epoch, the iteration, the parameter's number. */
struct stream stream_of(uint64_t seed, const char *purpose, uint64_t index);
/* One of many streams inside a stream: the dropout layers of one iteration. */
struct stream stream_branch(const struct stream *s, uint64_t number);
/* Block number i of the stream: 128 bits. */
void stream_bits(const struct stream *s, uint64_t i, uint32_t bits[4]);
/* The i-th number: uniform in [0,1), from 32 bits (float) or 53 bits (double). */
float stream_float(const struct stream *s, uint64_t i);
double stream_double(const struct stream *s, uint64_t i);
/* The i-th number, uniform in 0..n-1 without bias to 2^-64. */
uint64_t stream_below(const struct stream *s, uint64_t i, uint64_t n);
/* x[0..n-1] normal with mean 0, deviation 1 (Box-Muller), or uniform in [0,1). */
void stream_normals(const struct stream *s, float *x, int64_t n);
void stream_uniforms(const struct stream *s, float *x, int64_t n);
/* A permutation of 0..n-1 (Fisher-Yates). */
void stream_permutation(const struct stream *s, int64_t *order, int64_t n);

/* The generator itself: 10 rounds on one counter. The factors and the keys' steps are for a copy of it on vectors. */
#define PHILOX_FACTOR_0 UINT32_C(0xD2511F53)
#define PHILOX_FACTOR_1 UINT32_C(0xCD9E8D57)
#define PHILOX_KEY_0 UINT32_C(0x9E3779B9)
#define PHILOX_KEY_1 UINT32_C(0xBB67AE85)
void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t bits[4]);

#endif
