/* strait/dataset.h: labelled samples in splits.
 *
 * The data set says what a sample is; the host does the rest: holdout, subsets, label noise, order, augmentation,
 * normalisation, batching and the choice of the loss.
 */
#ifndef STRAIT_DATASET_H
#define STRAIT_DATASET_H

#include <strait/host.h>
#include <strait/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The splits. The validation split is the host's holdout of train, unless the data set has one of its own (since 1.1:
 * strait_split.validation). */
enum { STRAIT_TRAIN = 0, STRAIT_TEST = 1, STRAIT_VALIDATION = 2 };

enum {
  STRAIT_TARGET_CLASS = 1, /* one class of `classes`: softmax cross-entropy */
  STRAIT_TARGET_CLASSES,   /* one class per position: dims[0] of them, of samples of rank 1; a network's output is
                            * (dims[0], classes), the loss the mean over all positions of the batch that have one */
  STRAIT_TARGET_REAL       /* a vector of `classes` reals: mean squared error */
};
/* Streams and windows: the split is one long sequence (a text) of count + 1 places, and sample i is the T = dims[0]
 * places from place i on, for each i (the last ones are short: places after the end have no target). Their target is
 * STRAIT_TARGET_CLASSES.
 * Streams: a batch of B trains B pieces of the sequence side by side, each (count + 1) div B places long and cut into
 * ((count + 1) div B - 1) div T samples, which follow one another; what is left over is dropped. State that layers
 * carry passes from sample to sample.
 * Windows (since 1.1): each sample starts at a random place, drawn with replacement.
 */
enum { STRAIT_ORDER_SHUFFLED = 0, STRAIT_ORDER_STREAMS, STRAIT_ORDER_WINDOWS };

typedef struct strait_split {
  uint32_t size;
  uint32_t element; /* STRAIT_U8 (0..255, given to the network as x/255), STRAIT_F32 or STRAIT_I32 (0..classes-1, as
                       they are; the target is STRAIT_TARGET_CLASSES) */
  uint32_t target;  /* STRAIT_TARGET_... */
  uint32_t order;   /* STRAIT_ORDER_... */
  uint32_t rank;    /* dimensions of a sample: 3 for images (channels, height, width), 1 for vectors */
  uint32_t reserved;
  int64_t dims[STRAIT_MAX_DIMS];  /* heights and widths of u8 images may be 0: they vary, and the host resizes */
  int64_t count;                  /* samples */
  int64_t classes;                /* classes, or the length of the real target */
  const char *const *class_names; /* `classes` names, or NULL; live as long as the instance */
  /* --- since 1.1 --- */
  int64_t epoch;       /* windows: samples per epoch; 0: count / dims[0], rounded up */
  uint32_t validation; /* of the train split: 1 if describe() and read() serve STRAIT_VALIDATION too */
  uint32_t reserved2;
} strait_split;

/* Where read() puts a sample. */
struct strait_sample;
typedef struct strait_sample_ops {
  uint32_t size;
  uint32_t reserved;
  void *(*reserve)(struct strait_sample *sample, uint32_t rank, const int64_t *dims);
  int32_t (*label)(struct strait_sample *sample, int64_t label);
  float *(*target)(struct strait_sample *sample, int64_t count);
  /* --- since 1.1 --- */
  int32_t *(*labels)(struct strait_sample *sample, int64_t count);
} strait_sample_ops;
typedef struct strait_sample {
  const strait_sample_ops *ops;
} strait_sample;

/* Room for the sample's elements (dims as in strait_split, channels first); NULL on failure, its cause recorded.
 * [one thread, in read()] */
static inline void *strait_sample_reserve(strait_sample *sample, uint32_t rank, const int64_t *dims) {
  return sample->ops->reserve(sample, rank, dims);
}
/* Sets the sample's class; one outside 0..classes-1 is refused. [one thread, in read()] */
static inline int32_t strait_sample_label(strait_sample *sample, int64_t label) {
  return sample->ops->label(sample, label);
}
/* Room for the real target of `count` numbers; NULL on failure, its cause recorded. [one thread, in read()] */
static inline float *strait_sample_target(strait_sample *sample, int64_t count) {
  return sample->ops->target(sample, count);
}
/* Since 1.1. Room for a class per position, `count` = dims[0] of them; -1: this position has no target, and counts
 * nowhere. NULL on failure, its cause recorded. [one thread, in read()] */
static inline int32_t *strait_sample_labels(strait_sample *sample, int64_t count) {
  return STRAIT_HAS(sample->ops, strait_sample_ops, labels) ? sample->ops->labels(sample, count) : NULL;
}

typedef struct strait_dataset_ops {
  uint32_t size;
  uint32_t reserved;
  /* Finds and checks the files and builds an index that does not change afterwards. Fails with the path, what is wrong,
   * and where to get the data. [one thread, once, after init()] */
  int32_t (*open)(void *self);
  /* Fills *split (zeroed, size set) for STRAIT_TRAIN or STRAIT_TEST, or, where that of STRAIT_TRAIN says `validation`,
   * STRAIT_VALIDATION. [one thread, after open()] */
  int32_t (*describe)(const void *self, uint32_t which, strait_split *split);
  /* Reads sample `index` (0 <= index < count). The same bytes at every call, in any order.
   * [any thread, after open()] */
  int32_t (*read)(const void *self, uint32_t which, int64_t index, strait_sample *sample);
  /* The usual normalisation of this data, x -> (x - mean) / deviation for x in 0..1, one number per channel; NULL:
   * none.
   */
  const float *mean;
  const float *deviation;
  int64_t channels; /* the length of mean and deviation */
  /* Sets *label to the class of a sample without reading the rest of it; NULL: the host calls read(). For data sets
   * whose samples are costly to read, so that opening them stays quick. [any thread, after open()] */
  int32_t (*label)(const void *self, uint32_t which, int64_t index, int64_t *label);
} strait_dataset_ops;

#ifdef __cplusplus
}
#endif
#endif
