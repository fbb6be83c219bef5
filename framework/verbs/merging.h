/* verbs/merging.h: rules that make one network of several. Arithmetic alone: networks come one at a time from whoever
 * has them, so that the memory does not grow with their number. Sums are taken in one order, by one thread. */
#ifndef VERBS_MERGING_H
#define VERBS_MERGING_H

#include "network/network.h"

/* w_i: the networks; v_i: their weights in the merge; d_i = w_i - base. "Per tensor": each segment for itself. */
enum {
  MERGE_MEAN,  /* sum v_i w_i / sum v_i; the v_i are at least 0 */
  MERGE_SLERP, /* of two, per tensor: (sin((1-t) a) w_0 + sin(t a) w_1) / sin a, a the angle between them; the straight
                  line where |cos a| > 0.9995 or one is 0 (Shoemake, 1985) */
  MERGE_EMA,   /* e = w_0, then e = decay e + (1 - decay) w_i in their order */
  MERGE_SOUP,  /* the plain mean (Wortsman et al., 2022) */
  MERGE_GREEDY_SOUP, /* of those that greed_admits; each that follows is tried by its caller */
  MERGE_TASK,        /* base + scale sum v_i d_i (Ilharco et al., 2023) */
  MERGE_TIES, /* Yadav et al., 2023: of each d_i the `density` largest per tensor stay; the sign of sum v_i d_i is
                 elected for each weight (0: plus); base + scale * sum v_i d_i / sum v_i over those that agree */
  MERGE_DARE, /* Yu et al., 2024: each weight of d_i is dropped with probability `drop`, the rest is divided by 1 -
                 drop; base + scale sum v_i d_i */
  MERGE_STOCK /* Jang et al., 2024, per tensor: base + s (mean of d_i), s = N c / (1 + (N-1) c), c the mean cosine of
                 two d_i */
};
#define MERGE_BIT(method) (1u << (method))
#define MERGE_WITH_BASE (MERGE_BIT(MERGE_TASK) | MERGE_BIT(MERGE_TIES) | MERGE_BIT(MERGE_DARE) | MERGE_BIT(MERGE_STOCK))

struct merging {
  int method;
  const struct layout *layout;
  int64_t count;        /* networks */
  const double *weight; /* v_i; NULL: 1 each */
  const float *base;    /* NULL: the method has none */
  double t, decay, scale, density, drop;
  uint64_t seed; /* MERGE_DARE */
  /* Fills `weights` with network i; called in the order of i, by MERGE_TIES twice. */
  int (*load)(void *context, int64_t i, float *weights);
  void *context;
};
/* result: layout->count floats. MERGE_GREEDY_SOUP is the mean, as MERGE_SOUP is. */
int merge(const struct merging *merging, float *result);

#endif
