/* data/maker.h: makes one sample of a batch: read, resize, crop, flip, normalise. */
#ifndef DATA_MAKER_H
#define DATA_MAKER_H

#include "data/feeder.h"
#include "data/internal.h"
#include "data/resample.h"

/* The random streams of an epoch's augmentation. */
struct augmenting {
  int on;
  struct stream shift; /* crop and flip */
  struct stream frame; /* resized crops */
};
struct augmenting augmenting_of(const struct feeding *feeding, int64_t epoch);

/* One thread's working memory; taken at creation, but for what images of unknown size need. */
struct maker {
  const struct data *data;
  struct reading reading;
  int32_t *label;
  float *target;
  struct resampler resampler;
  unsigned char *resized, *shifted; /* (channels, height, width) elements each */
};
int maker_create(struct maker *maker, const struct data *data);
void maker_free(struct maker *maker);
/* x: (height, width, channels) floats; target: int32 classes, or the real target. */
int maker_make(struct maker *maker, struct spot spot, const struct augmenting *augmenting, float *x, void *target);

#endif
