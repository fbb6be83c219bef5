/* compute/correlate.h: the product behind dense layers and convolutions, forward and towards the input: every target
 * position is a sum over a window of the source. Private to compute/. */
#ifndef COMPUTE_CORRELATE_H
#define COMPUTE_CORRELATE_H

#include "compute/cpu.h"

/* Target positions that share their taps: a convolution has one family; its transpose has one for each remainder of the
 * stride. Rows first, then columns. */
struct family {
  int64_t first[2], step[2], count[2]; /* of the target */
  int64_t source[2], stride[2];        /* the source position under the first tap of the first; from one to the next */
  int64_t taps[2];
  int64_t tap_first[2], tap_step[2]; /* the kernel's tap under the window's first tap; from one to the next */
  int64_t panel;                     /* where its packed weights begin, in words */
};

struct correlation {
  struct cpu *cpu;
  int transpose; /* 0: forward; 1: towards the input */
  int64_t samples;
  int64_t from[3], to[3]; /* source and target: height, width, channels */
  int64_t kernel[2], stride[2], padding[2];
  const float *source, *w; /* w: (out, in, kernel height, kernel width) of the layer */
  struct affine affine;    /* what the source is read through, if its mean is not NULL */
  float *target;
  const float *bias, *add; /* NULL: none. add: laid out as the target, and may be it */
  int relu;
  float *panels; /* shared scratch: the packed weights */
};

/* The scratch it takes, in words: for each worker, and shared for the packed weights. */
int64_t correlate_worker_words(const struct correlation *c);
int64_t correlate_panel_words(const struct correlation *c);
void correlate(struct correlation *c);

/* How many families there are, and each of them. */
int64_t correlate_families(const struct correlation *c);
struct family correlate_family(const struct correlation *c, int64_t index);
/* Fills panel `index` of c->panels, with 2*width target channels: for each family, rows (tap, source channel) of lanes
 * (target channel). Defined in panels.c. */
void correlate_pack(const struct correlation *c, int64_t index);

#endif
