/* The statistics of a scan against NumPy (golden-statistics.h), and what they say of scans that are not whole. */
#include "fixture.h"

#include "golden-statistics.h"

static struct scan *scan_of(const double *m) {
  struct scan *scan;
  OK(scan_create(&scan, GOLDEN_POINTS, 1 << SPLIT_TEST));
  memcpy(scan->t, golden_t, sizeof golden_t);
  memcpy(scan->arc, golden_arc, sizeof golden_arc);
  scan->length = golden_arc[GOLDEN_POINTS - 1];
  memcpy(scan->value[SPLIT_TEST][MEASURE_NLL], m, sizeof golden_t);
  memset(scan->done, 1, GOLDEN_POINTS);
  return scan;
}

/* Sums of 15 numbers of size 1 in another order: 1e-14 is ten times what rounding does. t_line of a curve that is its
 * own line is left out: there the largest of rounding errors decides. */
static void compare(const double *m, const double *golden, int bent) {
  struct scan *scan = scan_of(m);
  struct statistics s;
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  const double found[] = {s.min,   s.max, s.mean,         s.integral,     s.average,     s.t_min, s.t_max,
                          s.start, s.end, s.barrier_mean, s.barrier_line, s.barrier_end, s.t_line};
  for (int k = 0; k < (bent ? 13 : 12); k++)
    ck_assert_msg(fabs(found[k] - golden[k]) < 1e-14, "statistic %d: %.17g, NumPy has %.17g", k, found[k], golden[k]);
  scan_free(scan);
}

START_TEST(test_numpy) {
  compare(golden_hill, golden_hill_statistics, 1);
  compare(golden_valley, golden_valley_statistics, 1);
  compare(golden_slope, golden_slope_statistics, 0);
  compare(golden_flat, golden_flat_statistics, 0);
}
END_TEST

/* The signs that the definitions promise: all barriers of a wall are above 0; barrier_end of a valley is 0, as an end
 * is the maximum, and its barrier_mean half the ends' difference. */
START_TEST(test_signs) {
  struct statistics s;
  struct scan *scan = scan_of(golden_hill);
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(s.barrier_mean > 1 && s.barrier_line > 1 && s.barrier_end > 0.9 && s.barrier_end < s.barrier_mean);
  scan_free(scan);
  scan = scan_of(golden_valley);
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(s.barrier_end == 0 && s.barrier_line == 0 && fabs(s.barrier_mean - 0.05) < 1e-12);
  ck_assert(s.t_max == 1 && s.t_min > 0.4 && s.t_min < 0.6);
  scan_free(scan);
}
END_TEST

/* A point that is missing, or a measure that is not there, leaves nothing to say. */
START_TEST(test_partial) {
  struct statistics s;
  struct scan *scan = scan_of(golden_hill);
  scan->done[3] = 0;
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(isnan(s.max) && isnan(s.mean) && isnan(s.barrier_line) && isnan(s.t_line));
  scan->done[3] = 1;
  scan_statistics(scan, SPLIT_TRAIN, MEASURE_NLL, &s);
  ck_assert(isnan(s.max) && isnan(s.start));
  scan_free(scan);
}
END_TEST

/* A network that went astray in one point: its NaN shows in the extremes instead of being stepped over; an infinite
 * value is a maximum. */
START_TEST(test_astray) {
  struct statistics s;
  struct scan *scan = scan_of(golden_hill);
  scan->value[SPLIT_TEST][MEASURE_NLL][4] = NAN;
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(isnan(s.max) && isnan(s.mean) && s.t_max == golden_t[4] && isnan(s.barrier_end));
  scan->value[SPLIT_TEST][MEASURE_NLL][4] = INFINITY;
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(isinf(s.max) && s.t_max == golden_t[4] && !isnan(s.min));
  scan_free(scan);
}
END_TEST

/* Equal ends: no arc to integrate over, so the mean over t stands in. */
START_TEST(test_no_length) {
  struct statistics s;
  struct scan *scan = scan_of(golden_hill);
  memset(scan->arc, 0, sizeof golden_arc);
  scan->length = 0;
  scan_statistics(scan, SPLIT_TEST, MEASURE_NLL, &s);
  ck_assert(s.integral == s.mean);
  scan_free(scan);
}
END_TEST

/* 61 equally spaced t, and others in their order, each once. */
START_TEST(test_grid) {
  const double extra[] = {0.5, 1. / 3, 0, 1, 0.25, 0.25 + 1e-13, 1 - 1e-14};
  struct scan *scan;
  OK(scan_grid(&scan, 61, NULL, 0, 1));
  ck_assert_int_eq(scan->points, 61);
  for (int i = 0; i <= 60; i++)
    ck_assert(scan->t[i] == i / 60.);
  scan_free(scan);
  OK(scan_grid(&scan, 11, extra, 7, 1)); /* 1/3 and 1/4 are new */
  ck_assert_int_eq(scan->points, 13);
  ck_assert(scan->t[0] == 0 && scan->t[12] == 1 && scan->t[3] == 0.25 && scan->t[5] == 1. / 3);
  for (int i = 1; i < 13; i++)
    ck_assert(scan->t[i] > scan->t[i - 1]);
  scan_free(scan);
  FAILS(scan_grid(&scan, 1, NULL, 0, 1), STRAIT_EINVAL, "2 points");
  const double outside = 1.5;
  FAILS(scan_grid(&scan, 3, &outside, 1, 1), STRAIT_EINVAL, "[0,1]");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("statistics");
  TCase *tests = tcase_create("statistics");
  tcase_add_test(tests, test_numpy);
  tcase_add_test(tests, test_signs);
  tcase_add_test(tests, test_partial);
  tcase_add_test(tests, test_astray);
  tcase_add_test(tests, test_no_length);
  tcase_add_test(tests, test_grid);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
