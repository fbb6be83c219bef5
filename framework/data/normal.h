/* data/normal.h: normalisation: which mean and deviation the key `normalise` means. */
#ifndef DATA_NORMAL_H
#define DATA_NORMAL_H

#include "data/source.h"
#include "plugin/registry.h"

/* x -> (x - mean) / deviation, a number a channel. */
struct normal {
  int64_t channels; /* 0: none */
  float *mean, *deviation;
};
/* text: "dataset", "none", a data set's name, or "MEAN... / DEVIATION...". The result has one number for each channel
 * of the source (for vectors: each feature, unless one number serves all), or none. */
int normal_read(struct normal *normal, const char *text, const struct source *source, struct registry *registry);
void normal_free(struct normal *normal);

#endif
