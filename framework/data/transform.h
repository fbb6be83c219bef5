/* data/transform.h: from a sample's raw elements to the network's float32 input: resize, crop and flip, then normalise.
 */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "compute/random.h"
#include "data/normal.h"

#define CROP_PAD 4 /* zeros around the image before a random crop of its own size (paper.md: the CIFAR recipe) */

/* What augmentation does to one image: cut at (row, column) out of the image padded by CROP_PAD, then mirrored if flip.
 * row and column are in 0..2*CROP_PAD; CROP_PAD leaves the image where it is. */
struct shift {
  int row, column, flip;
};
/* The draw for one sample in an epoch's stream. */
struct shift shift_draw(const struct stream *stream, int64_t sample, int crop, int flip);

/* Made once for a data set: shapes, and the normalisation as tables. */
struct transform {
  int64_t channels, height, width; /* of what comes out; vectors: (features, 1, 1) */
  int64_t shorter;                 /* what the shorter side becomes before the middle is taken; 0: nothing is resized */
  int bytes;                       /* of an element: 1 u8, 4 float32 and int32 */
  int integers;                    /* elements are int32, and stay as they are */
  int same;                        /* all channels are normalised alike */
  float *table;                    /* u8: 256 results a channel (one row only, if same) */
  float *mean, *factor;            /* float32: y = (x - mean) * factor, a number a channel (one only, if same) */
};
/* size: the height and width of what comes out, and shorter; both 0 where the data's own size is kept. */
int transform_create(struct transform *transform, const struct source *source, const struct normal *normal,
                     int64_t size, int64_t shorter);
void transform_free(struct transform *transform);
/* raw, to: (channels, height, width) elements, the padding raw zeros. They may not overlap. */
void transform_shift(const struct transform *transform, struct shift shift, const void *raw, void *to);
/* raw: (channels, height, width) to y: (height, width, channels). Integers are copied. */
void transform_normalise(const struct transform *transform, const void *raw, float *y);

#endif
