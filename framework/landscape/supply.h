/* landscape/supply.h: the samples of one split, or of a fixed subset, again and again in the same order: that of the
 * index, or (feeding.shuffle) one fixed permutation. What fits is kept as the floats that the network reads, so that a
 * scan converts each sample once; the rest comes from a feeder each time. */
#ifndef LANDSCAPE_SUPPLY_H
#define LANDSCAPE_SUPPLY_H

#include "data/feeder.h"

struct supply {
  int64_t samples; /* a pass's */
  int64_t words;   /* floats a sample */
  int64_t target;  /* words of 4 bytes a sample's target has */
  int64_t
      *numbers; /* the samples' numbers in the split, in order, when a subset or a permutation is taken; else NULL */

  struct feeding feeding;
  struct batching batching;
  struct feeder *feeder; /* NULL once everything is kept, or lent */
  struct supply *lender; /* whose kept samples these are; NULL: its own */
  int keep;              /* there is room to keep them; they are, once the first pass asks */
  float *x;              /* what is kept; of one that has a lender, a batch that is put together */
  void *targets;
  int64_t at, batch; /* samples and batches given in this pass */
};
/* Opens a supply. lender: an open supply of the whole split in index order, when this one has the same samples in any
 * order and batches of any size, or NULL. room: bytes that
 * may still be kept; what this supply will keep is taken off. Whether samples are kept changes no result. */
int supply_open(struct supply *supply, const struct data *data, const struct feeding *feeding, struct supply *lender,
                int64_t *room);
void supply_close(struct supply *supply);
/* Starts a pass; the next batch of it (samples 0: the end), valid until the next call. */
int supply_start(struct supply *supply);
int supply_next(struct supply *supply, struct batch *batch);

#endif
