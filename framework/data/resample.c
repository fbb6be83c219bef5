/* data/resample.c: two passes, along the rows, then along the columns, with bytes between them. Weights are rounded to
 * 22 bits, sums to the nearest byte: so are Pillow's. */
#include "data/resample.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#define BITS 22
#define LANES 16 /* columns summed together: a constant, so that compilers make vectors of them */

void resampler_free(struct resampler *resampler) {
  memory_free(resampler->rows);
  memory_free(resampler->first);
  memory_free(resampler->count);
  memory_free(resampler->weight);
  memory_free(resampler->sums);
  memset(resampler, 0, sizeof *resampler);
}

/* The weights of places from..from+n-1, when `in` source pixels become `full`. Returns how many each place has at most,
 * or a failure. */
static int64_t find_weights(struct resampler *r, int64_t in, int64_t full, int64_t from, int64_t n) {
  const double scale = (double)in / (double)full, reach = scale < 1 ? 1 : scale;
  const int64_t most = (int64_t)ceil(reach) * 2 + 1;
  if (memory_grow(&r->first, &r->first_capacity, (size_t)n, sizeof *r->first) < 0 ||
      memory_grow(&r->count, &r->count_capacity, (size_t)n, sizeof *r->count) < 0 ||
      memory_grow(&r->weight, &r->weight_capacity, (size_t)(n * most), sizeof *r->weight) < 0)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < n; i++) {
    const double centre = ((double)(from + i) + .5) * scale;
    const double low = centre - reach + .5, high = centre + reach + .5;
    const int64_t first = low < 0 ? 0 : (int64_t)low, last = high > (double)in ? in : (int64_t)high;
    int32_t *weight = r->weight + i * most;
    double sum = 0;
    for (int64_t k = first; k < last; k++)
      sum += fmax(0, 1 - fabs(((double)k - centre + .5) / reach));
    for (int64_t k = first; k < last; k++) {
      double part = fmax(0, 1 - fabs(((double)k - centre + .5) / reach)) / sum;
      weight[k - first] = (int32_t)(.5 + part * (1 << BITS));
    }
    r->first[i] = first;
    r->count[i] = last - first;
  }
  return most;
}

static unsigned char rounded(int32_t sum) {
  int32_t byte = (sum + (1 << (BITS - 1))) >> BITS; /* the weights' own rounding may exceed 1 by a little */
  return (unsigned char)(byte > 255 ? 255 : byte);
}

/* One row of the source into n places. */
static void resize_row(const struct resampler *r, int64_t most, const unsigned char *row, int64_t n,
                       unsigned char *to) {
  for (int64_t i = 0; i < n; i++) {
    const unsigned char *pixel = row + r->first[i];
    const int32_t *weight = r->weight + i * most;
    int32_t sum = 0;
    for (int64_t k = 0; k < r->count[i]; k++)
      sum += pixel[k] * weight[k];
    to[i] = rounded(sum);
  }
}

/* sums[0..n-1] += weight * row[0..n-1]; n is a multiple of LANES. */
static void add_row(int32_t *restrict sums, const unsigned char *restrict row, int32_t weight, int64_t n) {
  for (int64_t i = 0; i < n; i += LANES) {
    for (int64_t j = 0; j < LANES; j++)
      sums[i + j] += row[i + j] * weight;
  }
}

/* Along the columns: rows of `stride` bytes, the first of which is source row `top`, into n rows of `width` bytes. */
static void resize_columns(struct resampler *r, int64_t most, const unsigned char *rows, int64_t top, int64_t stride,
                           int64_t n, int64_t width, unsigned char *to) {
  for (int64_t i = 0; i < n; i++) {
    memset(r->sums, 0, (size_t)stride * sizeof *r->sums);
    for (int64_t k = 0; k < r->count[i]; k++)
      add_row(r->sums, rows + (r->first[i] - top + k) * stride, r->weight[i * most + k], stride);
    for (int64_t x = 0; x < width; x++)
      to[i * width + x] = rounded(r->sums[x]);
  }
}

int resample(struct resampler *r, const unsigned char *raw, int64_t channels, int64_t height, int64_t width,
             const struct resizing *resizing, unsigned char *to) {
  const struct frame *from = &resizing->from, *window = &resizing->window;
  const int64_t stride = (window->width + LANES - 1) / LANES * LANES;
  /* The source rows that the window needs. */
  int64_t most = find_weights(r, from->height, resizing->full_height, window->top, window->height);
  if (most < 0)
    return STRAIT_ENOMEM;
  const int64_t last = window->height - 1, top = r->first[0], rows = r->first[last] + r->count[last] - top;
  if (memory_grow(&r->rows, &r->rows_capacity, (size_t)(channels * rows * stride), 1) < 0 ||
      memory_grow(&r->sums, &r->sums_capacity, (size_t)stride, sizeof *r->sums) < 0)
    return STRAIT_ENOMEM;

  most = find_weights(r, from->width, resizing->full_width, window->left, window->width);
  if (most < 0)
    return STRAIT_ENOMEM;
  for (int64_t line = 0; line < channels * rows; line++) {
    const int64_t y = line / rows * height + from->top + top + line % rows;
    resize_row(r, most, raw + y * width + from->left, window->width, r->rows + line * stride);
  }

  most = find_weights(r, from->height, resizing->full_height, window->top, window->height);
  if (most < 0)
    return STRAIT_ENOMEM;
  for (int64_t c = 0; c < channels; c++)
    resize_columns(r, most, r->rows + c * rows * stride, top, stride, window->height, window->width,
                   to + c * window->height * window->width);
  return STRAIT_OK;
}
