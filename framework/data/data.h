/* data/data.h: a data set with the user's keys applied: splits, subsets, label noise, normalisation, augmentation. The
 * same for every data set; immutable once open, and shared by any number of feeders. */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include <strait/dataset.h>

#include "plugin/registry.h"

enum { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLITS };
const char *split_name(int split); /* "train" "validation" "test" */

/* The data keys; data_options is their option table (limit, limit-balanced, holdout, augment, normalise, label-noise,
 * image.size, image.resize, broken). */
struct data_keys {
  int64_t limit;          /* use the first `limit` training samples; 0: all */
  int32_t balanced;       /* limit takes the first limit/classes of each class */
  int64_t holdout;        /* the last n of what limit left are the validation split; their labels stay as they are;
                             0 where the data set has a validation split of its own */
                          /* "first" and "last" are of the data set's own order, or of data/mixing.h's */
  strait_strings augment; /* crop (zero-pad the raw image by 4, random crop), resized-crop (a random part of any size
                           * and shape, resized), flip (horizontal, p = .5), or none */
  const char *normalise; /* "dataset" (its own), "none", a data set's name, "MEAN... / DEVIATION..." (a channel each) */
  double label_noise;    /* each training label redrawn uniformly over the classes with this probability */
  int64_t image_size;    /* images become this high and wide; 0: as they are, or 224 where sizes vary */
  int64_t image_resize;  /* their shorter side before the middle image_size is cut out; 0: 8/7 of image_size */
  int32_t broken;        /* fail | skip (samples that cannot be read are left out, and counted in a warning) */
};
extern const struct option_table data_options;

/* The seeds of a stage; each is `seed` unless overridden. data_seeds_options: seed, seed.init, ... */
struct seeds {
  int64_t seed;
  int64_t init, order, augment, dropout, t, noise, subset; /* -1: seed */
};
extern const struct option_table seeds_options;
/* Defined in keys.c. */
uint64_t seed_of(const struct seeds *seeds, int64_t override_);

struct data;
/* dataset: an instance, not yet opened; it must outlive the data. registry: to look up normalise = NAME. */
int data_open(struct data **data, strait_object *dataset, struct registry *registry, const struct data_keys *keys,
              uint64_t noise_seed);
void data_free(struct data *data);
/* Samples of a split; where they are places of one long sequence (dataset.h), those that follow one another: every
 * place is in one of them. */
int64_t data_count(const struct data *data, int split);
/* Is the data one long sequence? */
int data_ordered(const struct data *data);
/* Iterations of a training epoch, at least 1; a batch that the data are too short for fails, naming both. */
int64_t data_epoch(const struct data *data, int64_t batch);
int data_check_batch(const struct data *data, int64_t batch);
const strait_split *data_describe(const struct data *data); /* rank, dims, target, classes, names */
void data_fingerprint(const struct data *data, char digest[33]);
int data_augments(const struct data *data); /* does the key augment change samples? */
/* The mean and deviation in force, a number a channel; NULL: none. */
const float *data_mean(const struct data *data), *data_deviation(const struct data *data);

#endif
