/* tests/align/test-assign.c: the assignment solver against brute force, and against the proof that its prices are. */
#include <config.h>

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align/assign.h"
#include "base/error.h"
#include "compute/random.h"

#define OK(call) ck_assert_msg((call) >= 0, "%s: %s", #call, error_text())

/* The least total over all ways to give each row from `row` on a column of its own. */
static double brute(int64_t rows, int64_t columns, const double *cost, int64_t row, unsigned taken) {
  double best = row == rows ? 0 : INFINITY;
  for (int64_t j = 0; row < rows && j < columns; j++)
    if (!(taken >> j & 1)) {
      const double total = cost[row * columns + j] + brute(rows, columns, cost, row + 1, taken | 1u << j);
      best = total < best ? total : best;
    }
  return best;
}

static double total_of(int64_t rows, int64_t columns, const double *cost, const int64_t *column_of) {
  double total = 0;
  unsigned char taken[512] = {0};
  for (int64_t i = 0; i < rows; i++) {
    if (column_of[i] < 0) {
      ck_assert_int_gt(rows, columns);
      continue;
    }
    ck_assert_int_lt(column_of[i], columns);
    ck_assert(!taken[column_of[i]]++);
    total += cost[i * columns + column_of[i]];
  }
  return total;
}

/* Feasible prices whose sum is the total prove that no other assignment is cheaper. */
static void check_prices(int64_t rows, int64_t columns, const double *cost, const int64_t *column_of, const double *u,
                         const double *v, double epsilon) {
  double prices = 0;
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++)
      ck_assert_double_le(u[i] + v[j], cost[i * columns + j] + epsilon);
    prices += u[i];
    if (column_of[i] < 0)
      ck_assert_double_le(fabs(u[i]), epsilon);
    if (rows > columns)
      ck_assert_double_le(u[i], epsilon);
  }
  for (int64_t j = 0; j < columns; j++) {
    prices += v[j];
    if (rows < columns)
      ck_assert_double_le(v[j], epsilon);
  }
  ck_assert_double_le(fabs(prices - total_of(rows, columns, cost, column_of)), epsilon * (double)(rows + columns));
}

/* Sizes 1 to 7, all shapes; few values, so that ties abound in half of the cases. Integers: sums are exact. */
START_TEST(as_cheap_as_brute_force) {
  for (uint64_t n = 0; n < 1000; n++) {
    const struct stream stream = stream_of(n, "assign", 0);
    const int64_t rows = 1 + (int64_t)stream_below(&stream, 0, 7),
                  columns = n % 3 ? rows : 1 + (int64_t)stream_below(&stream, 1, 7);
    const uint64_t range = n % 2 ? 4 : 1000;
    double cost[49], turned[49], u[7], v[7];
    int64_t column_of[7];
    for (int64_t k = 0; k < rows * columns; k++) {
      cost[k] = (double)stream_below(&stream, (uint64_t)k + 2, range) - (double)(range / 2);
      turned[k % columns * rows + k / columns] = cost[k];
    }
    OK(assign(rows, columns, cost, column_of, u, v));
    const double wanted = rows <= columns ? brute(rows, columns, cost, 0, 0) : brute(columns, rows, turned, 0, 0);
    ck_assert_double_eq(total_of(rows, columns, cost, column_of), wanted);
    check_prices(rows, columns, cost, column_of, u, v, 0);
  }
}
END_TEST

static const struct {
  int64_t rows, columns, rank; /* rank: of the matrix; 0: independent entries */
} sizes[] = {{200, 200, 0}, {200, 200, 3}, {150, 230, 0}, {230, 150, 2}, {300, 300, 1}};

/* Normal entries, or of low rank, where many are nearly equal. Prices are sums of at most n costs: 1e-9 of the largest.
 */
START_TEST(prices_prove_it) {
  const int64_t rows = sizes[_i].rows, columns = sizes[_i].columns, rank = sizes[_i].rank;
  const struct stream stream = stream_of((uint64_t)_i, "assign", 1);
  float *x = malloc((size_t)(rows * columns + (rows + columns) * 8) * sizeof *x);
  double *cost = malloc((size_t)(rows * columns) * sizeof *cost), largest = 0;
  double u[512], v[512];
  int64_t column_of[512], again[512];
  stream_normals(&stream, x, rows * columns + (rows + columns) * 8);
  const float *a = x + rows * columns, *b = a + rows * 8;
  for (int64_t k = 0; k < rows * columns; k++) {
    cost[k] = rank ? 0 : (double)x[k];
    for (int64_t r = 0; r < rank; r++)
      cost[k] += (double)a[k / columns * 8 + r] * (double)b[k % columns * 8 + r];
    largest = fmax(largest, fabs(cost[k]));
  }
  OK(assign(rows, columns, cost, column_of, u, v));
  check_prices(rows, columns, cost, column_of, u, v, 1e-9 * largest);
  OK(assign(rows, columns, cost, again, NULL, NULL));
  for (int64_t i = 0; i < rows; i++)
    ck_assert_int_eq(column_of[i], again[i]);
  free(cost);
  free(x);
}
END_TEST

START_TEST(equal_costs_give_the_identity) {
  double cost[60];
  int64_t column_of[10];
  for (int k = 0; k < 60; k++)
    cost[k] = -2.5;
  for (int64_t rows = 1; rows <= 10; rows++) {
    OK(assign(rows, 6, cost, column_of, NULL, NULL));
    for (int64_t i = 0; i < rows; i++)
      ck_assert_int_eq(column_of[i], i < 6 ? i : -1);
  }
}
END_TEST

START_TEST(what_is_no_cost_is_refused) {
  const double bad[] = {NAN, INFINITY, -INFINITY, 2e300};
  for (int k = 0; k < 4; k++) {
    double cost[6] = {1, 2, 3, 4, 5, 6};
    int64_t column_of[3];
    cost[4] = bad[k];
    ck_assert_int_eq(assign(2, 3, cost, column_of, NULL, NULL), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), "the cost of row 1 and column 1 is ") != NULL, "%s", error_text());
    ck_assert_int_eq(assign(3, 2, cost, column_of, NULL, NULL), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), "the cost of row 2 and column 0 is ") != NULL, "%s", error_text());
  }
  ck_assert_int_eq(assign(0, 3, NULL, NULL, NULL, NULL), STRAIT_EINVAL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("assign");
  TCase *tcase = tcase_create("assign");
  tcase_add_test(tcase, as_cheap_as_brute_force);
  tcase_add_loop_test(tcase, prices_prove_it, 0, (int)(sizeof sizes / sizeof sizes[0]));
  tcase_add_test(tcase, equal_costs_give_the_identity);
  tcase_add_test(tcase, what_is_no_cost_is_refused);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
