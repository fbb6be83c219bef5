/* REPAIR: after it, each hidden unit's output before the ReLU has the mean and deviation that lie between those of the
 * two networks. Checked by a dense network's forward pass in double, from the weights alone. */
#include "fixture.h"

#include "landscape/repair.h"

enum { SAMPLES = 200, INPUT = 64, FIRST = 20, SECOND = 12, UNITS = FIRST + SECOND };

/* Outputs of a dense layer, and their means and deviations (of n - 1). */
static void layer(const double *x, int in, int out, const float *w, const float *b, double *y, double *mean,
                  double *deviation) {
  for (int o = 0; o < out; o++) {
    double sum = 0, squares = 0;
    for (int n = 0; n < SAMPLES; n++) {
      double value = (double)b[o];
      for (int i = 0; i < in; i++)
        value += (double)w[o * in + i] * x[n * in + i];
      sum += value;
      y[n * out + o] = value;
    }
    mean[o] = sum / SAMPLES;
    for (int n = 0; n < SAMPLES; n++)
      squares += (y[n * out + o] - mean[o]) * (y[n * out + o] - mean[o]);
    deviation[o] = sqrt(squares / (SAMPLES - 1));
    for (int n = 0; n < SAMPLES; n++)
      y[n * out + o] = y[n * out + o] > 0 ? y[n * out + o] : 0;
  }
}

static void look(const float *w, const double *x, double mean[UNITS], double deviation[UNITS]) {
  static double first[SAMPLES * FIRST], second[SAMPLES * SECOND];
  const float *w2 = w + INPUT * FIRST + FIRST;
  layer(x, INPUT, FIRST, w, w + INPUT * FIRST, first, mean, deviation);
  layer(first, FIRST, SECOND, w2, w2 + FIRST * SECOND, second, mean + FIRST, deviation + FIRST);
}

static const struct feeding feeding = {
    .split = SPLIT_TRAIN, .batch = SAMPLES, .shuffle = 1, .order_seed = 4, .augment_seed = 4};

static void read_samples(struct fixture *f, double *x) {
  struct feeder *feeder;
  struct batch batch;
  OK(feeder_create(&feeder, f->data, &feeding));
  OK(feeder_start(feeder, 1, 0));
  OK(feeder_next(feeder, &batch));
  ck_assert_int_eq(batch.samples, SAMPLES);
  for (int i = 0; i < SAMPLES * INPUT; i++)
    x[i] = (double)batch.x[i];
  feeder_free(feeder);
}

/* All samples are one batch, so that what the pass finds are the statistics over them. The second layer's inputs are
 * brought to deviations of n rather than n - 1 in the pass, and 1e-5 is added to variances: 1 %. */
START_TEST(units_are_as_between_the_two) {
  struct fixture f = make(&(struct wanted){.hidden = "20\t12", .limit = SAMPLES, .threads = 2, .guarded = 1});
  static double x[SAMPLES * INPUT];
  double mean[4][UNITS], deviation[4][UNITS], plain = 0;
  struct repair *repair;
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w),
        *middle = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  const float *theta[2] = {weights_of(&f, 1, NULL), weights_of(&f, 2, NULL)};
  const double c[2] = {0.4, 0.6};
  read_samples(&f, x);
  OK(repair_create(&repair, f.network, f.data, f.device, &feeding));
  OK(repair_points(repair, 2, theta));
  for (int64_t i = 0; i < f.count; i++)
    w[i] = middle[i] = (float)(c[0] * (double)theta[0][i] + c[1] * (double)theta[1][i]);
  OK(repair_weights(repair, c, w));
  look(theta[0], x, mean[0], deviation[0]);
  look(theta[1], x, mean[1], deviation[1]);
  look(w, x, mean[2], deviation[2]);
  look(middle, x, mean[3], deviation[3]);
  for (int u = 0; u < UNITS; u++) {
    const double m = c[0] * mean[0][u] + c[1] * mean[1][u], s = c[0] * deviation[0][u] + c[1] * deviation[1][u];
    ck_assert_double_le(fabs(mean[2][u] - m), 0.01 * s);
    ck_assert_double_le(fabs(deviation[2][u] - s), 0.01 * s);
    plain += deviation[3][u] / s / UNITS;
  }
  ck_assert_double_le(plain, 0.9); /* what there was to repair */
  /* the last layer is left alone; and so are the ends */
  const int64_t head = f.count - 10 * SECOND - 10;
  ck_assert(memcmp(w + head, middle + head, (size_t)(f.count - head) * sizeof *w) == 0);
  memcpy(w, theta[1], (size_t)f.count * sizeof *w);
  OK(repair_weights(repair, (const double[]){0, 1}, w));
  ck_assert(memcmp(w, theta[1], (size_t)f.count * sizeof *w) == 0);
  repair_free(repair);
  unmake(&f);
}
END_TEST

/* Two equal networks: whatever lies between them is that network, up to the batches, which differ from all samples. */
START_TEST(between_equals_nothing_changes) {
  struct fixture f = make(&(struct wanted){.hidden = "20\t12", .limit = SAMPLES});
  struct repair *repair;
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  const float *theta[2] = {weights_of(&f, 1, NULL), weights_of(&f, 1, NULL)};
  double difference = 0, norm = 0;
  OK(repair_create(&repair, f.network, f.data, f.device, &feeding));
  OK(repair_points(repair, 2, theta));
  memcpy(w, theta[0], (size_t)f.count * sizeof *w);
  OK(repair_weights(repair, (const double[]){0.5, 0.5}, w));
  for (int64_t i = 0; i < f.count; i++) {
    difference += pow((double)w[i] - (double)theta[0][i], 2);
    norm += pow((double)theta[0][i], 2);
  }
  ck_assert_double_le(sqrt(difference / norm), 0.01);
  repair_free(repair);
  unmake(&f);
}
END_TEST

START_TEST(batch_norm_needs_none) {
  struct fixture f = make(&(struct wanted){.limit = SAMPLES});
  struct repair *repair;
  FAILS(repair_create(&repair, f.network, f.data, f.device, &feeding), STRAIT_EINVAL, "has no layer to repair");
  ck_assert_ptr_null(repair);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("repair");
  TCase *tcase = tcase_create("repair");
  tcase_add_test(tcase, units_are_as_between_the_two);
  tcase_add_test(tcase, between_equals_nothing_changes);
  tcase_add_test(tcase, batch_norm_needs_none);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
