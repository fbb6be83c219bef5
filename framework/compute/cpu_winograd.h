/* compute/cpu_winograd.h: the work of compute/correlate.h and compute/gradient.h by Winograd's algorithm. Private to
 * compute/. */
#ifndef COMPUTE_CPU_WINOGRAD_H
#define COMPUTE_CPU_WINOGRAD_H

#include "compute/correlate.h"
#include "compute/gradient.h"

/* Is it possible, and worth it, for this layer? By shape alone. */
int winograd_fits(const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], const int64_t from[3],
                  const int64_t to[3]);

int64_t winograd_worker_words(struct correlation *c);
int64_t winograd_shared_words(struct correlation *c);
void winograd_correlate(struct correlation *c);

int64_t winograd_gradient_worker_words(const struct gradient *g);
int64_t winograd_gradient_shared_words(const struct gradient *g);
void winograd_gradient(struct gradient *g);

#endif
