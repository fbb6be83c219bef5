/* Whole weight vectors: moving, combining, the optimiser's pass, dot products. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

static const int64_t sizes[] = {0, 1, 15, 17, 1000, 16384, 100003};

/* ---- buffers ---- */

static void run_buffers(struct device *d, const void *context, struct sheet *sheet) {
  const int64_t n = *(const int64_t *)context;
  float *x = rig_random(n + 1, "x");
  place a = rig_place(d, NULL, n + 2), b = rig_place(d, NULL, n + 2), empty;
  sheet_add(sheet, d, a, n + 2); /* new buffers are zero */
  d->ops->upload(d, place_plus(a, 1), x, n);
  d->ops->copy(d, place_plus(b, 2), place_plus(a, 1), n);
  d->ops->copy(d, b, b, n); /* onto itself: nothing */
  sheet_add(sheet, d, b, n + 2);
  d->ops->fill(d, place_plus(b, 1), 2.5f, n);
  sheet_add(sheet, d, b, n + 2);
  ck_assert_int_eq(d->ops->create(d, 0, &empty), STRAIT_OK);
  ck_assert(place_is(empty));
  d->ops->destroy(d, empty);
  d->ops->destroy(d, a);
  place again = rig_place(d, NULL, n); /* a destroyed buffer's handle may come again, its contents may not */
  sheet_add(sheet, d, again, n);
  d->ops->destroy(d, NO_PLACE);
  free(x);
}

static void check_buffers(const void *context, const struct sheet *sheet, const char *kernels) {
  const int64_t n = *(const int64_t *)context;
  float *x = rig_random(n + 1, "x");
  (void)kernels;
  for (int64_t i = 0; i < n + 2; i++) {
    ck_assert(sheet->data[0][i] == 0);
    ck_assert(sheet->data[1][i] == (i < 2 ? 0 : x[i - 2]));
    ck_assert(sheet->data[2][i] == (i < 1 ? 0 : i <= n ? 2.5f : sheet->data[1][i]));
  }
  for (int64_t i = 0; i < n; i++)
    ck_assert(sheet->data[3][i] == 0);
  free(x);
}

START_TEST(buffers) { rig_each(run_buffers, check_buffers, &sizes[_i]); }
END_TEST

/* ---- combinations and sums ---- */

static void run_combine(struct device *d, const void *context, struct sheet *sheet) {
  const int64_t n = *(const int64_t *)context;
  static const double c[4][3] = {{0.25, -1.5, 2}, {0, 1, 0}, {0, 0, 0}, {0.5, 0, 0.5}};
  float *x[3];
  place at[3], to = rig_place(d, NULL, n);
  static const char *const names[] = {"a", "b", "c"};
  for (int i = 0; i < 3; i++) {
    x[i] = rig_random(n + 1, names[i]);
    if (i == 1)
      x[i][0] = -0.0f;
    at[i] = rig_place(d, x[i], n);
  }
  for (int k = 0; k < 4; k++) {
    d->ops->fill(d, to, 99, n);
    d->ops->combine(d, n, 3, at, c[k], to);
    sheet_add(sheet, d, to, n);
  }
  /* a point that is not read may hold anything */
  for (int64_t i = 0; i < n; i++)
    x[1][i] = NAN;
  d->ops->upload(d, at[1], x[1], n);
  d->ops->combine(d, n, 3, at, c[3], to);
  sheet_add(sheet, d, to, n);
  /* onto one of its own points */
  d->ops->combine(d, n, 3, at, c[3], at[0]);
  sheet_add(sheet, d, at[0], n);
  d->ops->upload(d, at[0], x[0], n);
  sheet_add_double(sheet, d->ops->dot(d, n, at[0], at[2]));
  sheet_add_double(sheet, d->ops->distance_squared(d, n, at[0], at[2]));
  for (int i = 0; i < 3; i++)
    free(x[i]);
}

static void check_combine(const void *context, const struct sheet *sheet, const char *kernels) {
  const int64_t n = *(const int64_t *)context;
  float *a = rig_random(n + 1, "a"), *b = rig_random(n + 1, "b"), *c = rig_random(n + 1, "c");
  double dot = 0, distance = 0, *sum = malloc((size_t)(n + 1) * sizeof *sum),
         *half = malloc((size_t)(n + 1) * sizeof *sum);
  b[0] = -0.0f;
  for (int64_t i = 0; i < n; i++) {
    sum[i] = 0.25 * a[i] - 1.5 * b[i] + 2. * c[i];
    half[i] = 0.5 * a[i] + 0.5 * c[i];
    ck_assert(sheet->data[2][i] == 0);
    dot += (double)a[i] * c[i];
    distance += ((double)a[i] - c[i]) * ((double)a[i] - c[i]);
  }
  if (n > 0) {
    rig_near(sheet->data[0], sum, n, 2e-7, kernels);            /* three roundings */
    ck_assert_mem_eq(sheet->data[1], b, (size_t)n * sizeof *b); /* a copy, the sign of -0 too */
    rig_near(sheet->data[3], half, n, 2e-7, "two points");
    ck_assert_mem_eq(sheet->data[4], sheet->data[3], (size_t)n * sizeof *b);
    ck_assert_mem_eq(sheet->data[5], sheet->data[3], (size_t)n * sizeof *b);
  }
  double value;
  memcpy(&value, sheet->data[6], sizeof value);
  ck_assert_double_eq_tol(value, dot, 1e-12 * (1 + sqrt((double)n))); /* sums in double, in another order */
  memcpy(&value, sheet->data[7], sizeof value);
  ck_assert_double_eq_tol(value, distance, 1e-12 * (1 + distance));
  free(a), free(b), free(c), free(sum), free(half);
}

START_TEST(combine) { rig_each(run_combine, check_combine, &sizes[_i]); }
END_TEST

/* ---- the optimiser's pass ---- */

struct recipe {
  int points, free_points, nesterov, adam, steps;
  double momentum, weight_decay;
};

#define WORDS 1003
#define OFFSET 5 /* words before it must stay */

static double coefficient(int step, int i, int points) { /* point 1 is left out of every other step */
  return points == 1 ? 1 : i == 1 && step % 2 ? 0 : cos(step + i);
}

static const char *name(const char *what, int i) {
  static char text[32];
  snprintf(text, sizeof text, "%s%d", what, i);
  return text;
}

static void run_update(struct device *d, const void *context, struct sheet *sheet) {
  const struct recipe *r = context;
  struct update_op op = {.offset = OFFSET,
                         .count = WORDS - OFFSET,
                         .points = r->points,
                         .gradient_scale = 0.7,
                         .rate = 0.05,
                         .momentum = r->momentum,
                         .weight_decay = r->weight_decay,
                         .nesterov = r->nesterov,
                         .adam = r->adam,
                         .beta1 = 0.9,
                         .beta2 = 0.99,
                         .epsilon = 1e-8};
  double first[MAX_POINTS];
  float *gradient = malloc(WORDS * sizeof *gradient);
  for (int i = 0; i < r->points; i++) {
    float *theta = rig_random(WORDS, name("theta", i));
    op.theta[i] = rig_place(d, theta, WORDS);
    if (i < r->free_points) {
      op.velocity[i] = rig_place(d, NULL, WORDS);
      if (r->adam)
        op.square[i] = rig_place(d, NULL, WORDS);
    }
    first[i] = coefficient(0, i, r->points);
    free(theta);
  }
  op.gradient = rig_place(d, NULL, WORDS);
  op.w = r->points == 1 ? op.theta[0] : rig_place(d, NULL, WORDS); /* a plain training keeps its weights once */
  if (r->points > 1)
    d->ops->combine(d, WORDS, r->points, op.theta, first, op.w);
  for (int step = 0; step < r->steps; step++) {
    rig_fill(gradient, WORDS, name("gradient", step));
    d->ops->upload(d, op.gradient, gradient, WORDS);
    for (int i = 0; i < r->points; i++) {
      op.coefficient[i] = coefficient(step, i, r->points);
      op.next[i] = coefficient(step + 1, i, r->points);
    }
    op.first = step == 0;
    op.step = step + 1;
    d->ops->update(d, &op);
  }
  sheet_add(sheet, d, op.w, WORDS);
  place again = rig_place(d, NULL, WORDS);
  d->ops->combine(d, WORDS, r->points, op.theta, op.next, again);
  sheet_add(sheet, d, again, WORDS); /* the new w is, bit for bit, what combine makes */
  for (int i = 0; i < r->points; i++)
    sheet_add(sheet, d, op.theta[i], WORDS);
  free(gradient);
}

/* The rules of struct update_op, in double. */
static void check_update(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct recipe *r = context;
  static double theta[4][WORDS], v[4][WORDS], s[4][WORDS];
  float *gradient = malloc(WORDS * sizeof *gradient);
  const double rate = 0.05;
  memset(v, 0, sizeof v);
  memset(s, 0, sizeof s);
  for (int i = 0; i < r->points; i++) {
    float *x = rig_random(WORDS, name("theta", i));
    for (int k = 0; k < WORDS; k++)
      theta[i][k] = x[k];
    free(x);
  }
  for (int step = 0; step < r->steps; step++) {
    rig_fill(gradient, WORDS, name("gradient", step));
    for (int k = OFFSET; k < WORDS; k++) {
      double w = 0;
      for (int i = 0; i < r->points; i++)
        w += coefficient(step, i, r->points) * theta[i][k];
      for (int i = 0; i < r->free_points; i++) {
        const double c = coefficient(step, i, r->points);
        double g = c * 0.7 * gradient[k];
        if (r->adam) {
          v[i][k] = 0.9 * v[i][k] + 0.1 * g;
          s[i][k] = 0.99 * s[i][k] + 0.01 * g * g;
          theta[i][k] *= 1 - rate * r->weight_decay;
          theta[i][k] -= rate * v[i][k] / (1 - pow(0.9, step + 1)) / (sqrt(s[i][k] / (1 - pow(0.99, step + 1))) + 1e-8);
        } else {
          g += c * r->weight_decay * w;
          v[i][k] = r->momentum * v[i][k] + g;
          theta[i][k] -= rate * (r->nesterov ? g + r->momentum * v[i][k] : v[i][k]);
        }
      }
    }
  }
  ck_assert_mem_eq(sheet->data[0] + OFFSET, sheet->data[1] + OFFSET, (WORDS - OFFSET) * sizeof(float));
  for (int i = 0; i < r->points; i++)
    rig_near(sheet->data[2 + i], theta[i], WORDS, 2e-6, kernels); /* some roundings a step, of at most 6 */
  for (int i = r->free_points; i < r->points; i++)
    for (int k = 0; k < WORDS; k++)
      ck_assert(sheet->data[2 + i][k] == (float)theta[i][k]); /* fixed points do not move at all */
  free(gradient);
}

static const struct recipe recipes[] = {
    {1, 1, 0, 0, 5, 0.9, 1e-2}, {1, 1, 1, 0, 5, 0.9, 1e-2}, {3, 3, 0, 0, 6, 0.9, 1e-2}, {3, 2, 1, 0, 6, 0.9, 0},
    {4, 1, 0, 0, 5, 0, 1e-2},   {1, 1, 0, 1, 5, 0, 1e-2},   {3, 2, 0, 1, 6, 0, 1e-2},
};

START_TEST(update) { rig_each(run_update, check_update, &recipes[_i]); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("vector");
  TCase *tests = tcase_create("vector");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, buffers, 0, sizeof sizes / sizeof *sizes);
  tcase_add_loop_test(tests, combine, 0, sizeof sizes / sizeof *sizes);
  tcase_add_loop_test(tests, update, 0, sizeof recipes / sizeof *recipes);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
