/* data/feeder.h: batches of a split, in order or shuffled, read, augmented and normalised ahead of the step by a thread
 * of its own. The order of samples depends on (order seed, epoch) alone, augmentation on (augment seed, epoch, sample).
 * A feeder is used by one thread at a time. */
#ifndef DATA_FEEDER_H
#define DATA_FEEDER_H

#include "data/data.h"

struct feeding {
  int split;
  int64_t batch;
  int64_t subset; /* > 0: one fixed random subset of this many samples, in index order, drawn from subset_seed */
  uint64_t subset_seed;
  int shuffle; /* 1: a fresh permutation each epoch; of one long sequence, its own order of training: `batch` streams,
                  or random windows */
  /* Of one long sequence that is not shuffled. 0: samples that follow one another, in batches as all others. */
  int64_t streams; /* this many streams side by side; `batch` is not looked at */
  int drop; /* 1: the streams are as long as in training, and what is left over is dropped; 0: every place counts */
  uint64_t order_seed;
  int augment; /* 1: as data.augment says */
  uint64_t augment_seed;
};
struct batch {
  int64_t samples;    /* 0: the epoch's end */
  const float *x;     /* (samples, height, width, channels) or (samples, features), or these as int32; valid until the
                         next call */
  const void *target; /* (samples) or (samples, positions) int32 classes, or (samples, classes) float32 */
};
/* How a pass's samples are cut into batches. */
struct batching {
  int64_t samples, batches;
  int64_t batch; /* samples of a batch; the last may be shorter, */
  int64_t wide;  /* or, unless 0, all but the first `wide` batches have one less: a stream has ended */
};
/* The first sample of a batch, and how many it has: 0 behind the last. Defined in order.c. */
int64_t batching_first(const struct batching *batching, int64_t batch);
int64_t batching_samples(const struct batching *batching, int64_t batch);

struct feeder;
int feeder_create(struct feeder **feeder, const struct data *data, const struct feeding *feeding);
void feeder_free(struct feeder *feeder);
int64_t feeder_samples(const struct feeder *feeder); /* an epoch's */
int64_t feeder_batches(const struct feeder *feeder); /* an epoch's */
struct batching feeder_batching(const struct feeder *feeder);
/* Starts epoch `epoch` (from 1) at its batch number `first` (from 0). */
int feeder_start(struct feeder *feeder, int64_t epoch, int64_t first);
/* The next batch of the epoch. */
int feeder_next(struct feeder *feeder, struct batch *batch);
/* The sample numbers (in the split) of one epoch, in order: for tests and for saved predictions. n = feeder_samples. */
void feeder_order(const struct feeder *feeder, int64_t epoch, int64_t *numbers);

#endif
