/* data/transform.c: crop, flip, normalise and interleave one sample.
 *
 * u8 elements have 256 values, so their normalisation is a table, made in double: exactly rounded, the same on every
 * CPU, and as fast as the arithmetic would be. */
#include "data/transform.h"

#include <string.h>

#include "base/memory.h"

struct shift shift_draw(const struct stream *stream, int64_t sample, int crop, int flip) {
  struct shift shift = {CROP_PAD, CROP_PAD, 0};
  uint32_t bits[4];
  stream_bits(stream, (uint64_t)sample, bits);
  if (crop) {
    shift.row = (int)(((uint64_t)bits[0] * (2 * CROP_PAD + 1)) >> 32);
    shift.column = (int)(((uint64_t)bits[1] * (2 * CROP_PAD + 1)) >> 32);
  }
  if (flip)
    shift.flip = bits[2] >> 31;
  return shift;
}

static int all_equal(const float *x, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    if (x[i] != x[0])
      return 0;
  }
  return 1;
}

int transform_create(struct transform *transform, const struct source *source, const struct normal *normal,
                     int64_t size, int64_t shorter) {
  const strait_split *split = &source->split[STRAIT_TRAIN];
  memset(transform, 0, sizeof *transform);
  transform->channels = split->dims[0];
  transform->height = size ? size : split->rank == 3 ? split->dims[1] : 1;
  transform->width = size ? size : split->rank == 3 ? split->dims[2] : 1;
  transform->shorter = shorter;
  transform->bytes = split->element == STRAIT_U8 ? 1 : 4;
  transform->integers = split->element == STRAIT_I32;
  transform->same = all_equal(normal->mean, normal->channels) && all_equal(normal->deviation, normal->channels);
  int64_t rows = transform->same ? 1 : transform->channels;
  transform->table = memory_alloc((size_t)rows, 256 * sizeof(float));
  transform->mean = memory_alloc((size_t)rows, sizeof(float));
  transform->factor = memory_alloc((size_t)rows, sizeof(float));
  if (!transform->table || !transform->mean || !transform->factor) {
    transform_free(transform);
    return STRAIT_ENOMEM;
  }
  for (int64_t c = 0; c < rows; c++) {
    double mean = normal->channels ? (double)normal->mean[c] : 0;
    double deviation = normal->channels ? (double)normal->deviation[c] : 1;
    transform->mean[c] = (float)mean;
    transform->factor[c] = (float)(1 / deviation);
    for (int v = 0; v < 256; v++)
      transform->table[c * 256 + v] = (float)((v / 255.0 - mean) / deviation);
  }
  return STRAIT_OK;
}

void transform_free(struct transform *transform) {
  memory_free(transform->table);
  memory_free(transform->mean);
  memory_free(transform->factor);
  memset(transform, 0, sizeof *transform);
}

/* to[-i] = from[i]: a mirrored piece of a row, its first element at `to`. */
static void copy_mirrored(unsigned char *to, const unsigned char *from, int64_t count, int bytes) {
  if (bytes == 1) {
    for (int64_t i = 0; i < count; i++)
      to[-i] = from[i];
  } else {
    for (int64_t i = 0; i < count; i++)
      memcpy(to - 4 * i, from + 4 * i, 4);
  }
}

void transform_shift(const struct transform *transform, struct shift shift, const void *raw, void *to) {
  const int64_t height = transform->height, width = transform->width;
  const int bytes = transform->bytes;
  const int64_t down = shift.row - CROP_PAD, right = shift.column - CROP_PAD; /* to[y][x] = raw[y + down][x + right] */
  const int64_t first = right < 0 ? (-right < width ? -right : width) : 0;
  const int64_t last =
      right > 0 ? (right < width ? width - right : 0) : width; /* columns first..last-1 come from raw */
  for (int64_t line = 0; line < transform->channels * height; line++) {
    int64_t y = line % height + down;
    unsigned char *row = (unsigned char *)to + line * width * bytes;
    memset(row, 0, (size_t)(width * bytes));
    if (y < 0 || y >= height || first >= last)
      continue;
    const unsigned char *from = (const unsigned char *)raw + ((line + down) * width + first + right) * bytes;
    if (shift.flip)
      copy_mirrored(row + (width - 1 - first) * bytes, from, last - first, bytes);
    else
      memcpy(row + first * bytes, from, (size_t)((last - first) * bytes));
  }
}

/* Four at a time: the loop's own steps would cost as much as the look-up. */
static void look_up(const float *table, const unsigned char *raw, int64_t count, float *y) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    y[i] = table[raw[i]];
    y[i + 1] = table[raw[i + 1]];
    y[i + 2] = table[raw[i + 2]];
    y[i + 3] = table[raw[i + 3]];
  }
  for (; i < count; i++)
    y[i] = table[raw[i]];
}

static void normalise_bytes(const struct transform *transform, const unsigned char *raw, float *y) {
  const int64_t channels = transform->channels, plane = transform->height * transform->width;
  const float *table = transform->table;
  if (channels == 1 || (plane == 1 && transform->same)) {
    look_up(table, raw, channels * plane, y);
    return;
  }
  const int64_t step = transform->same ? 0 : 256;
  if (channels == 3) { /* colour images: the usual case, with the interleaving unrolled */
    for (int64_t i = 0; i < plane; i++) {
      y[3 * i] = table[raw[i]];
      y[3 * i + 1] = table[step + raw[plane + i]];
      y[3 * i + 2] = table[2 * step + raw[2 * plane + i]];
    }
    return;
  }
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < plane; i++)
      y[i * channels + c] = table[c * step + raw[c * plane + i]];
  }
}

static void normalise_floats(const struct transform *transform, const float *raw, float *y) {
  const int64_t channels = transform->channels, plane = transform->height * transform->width;
  const int64_t step = transform->same ? 0 : 1;
  for (int64_t c = 0; c < channels; c++) {
    const float mean = transform->mean[c * step], factor = transform->factor[c * step];
    for (int64_t i = 0; i < plane; i++)
      y[i * channels + c] = (raw[c * plane + i] - mean) * factor;
  }
}

void transform_normalise(const struct transform *transform, const void *raw, float *y) {
  if (transform->integers)
    memcpy(y, raw, (size_t)(transform->channels * transform->height * transform->width) * sizeof *y);
  else if (transform->bytes == 1)
    normalise_bytes(transform, raw, y);
  else
    normalise_floats(transform, raw, y);
}
