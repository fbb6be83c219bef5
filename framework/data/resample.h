/* data/resample.h: resizes images of bytes: bilinear, and over all source pixels when it shrinks them (a triangle as
 * wide as the scale), the same bytes as Pillow's Image.resize with BILINEAR, which PyTorch's users train and evaluate
 * with. */
#ifndef DATA_RESAMPLE_H
#define DATA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* A part of an image: the pixels (top, left) to (top + height - 1, left + width - 1). */
struct frame {
  int64_t top, left, height, width;
};

/* What a resizing does: the part `from` of the source is an image of its own, which becomes full_height x full_width;
 * of that, the part `window` is wanted. */
struct resizing {
  struct frame from;
  int64_t full_height, full_width;
  struct frame window;
};

/* Working memory, kept from image to image. Start from {0}. One thread at a time. */
struct resampler {
  unsigned char *rows; /* source rows, resized in width */
  int64_t *first;      /* for each output place: the first source place that counts, */
  int64_t *count;      /* how many do, */
  int32_t *weight;     /* and how much each does, as 22-bit fractions */
  int32_t *sums;
  size_t rows_capacity, first_capacity, count_capacity, weight_capacity, sums_capacity;
};
void resampler_free(struct resampler *resampler);
/* raw: (channels, height, width) bytes; to: (channels, window.height, window.width). */
int resample(struct resampler *resampler, const unsigned char *raw, int64_t channels, int64_t height, int64_t width,
             const struct resizing *resizing, unsigned char *to);

#endif
