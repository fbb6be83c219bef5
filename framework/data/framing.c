/* data/framing.c: the geometry of crops. Roundings are to the nearest, halves to even, as in torchvision. */
#include "data/framing.h"

#include <math.h>

#define TRIES 10
#define BLOCKS 16 /* of random bits a sample: a power of two that TRIES fits in */

/* Half of an even difference; of an odd one, the even of the two integers beside the half. */
static int64_t half_even(int64_t difference) {
  int64_t half = difference / 2;
  return difference % 2 && half % 2 ? half + 1 : half;
}

struct resizing framing_centre(int64_t image_height, int64_t image_width, int64_t shorter, int64_t height,
                               int64_t width) {
  struct resizing r = {.from = {0, 0, image_height, image_width}, .full_height = shorter, .full_width = shorter};
  if (image_width < image_height)
    r.full_height = (int64_t)((double)shorter * (double)image_height / (double)image_width);
  else
    r.full_width = (int64_t)((double)shorter * (double)image_width / (double)image_height);
  r.window = (struct frame){half_even(r.full_height - height), half_even(r.full_width - width), height, width};
  return r;
}

static int64_t at_most(int64_t value, int64_t most) { return value < most ? value : most; }

/* When no try fits: the middle, as much of it as the limits of the ratio allow. */
static struct frame middle(int64_t height, int64_t width) {
  struct frame f = {0, 0, height, width};
  if ((double)width < (double)height * 3 / 4)
    f.height = at_most((int64_t)rint((double)width * 4 / 3), height);
  else if ((double)width > (double)height * 4 / 3)
    f.width = at_most((int64_t)rint((double)height * 4 / 3), width);
  f.top = (height - f.height) / 2;
  f.left = (width - f.width) / 2;
  return f;
}

static double uniform(uint32_t bits) { return (double)bits * 0x1p-32; }
static int64_t below(uint32_t bits, int64_t n) { return (int64_t)(((uint64_t)bits * (uint64_t)n) >> 32); }

static struct frame random_part(const struct stream *stream, int64_t sample, int64_t image_height,
                                int64_t image_width) {
  const double area = (double)image_height * (double)image_width;
  for (int i = 0; i < TRIES; i++) {
    uint32_t bits[4];
    stream_bits(stream, (uint64_t)(sample * BLOCKS + i), bits);
    const double part = area * (.08 + .92 * uniform(bits[0]));
    const double ratio = exp(log(4. / 3) * (2 * uniform(bits[1]) - 1));
    const int64_t width = (int64_t)rint(sqrt(part * ratio)), height = (int64_t)rint(sqrt(part / ratio));
    if (width > 0 && width <= image_width && height > 0 && height <= image_height)
      return (struct frame){below(bits[2], image_height - height + 1), below(bits[3], image_width - width + 1), height,
                            width};
  }
  return middle(image_height, image_width);
}

struct resizing framing_random(const struct stream *stream, int64_t sample, int64_t image_height, int64_t image_width,
                               int64_t height, int64_t width) {
  return (struct resizing){.from = random_part(stream, sample, image_height, image_width),
                           .full_height = height,
                           .full_width = width,
                           .window = {0, 0, height, width}};
}
