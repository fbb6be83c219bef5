/* data/framing.h: which part of an image of any size the network sees. */
#ifndef DATA_FRAMING_H
#define DATA_FRAMING_H

#include "compute/random.h"
#include "data/resample.h"

/* For evaluation: the shorter side becomes `shorter`, then the middle height x width is taken. */
struct resizing framing_centre(int64_t image_height, int64_t image_width, int64_t shorter, int64_t height,
                               int64_t width);
/* For training, the random resized crop of Szegedy et al. (2015) as PyTorch's users have it: a part of .08 to 1 of the
 * area, 3/4 to 4/3 as wide as high, anywhere, becomes height x width. A function of (stream, sample). */
struct resizing framing_random(const struct stream *stream, int64_t sample, int64_t image_height, int64_t image_width,
                               int64_t height, int64_t width);

#endif
