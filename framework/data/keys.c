/* data/keys.c: the option tables of the data keys and of the seeds. */
#include "data/data.h"

#define LARGEST 9007199254740992.0 /* 2^53: every integer up to here is a double */

static const char *const broken_choices[] = {"fail", "skip", NULL};

static const strait_option data_table[] = {
    STRAIT_INT("limit", struct data_keys, limit, "0", 0, LARGEST,
               "use the first n training samples, or (where they come in order of class) as many drawn class by class; "
               "0: all"),
    STRAIT_BOOL("limit-balanced", struct data_keys, balanced, "no", "limit takes limit/classes samples of each class"),
    STRAIT_INT("holdout", struct data_keys, holdout, "0", 0, LARGEST,
               "the last n training samples (of those limit left) become the validation split; drawn class by class "
               "where they "
               "come in order of class"),
    STRAIT_OPTION("augment", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct data_keys, augment, NULL, 0, 0, NULL,
                  "what happens to training images: crop (zero-pad by 4, random crop), resized-crop (a random part of "
                  ".08 to 1 of "
                  "the area, 3/4 to 4/3 as wide as high, resized), flip (horizontally, p = .5), none"),
    STRAIT_STRING("normalise", struct data_keys, normalise, "dataset",
                  "subtract a mean, divide by a deviation: the data set's own (dataset), none, those of the data set "
                  "named, or \"MEAN... / DEVIATION...\""),
    STRAIT_FLOAT("label-noise", struct data_keys, label_noise, "0", 0, 1,
                 "redraw each training label uniformly over the classes with this probability, once for all"),
    STRAIT_INT("image.size", struct data_keys, image_size, "0", 0, 8192,
               "height and width that images are resized to; 0: their own, or 224 where they differ"),
    STRAIT_INT("image.resize", struct data_keys, image_resize, "0", 0, 8192,
               "the shorter side of a resized image before its middle is cut out; 0: 8/7 of image.size"),
    STRAIT_CHOICE("broken", struct data_keys, broken, "fail", broken_choices,
                  "samples that cannot be read: fail, or skip them and say how many"),
};
const struct option_table data_options = {data_table, sizeof data_table[0], sizeof data_table / sizeof data_table[0]};

static const strait_option seeds_table[] = {
    STRAIT_INT("seed", struct seeds, seed, "1", 0, LARGEST, "sets every stream of random numbers"),
    STRAIT_INT("seed.init", struct seeds, init, "-1", -1, LARGEST, "the initial weights; -1: seed"),
    STRAIT_INT("seed.order", struct seeds, order, "-1", -1, LARGEST, "the order of the samples; -1: seed"),
    STRAIT_INT("seed.augment", struct seeds, augment, "-1", -1, LARGEST, "augmentation; -1: seed"),
    STRAIT_INT("seed.dropout", struct seeds, dropout, "-1", -1, LARGEST, "dropout; -1: seed"),
    STRAIT_INT("seed.t", struct seeds, t, "-1", -1, LARGEST, "the points t of a curve's training; -1: seed"),
    STRAIT_INT("seed.noise", struct seeds, noise, "-1", -1, LARGEST,
               "label noise, and samples that limit and holdout draw; -1: seed"),
    STRAIT_INT("seed.subset", struct seeds, subset, "-1", -1, LARGEST,
               "the subsets that are evaluated, and the order and augmentation of batch-norm refreshes; -1: seed"),
};
const struct option_table seeds_options = {seeds_table, sizeof seeds_table[0],
                                           sizeof seeds_table / sizeof seeds_table[0]};

uint64_t seed_of(const struct seeds *seeds, int64_t override_) {
  return (uint64_t)(override_ >= 0 ? override_ : seeds->seed);
}
