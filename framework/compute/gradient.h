/* compute/gradient.h: weight and bias gradients of dense layers and convolutions: sums over all positions of all
 * samples. Private to compute/. */
#ifndef COMPUTE_GRADIENT_H
#define COMPUTE_GRADIENT_H

#include "compute/cpu.h"

struct gradient {
  struct cpu *cpu;
  int64_t samples;
  int64_t from[3], to[3]; /* the layer's input and output: height, width, channels */
  int64_t kernel[2], stride[2], padding[2];
  const float *x, *dy;
  struct affine affine; /* what x is read through, if its mean is not NULL */
  float *dw, *db;       /* dw: (out, in, kernel height, kernel width); db: (out) or NULL */
  int accumulate;
  float *scratch; /* shared */
};

/* The scratch it takes with up to this many samples, in words: for each worker, and shared. */
int64_t gradient_worker_words(const struct gradient *g);
int64_t gradient_shared_words(const struct gradient *g);
void gradient(struct gradient *g);

#endif
