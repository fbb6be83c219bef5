/* Batch norm against its definition in double, its gradients against differences of that. */
#include <math.h>
#include <stdlib.h>

#include "rig.h"

struct layer {
  int64_t samples, positions, channels;
  int relu, accumulate, batch;
  double mean; /* added to x: far from 0, a variance by plain float sums of squares would be lost */
};

#define EPSILON 1e-5
#define MOMENTUM 0.1

struct arrays {
  const struct layer *layer;
  double *x, *scale, *shift, *dy, *running_mean, *running_variance;
};

static void statistics(const struct arrays *a, int64_t c, double *mean, double *variance) {
  const int64_t n = a->layer->samples * a->layer->positions, channels = a->layer->channels;
  *mean = *variance = 0;
  for (int64_t i = 0; i < n; i++)
    *mean += a->x[i * channels + c] / (double)n;
  for (int64_t i = 0; i < n; i++)
    *variance += pow(a->x[i * channels + c] - *mean, 2) / (double)n;
}

static void reference(const struct arrays *a, double *y) {
  const struct layer *l = a->layer;
  const int64_t n = l->samples * l->positions;
  for (int64_t c = 0; c < l->channels; c++) {
    double mean, variance;
    if (l->batch)
      statistics(a, c, &mean, &variance);
    else
      mean = a->running_mean[c], variance = a->running_variance[c];
    for (int64_t i = 0; i < n; i++) {
      const double v = (a->x[i * l->channels + c] - mean) / sqrt(variance + EPSILON) * a->scale[c] + a->shift[c];
      y[i * l->channels + c] = l->relu && v < 0 ? 0 : v;
    }
  }
}

static double objective(const void *context) {
  const struct arrays *a = context;
  const int64_t n = a->layer->samples * a->layer->positions * a->layer->channels;
  double *y = malloc((size_t)n * sizeof *y), sum = 0;
  reference(a, y);
  for (int64_t i = 0; i < n; i++)
    sum += y[i] * a->dy[i];
  free(y);
  return sum;
}

static float *inputs(const struct layer *l) {
  const int64_t n = l->samples * l->positions * l->channels;
  float *x = rig_random(n, "x");
  for (int64_t i = 0; i < n; i++)
    x[i] += (float)l->mean;
  return x;
}

static float *variances(const struct layer *l) {
  float *v = rig_random(l->channels, "variance");
  for (int64_t i = 0; i < l->channels; i++)
    v[i] = v[i] * v[i] + 0.1f;
  return v;
}

static float *means(const struct layer *l) {
  float *m = rig_random(l->channels, "mean");
  for (int64_t i = 0; i < l->channels; i++)
    m[i] += (float)l->mean;
  return m;
}

static void run_layer(struct device *d, const void *context, struct sheet *sheet) {
  const struct layer *l = context;
  const int64_t c = l->channels, n = l->samples * l->positions * c;
  float *x = inputs(l), *scale = rig_random(c, "scale"), *shift = rig_random(c, "shift"), *dy = rig_random(n, "dy");
  float *dx = rig_random(n, "dx"), *dscale = rig_random(c, "dscale"), *dshift = rig_random(c, "dshift");
  float *mean = means(l), *variance = variances(l);
  struct norm_op op = {.positions = l->positions,
                       .channels = c,
                       .momentum = MOMENTUM,
                       .epsilon = EPSILON,
                       .relu = l->relu,
                       .accumulate_dx = l->accumulate,
                       .accumulate_dw = l->accumulate,
                       .x = rig_place(d, x, n),
                       .scale = rig_place(d, scale, c),
                       .shift = rig_place(d, shift, c),
                       .running_mean = rig_place(d, mean, c),
                       .running_variance = rig_place(d, variance, c),
                       .y = rig_place(d, NULL, n),
                       .saved = rig_place(d, NULL, 6 * c),
                       .dy = rig_place(d, dy, n),
                       .dx = rig_place(d, dx, n),
                       .dscale = rig_place(d, dscale, c),
                       .dshift = rig_place(d, dshift, c)};
  struct run run = {.samples = l->samples, .batch_statistics = l->batch, .update_statistics = 0};
  ck_assert_int_eq(rig_reserve(d, NORM, norm, &op, l->samples + 3, FORWARD | BACKWARD), STRAIT_OK);
  rig_run(d, NORM, norm, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  rig_run(d, NORM, norm, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  sheet_add(sheet, d, op.dscale, c);
  sheet_add(sheet, d, op.dshift, c);
  sheet_add(sheet, d, op.saved, 3 * c);
  sheet_add(sheet, d, op.running_mean, c); /* update_statistics = 0: as they were */
  sheet_add(sheet, d, op.running_variance, c);
  run.update_statistics = 1;
  rig_run(d, NORM, norm, &op, FORWARD, &run);
  sheet_add(sheet, d, op.running_mean, c);
  sheet_add(sheet, d, op.running_variance, c);
  if (!l->batch) { /* in evaluation y may be x's own place */
    op.y = op.x;
    rig_run(d, NORM, norm, &op, FORWARD, &run);
    sheet_add(sheet, d, op.y, n);
  }
  free(x), free(scale), free(shift), free(dy), free(dx), free(dscale), free(dshift), free(mean), free(variance);
}

static void check_statistics(const struct arrays *a, const struct sheet *sheet) {
  const struct layer *l = a->layer;
  const double n = (double)(l->samples * l->positions);
  const float *saved = sheet->data[4];
  for (int64_t c = 0; c < l->channels; c++) {
    double mean = a->running_mean[c], variance = a->running_variance[c], unbiased = 0;
    ck_assert(sheet->data[5][c] == (float)mean && sheet->data[6][c] == (float)variance);
    if (l->batch) {
      statistics(a, c, &mean, &variance);
      unbiased = n > 1 ? variance * n / (n - 1) : 0;
      /* sums are in double: what is left is the rounding of the results, 6e-8, and of sums of squares far from 0 */
      ck_assert_double_eq_tol(saved[c], mean, 1e-7 * (1 + fabs(mean)));
      ck_assert_double_eq_tol(saved[l->channels + c] * sqrt(variance + EPSILON), 1, 1e-6);
      ck_assert_double_eq_tol(saved[2 * l->channels + c], unbiased, 1e-6 * (unbiased + 1e-6));
      mean = (1 - MOMENTUM) * a->running_mean[c] + MOMENTUM * mean;
      variance = (1 - MOMENTUM) * a->running_variance[c] + MOMENTUM * unbiased;
    }
    ck_assert_double_eq_tol(sheet->data[7][c], mean, 1e-6 * (1 + fabs(mean)));
    ck_assert_double_eq_tol(sheet->data[8][c], variance, 1e-6 * variance);
  }
}

static void check_layer(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer *l = context;
  const int64_t c = l->channels, n = l->samples * l->positions * c;
  float *x = inputs(l), *scale = rig_random(c, "scale"), *shift = rig_random(c, "shift"), *dy = rig_random(n, "dy");
  float *mean = means(l), *variance = variances(l);
  struct arrays a = {l,
                     rig_widen(x, n),
                     rig_widen(scale, c),
                     rig_widen(shift, c),
                     rig_widen(dy, n),
                     rig_widen(mean, c),
                     rig_widen(variance, c)};
  double *y = malloc((size_t)n * sizeof *y);
  reference(&a, y);
  /* the float mean errs by 6e-8 of itself, which is that over the deviation in y */
  const double tolerance = 1e-6 + 2e-7 * fabs(l->mean);
  rig_near(sheet->data[0], y, n, tolerance, kernels);
  if (!l->batch)
    rig_near(sheet->data[9], y, n, tolerance, "in place");
  check_statistics(&a, sheet);
  if (l->accumulate) {
    rig_subtract(sheet->data[1], n, "dx");
    rig_subtract(sheet->data[2], c, "dscale");
    rig_subtract(sheet->data[3], c, "dshift");
  }
  if (n / c > 1 || !l->batch) /* one row: y is the shift, differences show 0 where rounding is all */
    rig_gradient(objective, &a, a.x, n, sheet->data[1], 24, 1e-4 + tolerance, "dx");
  rig_gradient(objective, &a, a.scale, c, sheet->data[2], 24, 1e-4 + 10 * tolerance, "dscale");
  rig_gradient(objective, &a, a.shift, c, sheet->data[3], 24, 1e-4, "dshift");
  free(x), free(scale), free(shift), free(dy), free(mean), free(variance), free(y);
  free(a.x), free(a.scale), free(a.shift), free(a.dy), free(a.running_mean), free(a.running_variance);
}

static const struct layer layers[] = {
    {1, 1, 3, 0, 0, 1, 0},    {2, 1, 5, 0, 0, 1, 0},      {4, 9, 7, 1, 0, 1, 0},    {4, 9, 7, 1, 1, 1, 0},
    {4, 9, 7, 1, 1, 0, 0},    {4, 9, 7, 0, 0, 0, 0},      {5, 16, 64, 1, 0, 1, 0},  {3, 25, 67, 1, 0, 1, 3},
    {16, 64, 16, 1, 0, 1, 0}, {33, 64, 17, 0, 1, 1, 100}, {40, 49, 1, 1, 0, 1, -7}, {2, 16, 2048, 1, 0, 1, 0},
    {7, 25, 130, 1, 0, 0, 0},
};

START_TEST(layer) { rig_each(run_layer, check_layer, &layers[_i]); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("norm");
  TCase *tests = tcase_create("norm");
  tcase_set_timeout(tests, 300);
  tcase_add_loop_test(tests, layer, 0, sizeof layers / sizeof *layers);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
