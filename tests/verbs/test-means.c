/* tests/verbs/test-means.c: means and their errors, the numbers of a summary by their places, lists of values and of
 * seeds. Expected values: worked by hand, as said beside. */
#include <config.h>

#include "base/extreme.h"
#include "experiment/instance.h"
#include "store/document.h"
#include "verbs/means.h"

#include <math.h>

#include "../base/scratch.h"

static double number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  ck_assert_msg(json_is_number(value), "no number %s", key);
  return json_number_value(value);
}

START_TEST(means_and_errors) {
  /* 1 2 3 6: mean 3; squares of deviations 4 1 0 9, together 14; s^2 = 14/3; s / 2 = 1.0801. Doubles: 1e-15. */
  const double values[] = {1, 2, 3, 6};
  double min, max;
  json_t *figure = figure_json(values, 4);
  ck_assert_double_eq(number(figure, "mean"), 3);
  ck_assert_double_eq_tol(number(figure, "se"), sqrt(14. / 12), 1e-15);
  ck_assert_double_eq(number(figure, "n"), 4);
  ck_assert_double_eq(json_number_value(json_array_get(json_object_get(figure, "values"), 3)), 6);
  figure_range(figure, &min, &max);
  ck_assert(min == 1 && max == 6);
  json_decref(figure);
}
END_TEST

START_TEST(one_value_has_no_error) {
  const double value = -2.5;
  json_t *figure = figure_json(&value, 1);
  ck_assert_double_eq(number(figure, "mean"), -2.5);
  ck_assert(json_is_null(json_object_get(figure, "se")));
  json_decref(figure);
}
END_TEST

START_TEST(what_is_not_finite_shows) {
  /* fmin and fmax step over a NaN: neither extreme may, nor the mean. JSON has no such numbers: they are texts. */
  const double values[] = {2, NAN, -1}, infinite[] = {2, INFINITY, -1};
  double min, max, value;
  json_t *figure = figure_json(values, 3);
  ck_assert_str_eq(json_string_value(json_object_get(figure, "mean")), "nan");
  ck_assert_str_eq(json_string_value(json_object_get(figure, "se")), "nan");
  figure_range(figure, &min, &max);
  ck_assert(isnan(min) && isnan(max));
  json_decref(figure);
  figure = figure_json(infinite, 3);
  ck_assert_str_eq(json_string_value(json_object_get(figure, "mean")), "inf");
  figure_range(figure, &min, &max);
  ck_assert(min == -1 && isinf(max) && max > 0);
  json_decref(figure);
  figure = document_measure(-INFINITY);
  ck_assert(document_value(figure, &value) && isinf(value) && value < 0);
  json_decref(figure);
  figure = json_string("infinite");
  ck_assert(!document_value(figure, &value) && isnan(value));
  ck_assert(!document_value(NULL, &value));
  json_decref(figure);
}
END_TEST

START_TEST(extremes_hide_nothing) {
  static const struct {
    double values[4];
    int64_t least, greatest;
  } rows[] = {
      {{3, 1, 4, 1}, 1, 2}, {{NAN, 1, 4, 1}, 0, 0}, {{3, 1, NAN, NAN}, 2, 2}, {{3, INFINITY, -INFINITY, 1}, 2, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t least, greatest;
    extremes_of(rows[i].values, 4, &least, &greatest);
    ck_assert_msg(least == rows[i].least && greatest == rows[i].greatest, "row %zu", i);
  }
  ck_assert(isnan(larger(NAN, 1)) && isnan(larger(1, NAN)) && larger(1, 2) == 2 && isnan(smaller(1, NAN)));
}
END_TEST

START_TEST(large_means_keep_small_errors) {
  /* The deviations are taken first: 1e9 + {0, 1, 2} has the error of 0 1 2, sqrt(1/3), to the last bit. */
  const double values[] = {1e9, 1e9 + 1, 1e9 + 2};
  json_t *figure = figure_json(values, 3);
  ck_assert_double_eq_tol(number(figure, "se"), sqrt(1. / 3), 1e-15);
  json_decref(figure);
}
END_TEST

START_TEST(numbers_by_their_places) {
  json_t *summary =
      json_loads("{\"spent\": 7, \"verb\": \"scan\", \"metrics\": {\"test\": {\"nll\": 0.5}},"
                 " \"paths\": [{\"path\": \"arc\", \"length\": 2}, {\"path\": \"line(a,b)\", \"length\": 1}],"
                 " \"networks\": [{\"weights\": \"a@3\", \"error\": 4},"
                 " {\"weights\": \"inf\", \"error\": \"nan\"}], \"values\": [1, 2], \"none\": null}",
                 0, NULL);
  json_t *figures = figures_of_summary(summary);
  ck_assert_double_eq(number(figures, "spent"), 7);
  ck_assert_double_eq(number(figures, "metrics.test.nll"), 0.5);
  ck_assert_double_eq(number(figures, "paths.arc.length"), 2);
  ck_assert_double_eq(number(figures, "paths.line(a,b).length"), 1);
  ck_assert_double_eq(number(figures, "networks.a@3.error"), 4);
  ck_assert_str_eq(json_string_value(json_object_get(figures, "networks.inf.error")), "nan");
  ck_assert_uint_eq(json_object_size(figures), 6); /* no texts, no nulls, no lists without names */
  json_decref(figures);
  json_decref(summary);
}
END_TEST

static size_t expand(const char *a, const char *b, const char ***values) {
  const char *const from[] = {a, b};
  size_t n;
  ck_assert_msg(values_expand(scratch_arena, from, 2, values, &n) == STRAIT_OK, "%s", error_text());
  return n;
}

START_TEST(lists) {
  const char **v;
  ck_assert_uint_eq(expand("3..5", "9", &v), 4);
  ck_assert_str_eq(v[0], "3");
  ck_assert_str_eq(v[2], "5");
  ck_assert_str_eq(v[3], "9");
  ck_assert_uint_eq(expand("(64 64)", "0.1", &v), 2);
  ck_assert_str_eq(v[0], "64 64");
  ck_assert_str_eq(v[1], "0.1");
  ck_assert_uint_eq(expand("..", "a..b", &v), 2); /* no numbers at their ends: texts */
  ck_assert_str_eq(v[1], "a..b");
}
END_TEST

START_TEST(what_is_no_list) {
  static const struct {
    const char *value, *says;
  } bad[] = {{"5..3", "the range 5..3 is descending; write 3..5"}, {"1..20000", "more than 10000 values"}};
  const char **values;
  size_t n;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(values_expand(scratch_arena, &bad[i].value, 1, &values, &n), STRAIT_EINVAL);
    ck_assert_str_eq(error_text(), bad[i].says);
    error_clear();
  }
}
END_TEST

START_TEST(seeds) {
  const char *const good[] = {"1", "999", "7"}, *const twice[] = {"2", "3", "2"}, *const beyond[] = {"1000"},
                    *const zero[] = {"0"}, *const no[] = {"x"};
  int64_t *seed;
  ck_assert_int_eq(seeds_read(scratch_arena, good, 3, &seed), STRAIT_OK);
  ck_assert(seed[0] == 1 && seed[1] == INSTANCE_SEEDS && seed[2] == 7);
  ck_assert_int_eq(seeds_read(scratch_arena, twice, 3, &seed), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "the seed 2 is listed twice");
  const char *const *const none[] = {beyond, zero, no};
  for (size_t i = 0; i < 3; i++) {
    error_clear();
    ck_assert_int_eq(seeds_read(scratch_arena, none[i], 1, &seed), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), "is not a seed; seeds are whole numbers from 1 to 999"), "%s", error_text());
  }
  error_clear();
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("figures");
  tcase_add_checked_fixture(tests, scratch_make, scratch_remove);
  tcase_add_test(tests, means_and_errors);
  tcase_add_test(tests, one_value_has_no_error);
  tcase_add_test(tests, what_is_not_finite_shows);
  tcase_add_test(tests, extremes_hide_nothing);
  tcase_add_test(tests, large_means_keep_small_errors);
  tcase_add_test(tests, numbers_by_their_places);
  tcase_add_test(tests, lists);
  tcase_add_test(tests, what_is_no_list);
  tcase_add_test(tests, seeds);
  return run_suite("figures", (TCase *[]){tests}, 1);
}
