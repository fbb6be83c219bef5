/* align/match.h: which unit of one network goes with which unit of another: permutations of the groups of
 * network/channels.h, found from the weights or from what the units say on data. */
#ifndef ALIGN_MATCH_H
#define ALIGN_MATCH_H

#include "data/feeder.h"
#include "network/channels.h"
#include "network/program.h"

/* Both networks have the same graph. Vectors are of its layouts. */
struct matching {
  const struct network *network;
  const struct channels *channels;
  struct device *device;
  const float *a, *b;                       /* weights */
  const float *a_statistics, *b_statistics; /* for match_activations; NULL where there are none */
  int (*tick)(void *context, int64_t done); /* groups or batches so far; NULL: nobody watches */
  void *context;
  /* results */
  int64_t **order;        /* of b's units, for channels_permute and memory_free */
  double before, after;   /* the similarity, with all units where they are and as matched */
  int64_t starts, agreed; /* how many searches there were, and how many ended as well as the best, itself included */
};

/* Weight matching (Ainsworth, Hayase and Srinivasa, "Git Re-Basin", 2023, algorithm 1): sweeps over the groups in
 * random order; each is assigned while all others are fixed, so that <a, permuted b> is largest; until a sweep changes
 * nothing. Starts from the identity, from the permutation that is found by going from the input on, and from `restarts`
 * random ones; the best is kept. Similarity: the cosine of a and permuted b. Defined in match_weights.c. */
int match_weights(struct matching *matching, int64_t restarts, uint64_t seed);
/* Activation matching: each group by the correlation of its units over samples and positions, where layers with weights
 * read them (the mean over these places). feeding: whose samples. Similarity: the mean correlation of matched units.
 * Defined in match_activations.c. */
int match_activations(struct matching *matching, const struct data *data, const struct feeding *feeding);

#endif
