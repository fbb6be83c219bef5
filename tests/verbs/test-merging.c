/* tests/verbs/test-merging.c: every merge rule on short vectors. Expected values are by hand, from the formulas in
 * verbs/merging.h; float arithmetic rounds to 1e-7 of the numbers, which are about 1 to 10. */
#include <config.h>

#include <math.h>

#include "verbs/merging.h"

#include "../base/scratch.h"

enum { N = 4 };
static const struct segment halves[] = {{.name = "a", .offset = 0, .count = 2}, {.name = "b", .offset = 2, .count = 2}};
static const struct layout two_tensors = {N, 2, halves};

static int load(void *context, int64_t i, float *weights) {
  memcpy(weights, (const float *)context + i * N, N * sizeof *weights);
  return STRAIT_OK;
}

static struct merging of(int method, int64_t count, const float *networks) {
  return (struct merging){.method = method,
                          .layout = &two_tensors,
                          .count = count,
                          .t = .5,
                          .decay = .5,
                          .scale = 1,
                          .density = 1,
                          .load = load,
                          .context = (void *)networks};
}

static void expect(const struct merging *m, const double wanted[N]) {
  float result[N];
  ck_assert_int_eq(merge(m, result), STRAIT_OK);
  for (int k = 0; k < N; k++)
    ck_assert_msg(fabs((double)result[k] - wanted[k]) < 1e-6, "%d: %.9g, not %.9g", k, (double)result[k], wanted[k]);
}

static const float three[] = {1, 2, 3, 4, 3, 6, -1, 0, 5, 1, 1, 2};

START_TEST(means) {
  static const double weights[] = {1, 0, 3};
  struct merging m = of(MERGE_MEAN, 3, three);
  expect(&m, (double[]){3, 3, 1, 2});
  m.method = MERGE_SOUP;
  expect(&m, (double[]){3, 3, 1, 2});
  m.method = MERGE_MEAN;
  m.weight = weights;
  expect(&m, (double[]){4, 1.25, 1.5, 2.5});
}
END_TEST

START_TEST(moving_average) { /* w_0/4 + w_1/4 + w_2/2; decay 0: the last; 1: the first */
  struct merging m = of(MERGE_EMA, 3, three);
  expect(&m, (double[]){3.5, 2.5, 1, 2});
  m.decay = 0;
  expect(&m, (double[]){5, 1, 1, 2});
  m.decay = 1;
  expect(&m, (double[]){1, 2, 3, 4});
}
END_TEST

START_TEST(arcs) {
  /* Tensor a: e1 and 2 e2 at right angles, t = 1/3: cos 30 e1 + sin 30 2 e2. Tensor b: parallel, so straight. */
  static const float two[] = {1, 0, 1, 1, 0, 2, 4, 4};
  struct merging m = of(MERGE_SLERP, 2, two);
  m.t = 1. / 3;
  expect(&m, (double[]){sqrt(.75), 1, 2, 2});
  m.t = .5;
  expect(&m, (double[]){sqrt(.5), 2 * sqrt(.5), 2.5, 2.5});
  m.t = 1;
  expect(&m, (double[]){0, 2, 4, 4});
  static const float zero[] = {0, 0, 1, 0, 2, 4, -1, 0}; /* no angle with 0, nor between opposites */
  m = of(MERGE_SLERP, 2, zero);
  expect(&m, (double[]){1, 2, 0, 0});
}
END_TEST

static const float base[] = {1, 1, 1, 1};

START_TEST(tasks) { /* differences (0,1,2,3), (2,5,-2,-1), (4,0,0,1) */
  static const double weights[] = {1, -1, .5};
  struct merging m = of(MERGE_TASK, 3, three);
  m.base = base;
  expect(&m, (double[]){7, 7, 1, 4});
  m.weight = weights;
  m.scale = 2;
  expect(&m, (double[]){1, -7, 9, 10});
}
END_TEST

/* density 1/2 keeps one of each two: (0,1 | 0,3), (0,5 | -2,0), (4,0 | 0,1). Signs of the sums: +,+,-,+. */
START_TEST(ties) {
  struct merging m = of(MERGE_TIES, 3, three);
  m.base = base;
  m.density = .5;
  expect(&m, (double[]){1 + 4, 1 + 3, 1 - 2, 1 + 2});
  m.density = 1; /* sums 6,6,0,3: the 0 elects plus, which the first alone has */
  expect(&m, (double[]){1 + 3, 1 + 3, 1 + 2, 1 + 2});
  static const double weights[] = {1, 3, 1}; /* 2 - 6 < 0: minus; 3 - 3 + 1: plus */
  m.weight = weights;
  m.scale = .5;
  expect(&m, (double[]){1 + .5 * 10 / 4, 1 + .5 * 16 / 4, 1 - .5 * 2, 1 + .5 * 4 / 2});
}
END_TEST

START_TEST(ties_of_one_is_a_task) {
  struct merging m = of(MERGE_TIES, 1, three);
  m.base = base;
  m.scale = 2;
  expect(&m, (double[]){1, 3, 5, 7});
  m.density = .01; /* at least one weight of a tensor stays; of equal ones the first */
  static const float equal[] = {3, -1, 2, 3};
  m.context = (void *)equal;
  expect(&m, (double[]){5, 1, 1, 5});
}
END_TEST

/* Each weight is 0 or d/(1-drop), whose mean over draws is d: 4000 seeds, deviation d sqrt(drop/(1-drop)/4000). */
START_TEST(dare) {
  struct merging m = of(MERGE_DARE, 1, three + N);
  const double difference[N] = {2, 5, -2, -1};
  double sum[N] = {0};
  float result[N], again[N];
  m.base = base;
  expect(&m, (double[]){3, 6, -1, 0}); /* drop 0: as it is */
  m.drop = .6;
  for (uint64_t seed = 1; seed <= 4000; seed++) {
    m.seed = seed;
    ck_assert_int_eq(merge(&m, result), STRAIT_OK);
    for (int k = 0; k < N; k++) {
      const double change = (double)result[k] - 1;
      ck_assert(change == 0 || fabs(change - difference[k] / .4) < 1e-5);
      sum[k] += change / 4000;
    }
  }
  for (int k = 0; k < N; k++)
    ck_assert_msg(fabs(sum[k] / difference[k] - 1) < 5 * sqrt(.6 / .4 / 4000), "%d: %g", k, sum[k]);
  ck_assert_int_eq(merge(&m, again), STRAIT_OK);
  ck_assert_mem_eq(result, again, sizeof result);
}
END_TEST

START_TEST(stock) {
  /* Tensor a: differences (1,0), (0,3): cosine 0, so the base. Tensor b: (2,0), (2,2): c = .7071,
   * s = 2c / (1 + c) = .828427, mean (2,1). */
  static const float two[] = {2, 1, 3, 1, 1, 4, 3, 3};
  struct merging m = of(MERGE_STOCK, 2, two);
  m.base = base;
  const double s = 2 * sqrt(.5) / (1 + sqrt(.5));
  expect(&m, (double[]){1, 1, 1 + 2 * s, 1 + s});
  static const float alike[] = {2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5}; /* s = 1 */
  m = of(MERGE_STOCK, 3, alike);
  m.base = base;
  expect(&m, (double[]){2, 3, 4, 5});
  static const float opposite[] = {2, 3, 4, 5, 0, -1, -2, -3}; /* they cancel out */
  m = of(MERGE_STOCK, 2, opposite);
  m.base = base;
  expect(&m, (double[]){1, 1, 1, 1});
}
END_TEST

int main(void) {
  TCase *rules = tcase_create("merge rules");
  tcase_add_test(rules, means);
  tcase_add_test(rules, moving_average);
  tcase_add_test(rules, arcs);
  tcase_add_test(rules, tasks);
  tcase_add_test(rules, ties);
  tcase_add_test(rules, ties_of_one_is_a_task);
  tcase_add_test(rules, dare);
  tcase_add_test(rules, stock);
  return run_suite("merging", &rules, 1);
}
