/* Brier score, calibration error, temperature: against numbers worked out by hand, and the pair against
 * combine_members. */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "landscape/halves.h"
#include "landscape/quality.h"

#include <check.h> /* last: it defines the word fail */

#define NEAR(a, b, tolerance)                                                                                          \
  ck_assert_msg(fabs((a) - (b)) < (tolerance), "%.17g is not %.17g", (double)(a), (double)(b))

/* The logarithms of probabilities, in one static room. */
static const float *logs(const float *p, int count) {
  static float room[64];
  for (int i = 0; i < count; i++)
    room[i] = (float)log((double)p[i]);
  return room;
}

/* By hand. Brier: (.25+.25) twice, (.0625+.5625+.25) = .875 once... rows: p = (.5,.5,0) right; (.75,.25,0) wrong, the
 * label is 1; (0,0,1) right. Brier: .5, .5625 + .5625 = 1.125, 0. Calibration: bins of 1/15: .5 in bin 8, .75 in bin
 * 12, 1 in the last; |.5 - 1| + |.75 - 0| + 0, over three rows. Logarithms in float32
 * are 3e-8 off. */
START_TEST(test_by_hand) {
  const float p[3][3] = {{.5f, .5f, 0}, {.75f, .25f, 0}, {0, 0, 1}};
  const int32_t labels[3] = {0, 1, 2};
  struct quality q;
  ck_assert_int_eq(quality_of(3, 3, logs(&p[0][0], 9), labels, &q), STRAIT_OK);
  NEAR(q.brier, (.5 + 1.125 + 0) / 3, 1e-7);
  NEAR(q.ece, (.5 + .75 + 0) / 3, 1e-7);
}
END_TEST

/* Two rows in one bin cancel: confidence .75 in both, one of the two right: |1.5 - 1| / 2. */
START_TEST(test_bins) {
  const float p[2][2] = {{.75f, .25f}, {.75f, .25f}};
  const int32_t labels[2] = {0, 1};
  struct quality q;
  ck_assert_int_eq(quality_of(2, 2, logs(&p[0][0], 4), labels, &q), STRAIT_OK);
  NEAR(q.ece, .25, 1e-7);
}
END_TEST

/* A network that says 9:1 and is right 3 times of 4, among the even rows and among the odd: its log odds log 9 should
 * be log 3, so T = 2, and the nll is the entropy of (3/4, 1/4). float32's .9 is 3e-8 off, and T by about as much. */
START_TEST(test_temperature) {
  enum { ROWS = 16 };
  float p[ROWS][2];
  int32_t labels[ROWS];
  const char *why;
  double t, nll;
  for (int i = 0; i < ROWS; i++) {
    labels[i] = i / 2 & 1; /* both classes in both halves */
    int right = i / 2 % 4 != 0;
    p[i][labels[i]] = right ? .9f : .1f;
    p[i][!labels[i]] = right ? .1f : .9f;
  }
  ck_assert_int_eq(calibrate(ROWS, 2, logs(&p[0][0], 2 * ROWS), labels, &t, &nll, &why), STRAIT_OK);
  NEAR(t, 2, 1e-6);
  NEAR(nll, -(.75 * log(.75) + .25 * log(.25)), 1e-7);
}
END_TEST

/* The halves judge each other: logits with margins 2 and 1, of the even rows 3 in 4 right with the margin 2, of the odd
 * ones 3 in 4 with the margin 1. So 2 / T = log 3 and 1 / T = log 3: T = 2 / log 3 and 1 / log 3. The odd rows at the
 * first have odds sqrt 3, the even ones at the second 9. */
START_TEST(test_halves) {
  enum { ROWS = 8 };
  float z[ROWS][2] = {{0}};
  int32_t labels[ROWS];
  const char *why;
  double t, nll;
  for (int i = 0; i < ROWS; i++) {
    z[i][0] = i % 2 ? 1 : 2;
    labels[i] = i >= 6;
  }
  temper(ROWS, 2, 1.0000001, &z[0][0]); /* as log-probabilities */
  ck_assert_int_eq(calibrate(ROWS, 2, &z[0][0], labels, &t, &nll, &why), STRAIT_OK);
  ck_assert(!why);
  NEAR(t, 1.5 / log(3), 1e-5);
  const double odd = log(1 + sqrt(3)) - .75 * log(3) / 2, even = log(10.) - .75 * log(9);
  NEAR(nll, (odd + even) / 2, 1e-5);
}
END_TEST

/* What is measured of s times the logits: T is s times as high, the nll after it the same; also where probabilities
 * are below the least float. */
START_TEST(test_any_scale) {
  enum { ROWS = 20, CLASSES = 3 };
  double first_t = 0, first_nll = 0;
  for (int k = 0; k < 5; k++) {
    static const double scales[] = {1, 1e-3, 30, 1e3, 1e6};
    float z[ROWS][CLASSES];
    int32_t labels[ROWS];
    const char *why;
    double t, nll;
    for (int i = 0; i < ROWS; i++) {
      double x[CLASSES], sum = 0;
      labels[i] = (i * 7) % CLASSES;
      for (int c = 0; c < CLASSES; c++)
        x[c] = scales[k] * (sin(5. * i + 3. * c) + (c == labels[i] && i % 4 ? .8 : 0));
      double top = fmax(x[0], fmax(x[1], x[2]));
      for (int c = 0; c < CLASSES; c++)
        sum += exp(x[c] - top);
      for (int c = 0; c < CLASSES; c++)
        z[i][c] = (float)(x[c] - top - log(sum));
    }
    ck_assert_int_eq(calibrate(ROWS, CLASSES, &z[0][0], labels, &t, &nll, &why), STRAIT_OK);
    ck_assert_msg(!why, "%s", why);
    if (!k)
      first_t = t, first_nll = nll;
    NEAR(t / scales[k], first_t, 1e-3 * first_t);
    NEAR(nll, first_nll, 1e-3);
  }
}
END_TEST

/* Where no temperature is to be had, the nll stays and the reason is given; NaN shows. */
START_TEST(test_few) {
  const float one[2] = {.5f, .5f}, sure[8] = {.9f, .1f, .9f, .1f, .9f, .1f, .4f, .6f};
  const float lost[4] = {NAN, NAN, -1, -1};
  const int32_t labels[4] = {0, 0, 0, 0};
  struct quality q;
  ck_assert_int_eq(quality_of(1, 2, logs(one, 2), labels, &q), STRAIT_OK);
  ck_assert(q.temperature == 1 && q.uncalibrated && fabs(q.calibrated_nll - log(2)) < 1e-7);
  ck_assert_int_eq(quality_of(4, 2, logs(sure, 8), labels, &q), STRAIT_OK); /* the even rows are all right */
  ck_assert(q.temperature == 1 && strstr(q.uncalibrated, "no error"));
  NEAR(q.calibrated_nll, -(3 * log(.9) + log(.4)) / 4, 1e-7);
  ck_assert_int_eq(quality_of(2, 2, lost, labels, &q), STRAIT_OK);
  ck_assert(isnan(q.temperature) && isnan(q.calibrated_nll) && isnan(q.brier) && isnan(q.ece));
  ck_assert_int_eq(quality_of(0, 2, one, labels, &q), STRAIT_OK);
  ck_assert(isnan(q.brier) && isnan(q.ece));
}
END_TEST

/* Bins are (a, b]: k/15 belongs to bin k with what is half a bin below it, in float32 too, some of which are above. The
 * first is wrong and the second right: in one bin they cancel, |k/15 + (k - 1/2)/15 - 1|; apart they would add up. From
 * k = 9 on: below 1/2 the other class is predicted. */
START_TEST(test_borders) {
  for (int k = 9; k <= 14; k++) {
    const float on = (float)(k / 15.), inside = (float)((k - .5) / 15), p[4] = {on, 1 - on, inside, 1 - inside};
    const int32_t labels[2] = {1, 0};
    struct quality q;
    ck_assert_int_eq(quality_of(2, 2, logs(p, 4), labels, &q), STRAIT_OK);
    NEAR(q.ece, fabs((double)on + (double)inside - 1) / 2, 1e-6);
  }
}
END_TEST

/* By hand: (.8, .2) has the odds 4; at T = 2 they are 2, at T = 1/2 they are 16. And fit_temperature, of all rows: as
 * test_temperature, whose halves are alike. */
START_TEST(test_temper) {
  const float p[2][2] = {{.8f, .2f}, {.8f, .2f}}, q[4][2] = {{.9f, .1f}, {.9f, .1f}, {.9f, .1f}, {.9f, .1f}};
  const int32_t labels[4] = {0, 0, 1, 0};
  float z[2][2];
  double t;
  memcpy(z, logs(&p[0][0], 4), sizeof z);
  temper(1, 2, 2, z[0]);
  temper(1, 2, .5, z[1]);
  NEAR(exp((double)z[0][0]), 2. / 3, 1e-7);
  NEAR(exp((double)z[1][0]), 16. / 17, 1e-7);
  ck_assert_int_eq(fit_temperature(4, 2, logs(&q[0][0], 8), labels, &t), STRAIT_OK);
  NEAR(t, 2, 1e-6);
  ck_assert_int_eq(fit_temperature(2, 2, logs(&q[0][0], 8), labels, &t), STRAIT_OK);
  ck_assert(t == 1); /* without an error none is best */
}
END_TEST

START_TEST(test_pair) {
  enum { N = 300 };
  float p[2][N], combined[N], mean[N];
  for (int i = 0; i < 2 * N; i++)
    p[i / N][i % N] = (float)fabs(sin(i + 1.));
  ck_assert_int_eq(combine_members(NULL, 2, N / 3, 3, &p[0][0], combined), STRAIT_OK);
  mean_of_two(N, p[0], p[1], mean);
  ck_assert_mem_eq(mean, combined, sizeof mean);
  mean_of_two(N, p[1], p[0], mean);
  ck_assert_mem_eq(mean, combined, sizeof mean);
}
END_TEST

/* Rows of two classes in turn: every even one of class 0. Each half has both classes all the same: the figures are
 * those of the rows class by class, whose even and odd places are balanced, and not those of fitting to one class
 * alone. */
START_TEST(halves_have_all_classes) {
  enum { ROWS = 32 };
  float turns[ROWS][2], sorted[ROWS][2];
  int32_t label[ROWS], sorted_label[ROWS];
  double t[2], nll[2];
  const char *why;
  for (int i = 0; i < ROWS; i++) {
    const int to = i % 2 * ROWS / 2 + i / 2;
    label[i] = sorted_label[to] = i % 2;
    turns[i][0] = sorted[to][0] = i % 2 ? .2f + (float)(i % 7) * .1f : .95f - (float)(i % 5) * .15f;
    turns[i][1] = sorted[to][1] = 1 - turns[i][0];
  }
  ck_assert_int_eq(calibrate(ROWS, 2, logs(turns[0], 2 * ROWS), label, &t[0], &nll[0], &why), STRAIT_OK);
  ck_assert_int_eq(calibrate(ROWS, 2, logs(sorted[0], 2 * ROWS), sorted_label, &t[1], &nll[1], &why), STRAIT_OK);
  ck_assert_double_eq(t[0], t[1]);
  ck_assert_double_eq(nll[0], nll[1]);
}
END_TEST

/* What is balanced stays in index order; what is not goes class by class. */
START_TEST(halves_in_order) {
  static const int32_t well[] = {0, 0, 1, 1, 0, 0, 1, 1, 2, 2}, parted[] = {0, 1, 0, 1, 0, 1, 0, 1, 2, 2};
  static const int64_t by_class[] = {0, 2, 4, 6, 1, 3, 5, 7, 8, 9};
  int64_t order[10];
  ck_assert_int_eq(halves_order(10, 3, well, order), STRAIT_OK);
  for (int i = 0; i < 10; i++)
    ck_assert_int_eq(order[i], i);
  ck_assert_int_eq(halves_order(10, 3, parted, order), STRAIT_OK);
  ck_assert_mem_eq(order, by_class, sizeof order);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("quality");
  TCase *cases = tcase_create("quality");
  tcase_add_test(cases, test_by_hand);
  tcase_add_test(cases, halves_have_all_classes);
  tcase_add_test(cases, halves_in_order);
  tcase_add_test(cases, test_bins);
  tcase_add_test(cases, test_temperature);
  tcase_add_test(cases, test_halves);
  tcase_add_test(cases, test_few);
  tcase_add_test(cases, test_temper);
  tcase_add_test(cases, test_any_scale);
  tcase_add_test(cases, test_borders);
  tcase_add_test(cases, test_pair);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
