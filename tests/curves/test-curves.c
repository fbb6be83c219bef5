/* The laws of curves, for many numbers of bends: polychain, bezier, and a Catmull-Rom spline that exists only here. */
#include <math.h>

#include <strait/curve.h>

#include "objects.h"

#define MOST 64
static const int64_t bends[] = {0, 1, 2, 3, 4, 5, 7, 10, 20, 31, 48, 61, 62};
static const char *const names[] = {"polychain", "bezier", "catmull-rom"};
enum { BENDS = sizeof bends / sizeof *bends, NAMES = sizeof names / sizeof *names, GRID = 241 };

static void setup(void) { open_registry("tests/curves/.libs"); }
static void teardown(void) { registry_free(registry); }

static strait_object *curve_of(int name, int64_t n) {
  char text[32];
  snprintf(text, sizeof text, "bends=%lld", (long long)n);
  return object(STRAIT_CURVE, names[name], text);
}

/* One pass of a law over all curves and numbers of bends. */
typedef void law(const strait_object *self, const strait_curve_ops *ops, int64_t n);
static void each_curve(law *check) {
  for (int name = 0; name < NAMES; name++)
    for (int b = 0; b < BENDS; b++) {
      strait_object *self = curve_of(name, bends[b]);
      check(self, object_ops(self), bends[b] + 2);
      object_free(self);
    }
}

static void ends(const strait_object *self, const strait_curve_ops *ops, int64_t n) {
  double c[MOST];
  ck_assert_int_eq(ops->points(self), n);
  for (int end = 0; end <= 1; end++) {
    ops->coefficients(self, end, c);
    for (int64_t i = 0; i < n; i++) /* exactly: a curve's ends are its end points bit for bit */
      ck_assert_msg(c[i] == (i == (end ? n - 1 : 0)), "%s, %lld points: c_%lld(%d) = %.17g", self->name, (long long)n,
                    (long long)i, end, c[i]);
  }
}
START_TEST(test_ends) { each_curve(ends); }
END_TEST

/* Sums of at most 64 terms that passed through at most 2 * 63 roundings of relative size 1.1e-16 each: below 1e-12. The
 * spline's terms are of either sign but below 2. That a curve through evenly spaced points of a line stays at t on it
 * (linear precision) holds for all three families; the textbooks prove it. */
static void sums(const strait_object *self, const strait_curve_ops *ops, int64_t n) {
  for (int g = 0; g < GRID; g++) {
    double t = g / (GRID - 1.0), c[MOST], sum = 0, place = 0;
    ops->coefficients(self, t, c);
    for (int64_t i = 0; i < n; i++) {
      sum += c[i]; /* not finite, if one is not */
      place += c[i] * (double)i / (double)(n - 1);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert_double_eq_tol(place, t, 1e-12);
  }
}
START_TEST(test_sums) { each_curve(sums); }
END_TEST

/* The same t gives the same bytes, and nothing outside c[0..n-1] is touched. */
static void purity(const strait_object *self, const strait_curve_ops *ops, int64_t n) {
  double c[MOST + 1], d[MOST + 1], untouched[MOST + 1];
  for (int i = 0; i <= MOST; i++)
    c[i] = d[i] = untouched[i] = -7;
  for (int g = 0; g < GRID; g++) {
    ops->coefficients(self, g / (GRID - 1.0), c);
    ops->coefficients(self, 1 - g / (GRID - 1.0), d);
    ops->coefficients(self, g / (GRID - 1.0), d);
    ck_assert_mem_eq(c, d, sizeof c);
    if (ops->derivatives)
      ops->derivatives(self, g / (GRID - 1.0), c);
    ck_assert_mem_eq(c + n, untouched + n, (size_t)(MOST + 1 - n) * sizeof *c);
  }
}
START_TEST(test_purity) { each_curve(purity); }
END_TEST

/* Against central differences of step h = 1e-6, away from kinks. Truncation: |c'''| h^2 / 6 <= 8 * 63^3 / 6 * 1e-12 =
 * 3.3e-7; rounding: 1e-14 / h = 1e-8. Together below 1e-6. */
static void slopes(const strait_object *self, const strait_curve_ops *ops, int64_t n) {
  const double h = 1e-6;
  if (!ops->derivatives)
    return;
  for (int g = 0; g < GRID; g++) {
    double t = g / (GRID - 1.0), dc[MOST], before[MOST], behind[MOST], sum = 0, size = 0;
    double from_kink = fabs(remainder(t * (double)(n - 1), 1)) / (double)(n - 1);
    ops->derivatives(self, t, dc);
    for (int64_t i = 0; i < n; i++) {
      sum += dc[i];
      size += fabs(dc[i]);
    }
    ck_assert_double_eq_tol(sum, 0, 1e-13 * size); /* sum c = 1 does not move */
    if (from_kink < 2 * h)
      continue;
    ops->coefficients(self, t - h, before);
    ops->coefficients(self, t + h, behind);
    double worst = 0;
    for (int64_t i = 0; i < n; i++)
      worst = fmax(worst, fabs(dc[i] - (behind[i] - before[i]) / (2 * h)));
    ck_assert_double_le(worst, 1e-6);
  }
}
START_TEST(test_slopes) { each_curve(slopes); }
END_TEST

/* At the ends, and at a chain's bend, where the derivative is the right one. */
START_TEST(test_slopes_at_ends) {
  double dc[MOST];
  strait_object *chain = curve_of(0, 1), *bezier = curve_of(1, 2), *line = curve_of(1, 0);
  const strait_curve_ops *ops = object_ops(chain);
  const double first[] = {-2, 2, 0}, last[] = {0, -2, 2};
  ops->derivatives(chain, 0, dc);
  ck_assert_mem_eq(dc, first, sizeof first);
  ops->derivatives(chain, .5, dc);
  ck_assert_mem_eq(dc, last, sizeof last);
  ops->derivatives(chain, 1, dc);
  ck_assert_mem_eq(dc, last, sizeof last);
  /* A cubic leaves theta_0 along 3 (theta_1 - theta_0) and arrives along 3 (theta_3 - theta_2). */
  ops = object_ops(bezier);
  ops->derivatives(bezier, 0, dc);
  ck_assert(dc[0] == -3 && dc[1] == 3 && dc[2] == 0 && dc[3] == 0);
  ops->derivatives(bezier, 1, dc);
  ck_assert(dc[0] == 0 && dc[1] == 0 && dc[2] == -3 && dc[3] == 3);
  ops->derivatives(line, .3, dc);
  ck_assert(dc[0] == -1 && dc[1] == 1);
  object_free(chain);
  object_free(bezier);
  object_free(line);
}
END_TEST

/* The Bernstein polynomials by their definition, in long double; C(63,31) < 2^63 is exact. 63 levels of two roundings
 * each: a relative error below 2 * 63 * 1.1e-16 = 1.4e-14. */
START_TEST(test_bernstein) {
  for (int b = 0; b < BENDS; b++) {
    int64_t degree = bends[b] + 1;
    strait_object *self = curve_of(1, bends[b]);
    const strait_curve_ops *ops = object_ops(self);
    for (int g = 0; g < GRID; g++) {
      double t = g / (GRID - 1.0), c[MOST];
      long double choose = 1;
      ops->coefficients(self, t, c);
      double worst = 0;
      for (int64_t i = 0; i <= degree; i++) {
        long double wanted = choose * powl(t, (long double)i) * powl(1 - (long double)t, (long double)(degree - i));
        worst = fmax(worst, fabs(c[i] - (double)wanted) / ((double)wanted + 1e-300));
        choose = choose * (long double)(degree - i) / (long double)(i + 1);
      }
      ck_assert_double_le(worst, 2e-14);
    }
    object_free(self);
  }
}
END_TEST

/* A chain's point lies between two neighbours; chain and spline pass through their bends: 1 but for t's own rounding,
 * 1.1e-16 * 63 segments. */
START_TEST(test_through_bends) {
  for (int name = 0; name < NAMES; name += 2)
    for (int b = 0; b < BENDS; b++) {
      int64_t n = bends[b] + 2;
      double c[MOST];
      strait_object *self = curve_of(name, bends[b]);
      const strait_curve_ops *ops = object_ops(self);
      for (int64_t k = 0; k < n; k++) {
        ops->coefficients(self, (double)k / (double)(n - 1), c);
        ck_assert_double_eq_tol(c[k], 1, 1e-13);
      }
      for (int g = 0; g < GRID && name == 0; g++) {
        int64_t k = (int64_t)(g * (n - 1)) / (GRID - 1);
        ops->coefficients(self, g / (GRID - 1.0), c);
        int outside = 0;
        for (int64_t i = 0; i < n; i++)
          outside += !(c[i] >= 0 && (c[i] < 1e-13 || i == k || i == k + 1));
        ck_assert_int_eq(outside, 0);
      }
      object_free(self);
    }
}
END_TEST

START_TEST(test_refused) {
  strait_object *self;
  for (int name = 0; name < 2; name++) {
    ck_assert_int_eq(try_object(&self, STRAIT_CURVE, names[name], "bends=-1"), STRAIT_EINVAL);
    ck_assert_ptr_nonnull(strstr(error_text(), "bends = -1: below the minimum 0"));
    ck_assert_int_eq(try_object(&self, STRAIT_CURVE, names[name], "bends=63"), STRAIT_EINVAL);
    ck_assert_ptr_nonnull(strstr(error_text(), "bends = 63"));
    ck_assert_int_eq(try_object(&self, STRAIT_CURVE, names[name], "bend=1"), STRAIT_EINVAL);
    ck_assert_ptr_nonnull(strstr(error_text(), "bends"));
  }
  error_clear();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("curves");
  TCase *tests = tcase_create("laws");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_ends);
  tcase_add_test(tests, test_sums);
  tcase_add_test(tests, test_purity);
  tcase_add_test(tests, test_slopes);
  tcase_add_test(tests, test_slopes_at_ends);
  tcase_add_test(tests, test_bernstein);
  tcase_add_test(tests, test_through_bends);
  tcase_add_test(tests, test_refused);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
