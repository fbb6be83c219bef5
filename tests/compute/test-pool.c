/* Pooling against its definition; for maxima the values and gradients are exact. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

struct layer {
  int64_t samples, channels, height, width, out_height, out_width, kernel[2], stride[2], padding[2];
  int average, accumulate, ties; /* ties: inputs are small integers, so that many are equal */
};

static float *input(const struct layer *l) {
  const int64_t n = l->samples * l->height * l->width * l->channels;
  float *x = rig_random(n, "x");
  for (int64_t i = 0; l->ties && i < n; i++)
    x[i] = roundf(x[i]);
  return x;
}

/* y, the position of the first maximum in the window, and dx, all in double. */
static void reference(const struct layer *l, const float *x, const float *dy, double *y, int32_t *index, double *dx) {
  const int64_t size = l->kernel[0] * l->kernel[1];
  for (int64_t i = 0; i < l->samples * l->out_height * l->out_width * l->channels; i++) {
    const int64_t c = i % l->channels, ox = i / l->channels % l->out_width;
    const int64_t oy = i / l->channels / l->out_width % l->out_height;
    const int64_t sample = i / l->channels / l->out_width / l->out_height;
    int64_t best = -1, best_at = -1;
    double sum = 0;
    for (int64_t k = 0; k < size; k++) {
      const int64_t iy = oy * l->stride[0] - l->padding[0] + k / l->kernel[1];
      const int64_t ix = ox * l->stride[1] - l->padding[1] + k % l->kernel[1];
      if (iy < 0 || iy >= l->height || ix < 0 || ix >= l->width)
        continue;
      const int64_t at = ((sample * l->height + iy) * l->width + ix) * l->channels + c;
      sum += x[at];
      if (l->average)
        dx[at] += (double)dy[i] / (double)size;
      if (best < 0 || x[at] > x[best_at])
        best = k, best_at = at;
    }
    y[i] = l->average ? sum / (double)size : (double)x[best_at];
    index[i] = (int32_t)best;
    if (!l->average)
      dx[best_at] += dy[i];
  }
}

static void run_layer(struct device *d, const void *context, struct sheet *sheet) {
  const struct layer *l = context;
  const int64_t nx = l->samples * l->height * l->width * l->channels;
  const int64_t ny = l->samples * l->out_height * l->out_width * l->channels;
  float *x = input(l), *dx = rig_random(nx, "dx"), *dy = rig_random(ny, "dy");
  struct pool_op op = {.channels = l->channels,
                       .height = l->height,
                       .width = l->width,
                       .out_height = l->out_height,
                       .out_width = l->out_width,
                       .kernel = {l->kernel[0], l->kernel[1]},
                       .stride = {l->stride[0], l->stride[1]},
                       .padding = {l->padding[0], l->padding[1]},
                       .accumulate_dx = l->accumulate,
                       .x = rig_place(d, x, nx),
                       .y = rig_place(d, NULL, ny),
                       .index = l->average ? NO_PLACE : rig_place(d, NULL, ny),
                       .dy = rig_place(d, dy, ny),
                       .dx = rig_place(d, dx, nx)};
  struct run run = {.samples = l->samples};
  struct op record = {.kind = l->average ? OP_AVG_POOL : OP_MAX_POOL, .element = STRAIT_F32, .pool = op};
  device_run(d, &record, FORWARD, &run);
  sheet_add(sheet, d, op.y, ny);
  device_run(d, &record, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, nx);
  if (!l->average) {
    sheet_add(sheet, d, op.index, ny);
    record.pool.index = NO_PLACE; /* evaluation */
    d->ops->fill(d, op.y, -1, ny);
    device_run(d, &record, FORWARD, &run);
    sheet_add(sheet, d, op.y, ny);
  }
  free(x), free(dx), free(dy);
}

static void check_layer(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer *l = context;
  const int64_t nx = l->samples * l->height * l->width * l->channels;
  const int64_t ny = l->samples * l->out_height * l->out_width * l->channels;
  float *x = input(l), *dy = rig_random(ny, "dy"), *old = rig_random(nx, "dx");
  double *y = calloc((size_t)ny, sizeof *y), *dx = calloc((size_t)nx, sizeof *dx);
  int32_t *index = calloc((size_t)ny, sizeof *index);
  reference(l, x, dy, y, index, dx);
  for (int64_t i = 0; l->accumulate && i < nx; i++)
    dx[i] += old[i];
  /* a maximum is exact; averages and sums of gradients are of at most 50 terms, 6e-8 each */
  rig_near(sheet->data[0], y, ny, l->average ? 1e-6 : 0, kernels);
  rig_near(sheet->data[1], dx, nx, 1e-6, "dx");
  if (!l->average) {
    ck_assert_mem_eq(sheet->data[2], index, (size_t)ny * sizeof *index);
    ck_assert_mem_eq(sheet->data[3], sheet->data[0], (size_t)ny * sizeof(float));
  }
  free(x), free(dy), free(old), free(y), free(dx), free(index);
}

static const struct layer layers[] = {
    {2, 5, 8, 8, 4, 4, {2, 2}, {2, 2}, {0, 0}, 0, 0, 0},
    {2, 16, 9, 7, 4, 3, {3, 3}, {2, 2}, {0, 0}, 0, 1, 1}, /* overlapping, ties */
    {3, 33, 8, 8, 4, 4, {3, 3}, {2, 2}, {1, 1}, 0, 0, 1}, /* padded (ResNet) */
    {2, 3, 8, 8, 4, 4, {3, 3}, {2, 2}, {0, 0}, 0, 0, 0},  /* ceil_mode: the last windows leave the image */
    {2, 7, 5, 6, 3, 2, {3, 5}, {1, 2}, {0, 1}, 0, 0, 1},  /* nothing square */
    {2, 5, 8, 8, 4, 4, {2, 2}, {2, 2}, {0, 0}, 1, 0, 0},
    {2, 19, 7, 7, 4, 4, {3, 3}, {2, 2}, {1, 1}, 1, 1, 0}, /* the padding counts */
    {3, 64, 8, 8, 1, 1, {8, 8}, {8, 8}, {0, 0}, 1, 0, 0}, /* global */
    {1, 2, 3, 3, 1, 1, {2, 2}, {2, 2}, {0, 0}, 1, 0, 0},  /* inputs outside of all windows */
};

START_TEST(layer) { rig_each(run_layer, check_layer, &layers[_i]); }
END_TEST

/* A NaN is the maximum of its window, and -infinity can be one (PyTorch). */
static void run_special(struct device *d, const void *context, struct sheet *sheet) {
  const float x[8] = {1, NAN, 2, 3, -INFINITY, -INFINITY, -INFINITY, -INFINITY}, dy[2] = {5, 7};
  (void)context;
  struct pool_op op = {
      .channels = 1, .height = 1, .width = 4, .out_height = 1, .out_width = 1, .kernel = {1, 4}, .stride = {1, 4}};
  op.x = rig_place(d, x, 8), op.y = rig_place(d, NULL, 2), op.index = rig_place(d, NULL, 2);
  op.dy = rig_place(d, dy, 2), op.dx = rig_place(d, NULL, 8);
  struct run run = {.samples = 2};
  rig_run(d, MAX_POOL, pool, &op, FORWARD, &run);
  rig_run(d, MAX_POOL, pool, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.y, 2);
  sheet_add(sheet, d, op.dx, 8);
}

static void check_special(const void *context, const struct sheet *sheet, const char *kernels) {
  static const float dx[8] = {0, 5, 0, 0, 7, 0, 0, 0};
  (void)context;
  (void)kernels;
  ck_assert(isnan(sheet->data[0][0]) && sheet->data[0][1] == -INFINITY);
  ck_assert_mem_eq(sheet->data[1], dx, sizeof dx);
}

START_TEST(special) { rig_each(run_special, check_special, NULL); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("pool");
  TCase *tests = tcase_create("pool");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, layer, 0, sizeof layers / sizeof *layers);
  tcase_add_test(tests, special);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
