/* tests/compute/rig.c: see rig.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "compute/kernels.h"
#include "compute/random.h"
#include "rig.h"

void sheet_add(struct sheet *sheet, struct device *d, place at, int64_t words) {
  ck_assert_int_lt(sheet->arrays, SHEET_ARRAYS);
  float *data = malloc((size_t)(words ? words : 1) * sizeof *data);
  ck_assert_ptr_nonnull(data);
  d->ops->download(d, data, at, words);
  sheet->data[sheet->arrays] = data;
  sheet->count[sheet->arrays++] = words;
}

void sheet_add_double(struct sheet *sheet, double value) {
  ck_assert_int_lt(sheet->arrays, SHEET_ARRAYS);
  float *data = malloc(sizeof value);
  ck_assert_ptr_nonnull(data);
  memcpy(data, &value, sizeof value);
  sheet->data[sheet->arrays] = data;
  sheet->count[sheet->arrays++] = 2;
}

static void sheet_free(struct sheet *sheet) {
  for (int i = 0; i < sheet->arrays; i++)
    free(sheet->data[i]);
  *sheet = (struct sheet){0};
}

static void run_on(rig_case *run, const void *context, const char *kernels, int threads, const char *name,
                   struct sheet *sheet) {
  struct team *team;
  struct device *device;
  ck_assert_msg(team_create(&team, threads) == STRAIT_OK, "%s", error_text());
  int status = device_create(&device, name, team, kernels);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(device_facts(device).kernels, kernels);
  run(device, context, sheet);
  ck_assert_msg(device_status(device) == STRAIT_OK, "%s", error_text());
  device_free(device);
  team_free(team);
}

void rig_each(rig_case *run, rig_check *check, const void *context) {
  static const char *const sets[] = {"portable", "avx2", "avx512"};
  static const struct {
    int threads;
    const char *device;
  } setting[] = {{1, "cpu"}, {2, "cpu"}, {3, "cpu"}, {2, "guarded"}};
  for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
    const struct kernels *kernels;
    if (kernels_choose(&kernels, sets[k]) != STRAIT_OK)
      continue;
    struct sheet first = {0};
    run_on(run, context, sets[k], setting[0].threads, setting[0].device, &first);
    for (size_t i = 1; i < sizeof setting / sizeof *setting; i++) {
      struct sheet sheet = {0};
      run_on(run, context, sets[k], setting[i].threads, setting[i].device, &sheet);
      ck_assert_int_eq(sheet.arrays, first.arrays);
      for (int a = 0; a < sheet.arrays; a++) {
        ck_assert_int_eq(sheet.count[a], first.count[a]);
        ck_assert_msg(memcmp(sheet.data[a], first.data[a], (size_t)sheet.count[a] * sizeof(float)) == 0,
                      "%s: output %d differs between 1 thread and %d threads of %s", sets[k], a, setting[i].threads,
                      setting[i].device);
      }
      sheet_free(&sheet);
    }
    check(context, &first, sets[k]);
    sheet_free(&first);
  }
}

void rig_loss(struct device *d, const struct loss_op *op, const struct run *run, struct loss_sums *sums) {
  struct op record = {.kind = OP_LOSS, .element = STRAIT_F32, .loss = *op};
  record.loss.sums = rig_place(d, NULL, WORDS_OF(struct loss_sums));
  device_run(d, &record, FORWARD, run);
  d->ops->download(d, sums, record.loss.sums, WORDS_OF(struct loss_sums));
  d->ops->destroy(d, record.loss.sums);
}

place rig_place(struct device *d, const float *data, int64_t words) {
  place at;
  ck_assert_msg(d->ops->create(d, words, &at) == STRAIT_OK, "%s", error_text());
  if (data)
    d->ops->upload(d, at, data, words);
  return at;
}

void rig_fill(float *x, int64_t n, const char *name) {
  struct stream s = stream_of(1, name, 0);
  stream_normals(&s, x, n);
}

float *rig_random(int64_t n, const char *name) {
  float *x = malloc((size_t)n * sizeof *x);
  ck_assert_ptr_nonnull(x);
  rig_fill(x, n, name);
  return x;
}

double *rig_widen(const float *x, int64_t n) {
  double *y = malloc((size_t)n * sizeof *y);
  ck_assert_ptr_nonnull(y);
  for (int64_t i = 0; i < n; i++)
    y[i] = x[i];
  return y;
}

void rig_subtract(float *gradient, int64_t n, const char *name) {
  float *old = rig_random(n, name);
  for (int64_t i = 0; i < n; i++)
    gradient[i] -= old[i];
  free(old);
}

double rig_rms(const float *a, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++)
    sum += (double)a[i] * a[i];
  return sqrt(sum / (double)n);
}

void rig_near(const float *a, const double *b, int64_t n, double tolerance, const char *what) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < n; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  /* !(<=) so that a NaN fails */
  ck_assert_msg(!!(sqrt(difference) <= tolerance * sqrt(size)), "%s: relative error %.3g, %.3g is allowed", what,
                sqrt(difference / size), tolerance);
  const double bound = 1000 * tolerance * sqrt(size / (double)n);
  for (int64_t i = 0; i < n; i++)
    ck_assert_msg(!!(fabs(a[i] - b[i]) <= bound), "%s: element %lld is %.9g, should be %.9g", what, (long long)i, a[i],
                  b[i]);
}

void rig_gradient(rig_function *f, const void *context, double *x, int64_t n, const float *gradient, int samples,
                  double tolerance, const char *what) {
  const double step = 1e-5, rms = rig_rms(gradient, n);
  struct stream s = stream_of(2, what, 0);
  for (int i = 0; i < (n < samples ? n : samples); i++) {
    const int64_t at = n <= samples ? i : (int64_t)stream_below(&s, (uint64_t)i, (uint64_t)n);
    const double old = x[at];
    x[at] = old + step;
    const double above = f(context);
    x[at] = old - step;
    const double below = f(context);
    x[at] = old;
    const double slope = (above - below) / (2 * step);
    ck_assert_msg(!!(fabs(gradient[at] - slope) <= tolerance * (rms + fabs(slope))),
                  "%s: gradient %lld is %.9g, differences give %.9g", what, (long long)at, gradient[at], slope);
  }
}

Suite *rig_suite(const char *name) { return suite_create(name); }

int rig_main(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
