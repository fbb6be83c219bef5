/* The schedules against values worked out by hand, and the triangle against another statement of Algorithm 1. */
#include <math.h>

#include <strait/schedule.h>

#include "base/log.h"
#include "objects.h"

static char logged[1024]; /* what the schedules reported last */
static void keep_log(void *context, unsigned level, const char *message) {
  (void)context, (void)level;
  snprintf(logged, sizeof logged, "%s", message);
}

static void setup(void) {
  open_registry(NULL);
  logged[0] = '\0';
  log_to(keep_log, NULL);
}
static void teardown(void) { registry_free(registry); }

static strait_step step_of(int64_t iteration, int64_t epoch_iterations, int64_t iterations) {
  return (strait_step){sizeof(strait_step), 0, iteration, epoch_iterations, iterations};
}
static double rate(strait_object *self, int64_t iteration, int64_t epoch_iterations, int64_t iterations) {
  strait_step step = step_of(iteration, epoch_iterations, iterations);
  return ((const strait_schedule_ops *)object_ops(self))->rate(self, &step);
}
static int collects(strait_object *self, int64_t iteration, int64_t epoch_iterations, int64_t iterations) {
  strait_step step = step_of(iteration, epoch_iterations, iterations);
  return ((const strait_schedule_ops *)object_ops(self))->collect(self, &step);
}
static int check(strait_object *self, int64_t epoch_iterations, int64_t iterations) {
  const strait_schedule_ops *ops = object_ops(self);
  strait_step step = step_of(0, epoch_iterations, iterations);
  return ops->check ? ops->check(self, &step) : STRAIT_OK;
}

START_TEST(test_constant) {
  strait_object *self = object(STRAIT_SCHEDULE, "constant", "rate=0.3");
  ck_assert(rate(self, 1, 5, 50) == .3 && rate(self, 50, 5, 50) == .3);
  ck_assert_ptr_null(((const strait_schedule_ops *)object_ops(self))->collect);
  object_free(self);
}
END_TEST

/* Ten epochs of three iterations at the rate 2. Between a = .5 and .9 the share falls by .99 / .4 * .1 = .2475 an
 * epoch. The tolerance is a few roundings. */
START_TEST(test_decay) {
  static const double share[] = {1, 1, 1, 1, 1, .7525, .505, .2575, .01, .01};
  strait_object *self = object(STRAIT_SCHEDULE, "decay", "rate=2");
  for (int64_t i = 1; i <= 30; i++)
    ck_assert_double_eq_tol(rate(self, i, 3, 30), 2 * share[(i - 1) / 3], 1e-15);
  ck_assert(rate(self, 15, 3, 30) == 2 && rate(self, 25, 3, 30) == 2 * .01);
  /* A horizon that ends within an epoch counts that epoch whole: 28 iterations are ten epochs too. */
  ck_assert(rate(self, 28, 3, 28) == 2 * .01);
  object_free(self);

  /* At .75 of four epochs halfway from .5 to 1, from 1 to .2: .6. */
  self = object(STRAIT_SCHEDULE, "decay", "rate=1 final=0.2 from=0.5 to=1");
  ck_assert_double_eq_tol(rate(self, 3, 1, 4), .6, 1e-15);
  ck_assert(rate(self, 4, 1, 4) == .2);
  object_free(self);

  /* No slope at all: a step. */
  self = object(STRAIT_SCHEDULE, "decay", "rate=1 final=0.2 from=0.5 to=0.5");
  ck_assert(rate(self, 2, 1, 4) == 1 && rate(self, 3, 1, 4) == .2);
  object_free(self);

  ck_assert_int_eq(try_object(&self, STRAIT_SCHEDULE, "decay", "from=0.95"), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "from = 0.95"));
}
END_TEST

/* Cycles of four iterations: cos of 0, pi/4, pi/2, 3 pi/4, whose values are known. */
START_TEST(test_cosine) {
  const double root = sqrt(.5), share[] = {1, (1 + root) / 2, .5, (1 - root) / 2};
  strait_object *self = object(STRAIT_SCHEDULE, "cosine", "rate=0.1 cycles=3");
  for (int64_t i = 1; i <= 12; i++) {
    ck_assert_double_eq_tol(rate(self, i, 5, 12), .1 * share[(i - 1) % 4], 1e-16);
    ck_assert_int_eq(collects(self, i, 5, 12), i % 4 == 0);
  }
  ck_assert_int_eq(check(self, 5, 12), STRAIT_OK);
  ck_assert_str_eq(logged, ""); /* nothing was rounded */
  object_free(self);
}
END_TEST

/* c = ceil(10/4) = 3: ends at 3, 6, 9, and the short fourth at 10; the second cycle starts as the first. c = ceil(5/4)
 * = 2 leaves room for three cycles only, which is said. */
START_TEST(test_cosine_uneven) {
  strait_object *self = object(STRAIT_SCHEDULE, "cosine", "rate=0.1 cycles=4");
  ck_assert_int_eq(check(self, 5, 10), STRAIT_OK);
  ck_assert_ptr_nonnull(strstr(logged, "4 cycles of 3 iterations, the last of 1"));
  for (int64_t i = 1; i <= 10; i++)
    ck_assert_int_eq(collects(self, i, 5, 10), i % 3 == 0 || i == 10);
  ck_assert(rate(self, 4, 5, 10) == .1 && rate(self, 10, 5, 10) == .1);
  ck_assert_int_eq(check(self, 5, 5), STRAIT_OK);
  ck_assert_ptr_nonnull(strstr(logged, "3 cycles of 2 iterations, the last of 1"));
  ck_assert_int_eq(check(self, 5, 3), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "cycles = 4"));
  object_free(self);
}
END_TEST

/* The same triangle without t: |2k - c| / c is the distance from the middle of the cycle, 1 at its ends. Two formulas
 * that differ in rounding only: a few times 1.1e-16 of a1. */
START_TEST(test_triangle_is_algorithm_1) {
  static const char *const settings[] = {"high=0.05 low=0.0005", "high=0.1 low=0.033", "high=0.3 low=0"};
  static const double high[] = {.05, .1, .3}, low[] = {.0005, .033, 0};
  for (int s = 0; s < 3; s++)
    for (int64_t c = 2; c <= 400; c += c < 40 ? 2 : 38) {
      char text[128];
      snprintf(text, sizeof text, "%s cycle-iterations=%lld", settings[s], (long long)c);
      strait_object *self = object(STRAIT_SCHEDULE, "triangle", text);
      for (int64_t i = 1; i <= 3 * c; i++) {
        int64_t k = i % c ? i % c : c;
        double from_middle = fabs((double)(2 * k - c)) / (double)c, r = rate(self, i, 7, 3 * c);
        ck_assert_double_eq_tol(r, low[s] + (high[s] - low[s]) * from_middle, 4e-16 * high[s]);
        ck_assert(k != c / 2 || r == low[s]); /* exactly */
        ck_assert(k != c || r == high[s]);
        ck_assert_int_eq(collects(self, i, 7, 3 * c), k == c / 2);
      }
      object_free(self);
    }
}
END_TEST

/* n iterations meet the middle of a cycle floor((n + c/2) / c) times: at c/2, c/2 + c, ... */
START_TEST(test_triangle_members) {
  for (int64_t c = 2; c <= 24; c += 2) {
    char text[64];
    snprintf(text, sizeof text, "cycle-iterations=%lld", (long long)c);
    strait_object *self = object(STRAIT_SCHEDULE, "triangle", text);
    for (int64_t n = 1, members = 0; n <= 100; n++) {
      members += collects(self, n, 10, 100);
      ck_assert_int_eq(members, (n + c / 2) / c);
    }
    object_free(self);
  }
}
END_TEST

/* c = 2 floor(epochs * n / 2), worked out by hand; the first moment is at c/2. What is not whole is reported. */
START_TEST(test_triangle_epochs) {
  static const struct {
    const char *cycle;
    int64_t epoch, c;
    int reported;
  } cases[] = {
      {"1", 391, 390, 1},  {"1", 469, 468, 1},  {"2", 391, 782, 0}, {"4", 469, 1876, 0},
      {".5", 391, 194, 1}, {".29", 200, 58, 0}, {"1.5", 4, 6, 0},   {".01", 200, 2, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[64];
    int64_t c = cases[i].c, moment = 1;
    snprintf(text, sizeof text, "cycle=%s", cases[i].cycle);
    strait_object *self = object(STRAIT_SCHEDULE, "triangle", text);
    logged[0] = '\0';
    ck_assert_int_eq(check(self, cases[i].epoch, 10000), STRAIT_OK);
    ck_assert_int_eq(logged[0] != '\0', cases[i].reported);
    if (cases[i].reported) {
      snprintf(text, sizeof text, " %lld iterations", (long long)c);
      ck_assert_ptr_nonnull(strstr(logged, text));
    }
    while (!collects(self, moment, cases[i].epoch, 10000))
      moment++;
    ck_assert_int_eq(moment, c / 2);
    ck_assert(collects(self, c / 2 + c, cases[i].epoch, 10000));
    object_free(self);
  }
}
END_TEST

START_TEST(test_triangle_refused) {
  strait_object *self;
  ck_assert_int_eq(try_object(&self, STRAIT_SCHEDULE, "triangle", "cycle-iterations=391"), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "cycle-iterations = 391 is odd"));
  ck_assert_int_eq(try_object(&self, STRAIT_SCHEDULE, "triangle", "low=0.1"), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "low = 0.1 is above high = 0.05"));
  ck_assert_int_eq(try_object(&self, STRAIT_SCHEDULE, "triangle", "high=-1"), STRAIT_EINVAL);
  ck_assert_int_eq(try_object(&self, STRAIT_SCHEDULE, "triangle", "high=nan"), STRAIT_EINVAL);
  self = object(STRAIT_SCHEDULE, "triangle", "cycle=0.1");
  ck_assert_int_eq(check(self, 19, 1000), STRAIT_EINVAL); /* 1.9 iterations */
  ck_assert_ptr_nonnull(strstr(error_text(), "cycle = 0.1"));
  object_free(self);
}
END_TEST

/* The tutorial's small model: lr * .5^max(i + 1 - 4, 0) in epoch i from 0, and its large one. 13 and 55 epochs of 3. */
START_TEST(test_exponential) {
  static const double small[] = {1, 1, 1, 1, .5, .25, .125, .0625, .03125};
  strait_object *self = object(STRAIT_SCHEDULE, "exponential", "");
  for (int64_t i = 1; i <= 27; i++)
    ck_assert_double_eq_tol(rate(self, i, 3, 39), small[(i - 1) / 3], 1e-15);
  object_free(self);
  self = object(STRAIT_SCHEDULE, "exponential", "rate=2 factor=0.75 constant=14");
  ck_assert(rate(self, 42, 3, 165) == 2 && rate(self, 43, 3, 165) == 1.5);
  ck_assert_double_eq_tol(rate(self, 165, 3, 165), 2 * pow(.75, 41), 1e-18);
  object_free(self);
}
END_TEST

/* nanoGPT's get_lr with lr 1e-3, min 1e-4, warm-up 100, decay 2000, its `it` one less than the iteration here: the
 * first, the last of the warm-up, the top, half way, the floor. */
START_TEST(test_warmup_cosine) {
  strait_object *self = object(STRAIT_SCHEDULE, "warmup-cosine", "");
  ck_assert_double_eq_tol(rate(self, 1, 7, 2000), 1e-3 / 101, 1e-18);
  ck_assert_double_eq_tol(rate(self, 100, 7, 2000), 1e-3 * 100 / 101, 1e-18);
  ck_assert_double_eq_tol(rate(self, 101, 7, 2000), 1e-3, 1e-18);
  ck_assert_double_eq_tol(rate(self, 1051, 7, 2000), 5.5e-4, 1e-18);
  ck_assert_double_eq_tol(rate(self, 576, 7, 2000), 1e-4 + 4.5e-4 * (1 + sqrt(.5)), 1e-18);
  ck_assert_int_eq(check(self, 7, 2000), STRAIT_OK);
  ck_assert_int_eq(check(self, 7, 100), STRAIT_EINVAL);
  object_free(self);
  self = object(STRAIT_SCHEDULE, "warmup-cosine", "rate=1 final=0 warm-up=0 decay=10");
  ck_assert(rate(self, 1, 7, 50) == 1 && rate(self, 11, 7, 50) < 1e-15 && rate(self, 12, 7, 50) == 0);
  object_free(self);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("schedules");
  TCase *tests = tcase_create("schedules");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_constant);
  tcase_add_test(tests, test_decay);
  tcase_add_test(tests, test_exponential);
  tcase_add_test(tests, test_warmup_cosine);
  tcase_add_test(tests, test_cosine);
  tcase_add_test(tests, test_cosine_uneven);
  tcase_add_test(tests, test_triangle_is_algorithm_1);
  tcase_add_test(tests, test_triangle_members);
  tcase_add_test(tests, test_triangle_epochs);
  tcase_add_test(tests, test_triangle_refused);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
