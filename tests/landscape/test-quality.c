/* Brier score, calibration error, temperature: against numbers worked out by hand, and the pair against
 * combine_members. */
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "landscape/quality.h"

#include <check.h> /* last: it defines the word fail */

#define NEAR(a, b, tolerance)                                                                                          \
  ck_assert_msg(fabs((a) - (b)) < (tolerance), "%.17g is not %.17g", (double)(a), (double)(b))

/* By hand. Brier: (.25+.25) twice, (.0625+.5625+.25) = .875 once... rows: p = (.5,.5,0) right; (.75,.25,0) wrong, the
 * label is 1; (0,0,1) right. Brier: .5, .5625 + .5625 = 1.125, 0. Calibration: bins of 1/15: .5 in bin 8, .75 in bin
 * 12, 1 in the last; |.5 - 1| + |.75 - 0| + 0, over three rows. All numbers are exact in float32. */
START_TEST(test_by_hand) {
  const float p[3][3] = {{.5f, .5f, 0}, {.75f, .25f, 0}, {0, 0, 1}};
  const int32_t labels[3] = {0, 1, 2};
  struct quality q;
  ck_assert_int_eq(quality_of(3, 3, &p[0][0], labels, &q), STRAIT_OK);
  NEAR(q.brier, (.5 + 1.125 + 0) / 3, 1e-15);
  NEAR(q.ece, (.5 + .75 + 0) / 3, 1e-15);
}
END_TEST

/* Two rows in one bin cancel: confidence .75 in both, one of the two right: |1.5 - 1| / 2. */
START_TEST(test_bins) {
  const float p[2][2] = {{.75f, .25f}, {.75f, .25f}};
  const int32_t labels[2] = {0, 1};
  struct quality q;
  ck_assert_int_eq(quality_of(2, 2, &p[0][0], labels, &q), STRAIT_OK);
  NEAR(q.ece, .25, 1e-15);
}
END_TEST

/* A network that says 9:1 and is right 3 times of 4, among the even rows and among the odd: its log odds log 9 should
 * be log 3, so T = 2, and the nll is the entropy of (3/4, 1/4). float32's .9 is 3e-8 off, and T by about as much. */
START_TEST(test_temperature) {
  enum { ROWS = 16 };
  float p[ROWS][2];
  int32_t labels[ROWS];
  double t, nll;
  for (int i = 0; i < ROWS; i++) {
    labels[i] = i & 1;
    int right = i / 2 % 4 != 0;
    p[i][labels[i]] = right ? .9f : .1f;
    p[i][!labels[i]] = right ? .1f : .9f;
  }
  ck_assert_int_eq(calibrate(ROWS, 2, &p[0][0], labels, &t, &nll), STRAIT_OK);
  NEAR(t, 2, 1e-6);
  NEAR(nll, -(.75 * log(.75) + .25 * log(.25)), 1e-7);
}
END_TEST

/* The halves judge each other: even rows are right half of the time (T goes to its most, odds 1:1), odd ones always (T
 * to its least). Even rows with odds 9^(1/.01), and half of them wrong, cost 100 log 9 / 2 each on average; odd rows at
 * T = 100 log(1 + 9^-.01). */
START_TEST(test_halves) {
  enum { ROWS = 8 };
  float p[ROWS][2];
  int32_t labels[ROWS];
  double t, nll;
  for (int i = 0; i < ROWS; i++) {
    labels[i] = i % 4 == 2; /* of rows 0 2 4 6: 0 1 0 1 */
    p[i][0] = .9f, p[i][1] = .1f;
  }
  ck_assert_int_eq(calibrate(ROWS, 2, &p[0][0], labels, &t, &nll), STRAIT_OK);
  NEAR(t, (100 + .01) / 2, 1e-6);
  NEAR(nll, (100 * log(9) / 2 + log(1 + pow(9, -.01))) / 2, 1e-3); /* .1f is 1.5e-8 off, times 100 / .1 */
}
END_TEST

/* Of less than two rows nothing can be fitted and judged; of none there is nothing at all. */
START_TEST(test_few) {
  const float p[2] = {.5f, .5f};
  const int32_t label = 0;
  struct quality q;
  ck_assert_int_eq(quality_of(1, 2, p, &label, &q), STRAIT_OK);
  ck_assert(isnan(q.temperature) && isnan(q.calibrated_nll) && q.brier == .5);
  ck_assert_int_eq(quality_of(0, 2, p, &label, &q), STRAIT_OK);
  ck_assert(isnan(q.brier) && isnan(q.ece));
}
END_TEST

/* By hand: (.8, .2) has the odds 4; at T = 2 they are 2, at T = 1/2 they are 16. And fit_temperature, of all rows: as
 * test_temperature, whose halves are alike. */
START_TEST(test_temper) {
  float p[2][2] = {{.8f, .2f}, {.8f, .2f}}, q[4][2] = {{.9f, .1f}, {.9f, .1f}, {.9f, .1f}, {.9f, .1f}};
  const int32_t labels[4] = {0, 0, 1, 0};
  double t;
  temper(1, 2, 2, p[0]);
  temper(1, 2, .5, p[1]);
  NEAR((double)p[0][0], 2. / 3, 1e-7);
  NEAR((double)p[1][0], 16. / 17, 1e-7);
  ck_assert_int_eq(fit_temperature(4, 2, &q[0][0], labels, &t), STRAIT_OK);
  NEAR(t, 2, 1e-6);
}
END_TEST

/* A probability of 0 on the label is FLT_MIN, not an infinity. */
START_TEST(test_zero) {
  const float p[2][2] = {{1, 0}, {1, 0}};
  const int32_t labels[2] = {1, 1};
  double t, nll;
  ck_assert_int_eq(calibrate(2, 2, &p[0][0], labels, &t, &nll), STRAIT_OK);
  NEAR(t, 100, 1e-6);
  ck_assert(isfinite(nll) && nll > 0);
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

int main(void) {
  Suite *suite = suite_create("quality");
  TCase *cases = tcase_create("quality");
  tcase_add_test(cases, test_by_hand);
  tcase_add_test(cases, test_bins);
  tcase_add_test(cases, test_temperature);
  tcase_add_test(cases, test_halves);
  tcase_add_test(cases, test_few);
  tcase_add_test(cases, test_temper);
  tcase_add_test(cases, test_zero);
  tcase_add_test(cases, test_pair);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
