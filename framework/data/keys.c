/* data/keys.c: the option tables of the data keys and of the seeds. */
#include "data/data.h"

#define LARGEST 9007199254740992.0 /* 2^53: every integer up to here is a double */

static const char *const broken_choices[] = {"fail", "skip", NULL};

static const strait_option data_table[] = {
    STRAIT_INT("limit", struct data_keys, limit, "0", 0, LARGEST,
               "number of training samples to use: the first n, or n drawn class by class if they come in order of "
               "class; 0: all"),
    STRAIT_BOOL("limit-balanced", struct data_keys, balanced, "no",
                "make limit take the same number of samples from each class"),
    STRAIT_INT("holdout", struct data_keys, holdout, "0", 0, LARGEST,
               "size of the validation split: the last n training samples after limit, or n drawn class by class if "
               "they come in order of class"),
    STRAIT_OPTION("augment", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct data_keys, augment, NULL, 0, 0, NULL,
                  "augmentation of training images: crop (zero-pad by 4, random crop), resized-crop (random area 0.08 "
                  "to 1, aspect ratio 3/4 to 4/3, resized), flip (horizontal, p = 0.5), none"),
    STRAIT_STRING("normalise", struct data_keys, normalise, "dataset",
                  "mean to subtract and deviation to divide by: the data set's own (dataset), those of another data "
                  "set by its name, \"MEAN... / DEVIATION...\", or none"),
    STRAIT_FLOAT(
        "label-noise", struct data_keys, label_noise, "0", 0, 1,
        "probability with which each training label is redrawn uniformly over the classes, once before training"),
    STRAIT_INT("image.size", struct data_keys, image_size, "0", 0, 8192,
               "height and width that images are resized to; 0: their own, or 224 if sizes differ"),
    STRAIT_INT("image.resize", struct data_keys, image_resize, "0", 0, 8192,
               "length to resize the shorter side to before the centre crop; 0: 8/7 of image.size"),
    STRAIT_CHOICE("broken", struct data_keys, broken, "fail", broken_choices,
                  "what to do with samples that cannot be read: fail, or skip and report their number"),
};
const struct option_table data_options = {data_table, sizeof data_table[0], sizeof data_table / sizeof data_table[0]};

static const strait_option seeds_table[] = {
    STRAIT_INT("seed", struct seeds, seed, "1", 0, LARGEST, "seed of every random stream"),
    STRAIT_INT("seed.init", struct seeds, init, "-1", -1, LARGEST, "seed of the initial weights; -1: seed"),
    STRAIT_INT("seed.order", struct seeds, order, "-1", -1, LARGEST, "seed of the order of samples; -1: seed"),
    STRAIT_INT("seed.augment", struct seeds, augment, "-1", -1, LARGEST, "seed of augmentation; -1: seed"),
    STRAIT_INT("seed.dropout", struct seeds, dropout, "-1", -1, LARGEST, "seed of dropout; -1: seed"),
    STRAIT_INT("seed.t", struct seeds, t, "-1", -1, LARGEST, "seed of the values of t in curve training; -1: seed"),
    STRAIT_INT("seed.noise", struct seeds, noise, "-1", -1, LARGEST,
               "seed of label noise and of the samples that limit and holdout draw; -1: seed"),
    STRAIT_INT("seed.subset", struct seeds, subset, "-1", -1, LARGEST,
               "seed of evaluation subsets and of the order and augmentation of batch-norm refreshes; -1: seed"),
};
const struct option_table seeds_options = {seeds_table, sizeof seeds_table[0],
                                           sizeof seeds_table / sizeof seeds_table[0]};

uint64_t seed_of(const struct seeds *seeds, int64_t override_) {
  return (uint64_t)(override_ >= 0 ? override_ : seeds->seed);
}
