/* Refinement: that a peak between two points of the grid is found, from functions whose peaks are known; that it goes
 * on from anywhere to the same points; and how the statistics use it. */
#include "fixture.h"

enum { POINTS = 11, LEVELS = 5 };

/* A wall as narrow as a step of the grid: its top is 2 at `top`, its foot 1. */
static double wall(double t, double top) { return 1 + exp(-pow((t - top) / 0.1, 2)); }

static struct scan *grid(double top, int64_t levels) {
  struct scan *scan;
  OK(scan_grid(&scan, POINTS, NULL, 0, 1));
  scan->levels = levels;
  for (int64_t i = 0; i < POINTS; i++) {
    for (int measure = 0; measure < MEASURES; measure++)
      scan->value[0][measure][i] = wall(scan->t[i], top);
    scan->done[i] = 1;
    scan->arc[i] = scan->t[i];
  }
  scan->length = 1;
  return scan;
}

static int refine(struct scan *scan, double top, int most) {
  int count = 0;
  double t;
  while (count < most && scan_next_refined(scan, &t)) {
    struct refined point = {.t = t};
    for (int measure = 0; measure < MEASURES; measure++)
      point.value[0][measure] = wall(t, top);
    OK(scan_add_refined(scan, &point));
    count++;
  }
  return count;
}

/* The t found is the nearest of those 2^-LEVELS of a step apart, half of which, h, is the most it can be off: then the
 * height is short of 2 by at most (h/.1)^2. Three measures that agree cost no more than one; two points a level and
 * side are the most that halving takes. */
START_TEST(test_peak) {
  const double h = 0.1 / (1 << LEVELS) / 2;
  for (double top = 0.1; top <= 0.9; top += 0.0173) {
    struct scan *scan = grid(top, LEVELS);
    struct statistics s;
    int count = refine(scan, top, 1000);
    ck_assert_int_le(count, 2 * LEVELS + 2 * LEVELS); /* of the height, and of the height above the line */
    scan_statistics(scan, 0, MEASURE_NLL, &s);
    ck_assert_msg(fabs(s.t_max - top) <= h * (1 + 1e-9), "the top at %g was found at %g", top, s.t_max);
    ck_assert(s.max > 2 - pow(h / 0.1, 2) && s.max <= 2 && s.max >= s.grid_max);
    scan_free(scan);
  }
}
END_TEST

/* Extremes and barriers see the refined points, means do not. */
START_TEST(test_statistics) {
  const double top = 0.44;
  struct scan *coarse = grid(top, 0), *fine = grid(top, LEVELS);
  struct statistics a, b;
  double t;
  ck_assert_int_eq(refine(coarse, top, 1000), 0);
  ck_assert_int_gt(refine(fine, top, 1000), 0);
  ck_assert(!scan_next_refined(fine, &t));
  scan_statistics(coarse, 0, MEASURE_LOSS, &a);
  scan_statistics(fine, 0, MEASURE_LOSS, &b);
  ck_assert(a.mean == b.mean && a.integral == b.integral && a.average == b.average && a.grid_max == b.grid_max);
  ck_assert(b.max > a.max && a.max == a.grid_max);
  ck_assert(b.barrier_mean == b.max - (b.start + b.end) / 2 && b.barrier_line > a.barrier_line);
  for (size_t i = 1; i < fine->refined_count; i++)
    ck_assert(fine->refined[i - 1].t < fine->refined[i].t);
  scan_free(coarse);
  scan_free(fine);
}
END_TEST

/* A maximum at an end is refined on its one side; a flat path, all of whose points are maxima, at its first. */
START_TEST(test_ends) {
  struct scan *scan = grid(0, LEVELS);
  refine(scan, 0, 1000);
  ck_assert_int_ge(scan->refined_count, LEVELS);
  ck_assert(scan->refined[0].t > 0 && scan->refined[0].t <= 0.1 / (1 << LEVELS) * (1 + 1e-9));
  scan_free(scan);
}
END_TEST

/* Interrupted after any number of points and gone on with, the same points come. */
START_TEST(test_resume) {
  struct scan *whole = grid(0.37, LEVELS);
  int count = refine(whole, 0.37, 1000);
  for (int stop = 0; stop <= count; stop++) {
    struct scan *part = grid(0.37, LEVELS);
    ck_assert_int_eq(refine(part, 0.37, stop), stop);
    ck_assert_int_eq(refine(part, 0.37, 1000), count - stop);
    ck_assert_int_eq(part->refined_count, whole->refined_count);
    for (size_t i = 0; i < whole->refined_count; i++)
      ck_assert(part->refined[i].t == whole->refined[i].t);
    scan_free(part);
  }
  scan_free(whole);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("refine");
  TCase *cases = tcase_create("refine");
  tcase_add_test(cases, test_peak);
  tcase_add_test(cases, test_statistics);
  tcase_add_test(cases, test_ends);
  tcase_add_test(cases, test_resume);
  suite_add_tcase(suite, cases);
  return run_suite(suite);
}
