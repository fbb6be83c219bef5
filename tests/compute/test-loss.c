/* Losses against their definition in double, gradients against differences, and softmax. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

struct layer {
  int64_t samples, positions, classes;
  double smoothing, size; /* size: of the logits; 100: exponentials overflow unless the maximum is taken off */
  int squared;
  int missing; /* > 0: every missing-th row has no target */
};

struct arrays {
  const struct layer *layer;
  double *output, *reals;
  const int32_t *labels;
};

static int64_t rows_of(const struct layer *l) { return l->samples * l->positions; }

static float *logits(const struct layer *l) {
  float *x = rig_random(rows_of(l) * l->classes, "logits");
  for (int64_t i = 0; i < rows_of(l) * l->classes; i++)
    x[i] *= (float)l->size;
  return x;
}

static int32_t *labels(const struct layer *l) {
  int32_t *t = malloc((size_t)rows_of(l) * sizeof *t);
  for (int64_t i = 0; i < rows_of(l); i++)
    t[i] = l->missing && i % l->missing == 0 ? -1 : (int32_t)(i * 7 % l->classes);
  return t;
}

static int64_t labelled_of(const struct layer *l) {
  return rows_of(l) - (l->missing ? (rows_of(l) - 1) / l->missing + 1 : 0);
}

/* The loss of a row; *nll without smoothing. */
static double row_loss(const struct arrays *a, int64_t row, double *nll) {
  const struct layer *l = a->layer;
  const double *x = a->output + row * l->classes;
  double sum = 0, loss = 0;
  if (!l->squared && a->labels[row] < 0)
    return *nll = 0;
  if (l->squared) {
    for (int64_t i = 0; i < l->classes; i++)
      sum += pow(x[i] - a->reals[row * l->classes + i], 2) / (double)l->classes;
    return *nll = sum;
  }
  double largest = x[0];
  for (int64_t i = 1; i < l->classes; i++)
    largest = fmax(largest, x[i]);
  for (int64_t i = 0; i < l->classes; i++)
    sum += exp(x[i] - largest);
  *nll = largest + log(sum) - x[a->labels[row]];
  for (int64_t i = 0; i < l->classes; i++) { /* -sum target log p */
    const double target = (i == a->labels[row]) * (1 - l->smoothing) + l->smoothing / (double)l->classes;
    loss += target * (largest + log(sum) - x[i]);
  }
  return loss;
}

static double objective(const void *context) {
  const struct arrays *a = context;
  double sum = 0, nll;
  for (int64_t i = 0; i < rows_of(a->layer); i++)
    sum += row_loss(a, i, &nll);
  return sum / fmax(1, (double)labelled_of(a->layer));
}

static void add_sums(struct sheet *sheet, const struct loss_sums *sums) {
  sheet_add_double(sheet, (double)sums->rows);
  sheet_add_double(sheet, (double)sums->errors);
  sheet_add_double(sheet, sums->loss);
  sheet_add_double(sheet, sums->nll);
}

static void run_loss(struct device *d, const void *context, struct sheet *sheet) {
  const struct layer *l = context;
  const int64_t n = rows_of(l) * l->classes;
  float *x = logits(l), *reals = rig_random(n, "target");
  int32_t *classes = labels(l);
  struct loss_op op = {
      .positions = l->positions, .classes = l->classes, .smoothing = l->smoothing, .squared = l->squared};
  op.output = rig_place(d, x, n), op.gradient = rig_place(d, NULL, n);
  op.target = l->squared ? rig_place(d, reals, n) : rig_place(d, (const float *)(const void *)classes, rows_of(l));
  struct run run = {.samples = l->samples};
  struct loss_sums sums = {0};
  rig_loss(d, &op, &run, &sums);
  sheet_add(sheet, d, op.gradient, n);
  add_sums(sheet, &sums);
  op.gradient = NO_PLACE; /* evaluation: the same sums */
  op.each = rig_place(d, NULL, rows_of(l) * WORDS_OF(struct loss_row));
  rig_loss(d, &op, &run, &sums);
  add_sums(sheet, &sums);
  place probabilities = rig_place(d, NULL, n);
  struct softmax_op softmax = {l->positions, l->classes, op.output, probabilities};
  rig_run(d, SOFTMAX, softmax, &softmax, FORWARD, &run);
  sheet_add(sheet, d, probabilities, n);
  sheet_add(sheet, d, op.each, rows_of(l) * WORDS_OF(struct loss_row));
  free(x), free(reals), free(classes);
}

static double number(const struct sheet *sheet, int i) {
  double value;
  memcpy(&value, sheet->data[i], sizeof value);
  return value;
}

static void check_softmax(const struct layer *l, const double *x, const float *p) {
  for (int64_t r = 0; r < rows_of(l); r++, x += l->classes, p += l->classes) {
    double largest = x[0], sum = 0, total = 0;
    for (int64_t i = 0; i < l->classes; i++)
      largest = fmax(largest, x[i]);
    for (int64_t i = 0; i < l->classes; i++)
      sum += exp(x[i] - largest);
    for (int64_t i = 0; i < l->classes; i++) {
      /* exponentials of float arguments: 1e-6 relative to 1 has room */
      ck_assert_double_eq_tol(p[i], exp(x[i] - largest) / sum, 1e-6);
      total += p[i];
    }
    ck_assert_double_eq_tol(total, 1, 1e-6);
  }
}

static void check_loss(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer *l = context;
  const int64_t n = rows_of(l) * l->classes;
  float *x = logits(l), *reals = rig_random(n, "target");
  int32_t *classes = labels(l);
  struct arrays a = {l, rig_widen(x, n), rig_widen(reals, n), classes};
  double loss = 0, nll = 0;
  int64_t errors = 0;
  (void)kernels;
  for (int64_t r = 0; r < rows_of(l); r++) {
    double row_nll;
    loss += row_loss(&a, r, &row_nll);
    nll += row_nll;
    int64_t best = 0;
    for (int64_t i = 1; i < l->classes; i++)
      if (x[r * l->classes + i] > x[r * l->classes + best])
        best = i;
    errors += !l->squared && classes[r] >= 0 && best != classes[r];
  }
  const struct loss_row *each = (const struct loss_row *)(const void *)sheet->data[10];
  for (int64_t r = 0, seen = 0; r < rows_of(l); r++) {
    double row_nll;
    row_loss(&a, r, &row_nll);
    ck_assert_double_eq_tol(each[r].nll, row_nll, 1e-9 * (1 + fabs(row_nll)));
    ck_assert(l->squared || (each[r].error == -1) == (classes[r] < 0));
    seen += each[r].error > 0;
    ck_assert(r < rows_of(l) - 1 || seen == errors);
  }
  for (int again = 0; again < 2; again++) {
    ck_assert(number(sheet, 1 + 4 * again) == (double)labelled_of(l));
    ck_assert(number(sheet, 2 + 4 * again) == (double)errors);
    /* a row's logarithm is of a float exponential sum at worst: 1e-6 relative */
    ck_assert_double_eq_tol(number(sheet, 3 + 4 * again), loss, 1e-6 * (1 + loss));
    ck_assert_double_eq_tol(number(sheet, 4 + 4 * again), nll, 1e-6 * (1 + nll));
  }
  rig_gradient(objective, &a, a.output, n, sheet->data[0], 40, 1e-5, "gradient");
  if (!l->squared)
    check_softmax(l, a.output, sheet->data[9]);
  free(x), free(reals), free(classes), free(a.output), free(a.reals);
}

static const struct layer layers[] = {
    {1, 1, 2, 0, 1, 0, 0},    {128, 1, 10, 0, 1, 0, 0}, {128, 1, 10, 0.1, 100, 0, 0}, {37, 1, 100, 0.1, 3, 0, 0},
    {9, 25, 17, 0, 1, 0, 0},  {300, 1, 1, 0, 1, 1, 0},  {70, 3, 5, 0, 1, 1, 0},       {9000, 1, 3, 0.2, 2, 0, 0},
    {3, 1, 1000, 0, 1, 0, 0}, {5, 1, 1, 0, 1, 0, 0},    {6, 11, 7, 0.1, 2, 0, 3},     {50, 20, 5, 0, 1, 0, 2},
    {4, 1, 3, 0, 1, 0, 1},
};

START_TEST(loss) { rig_each(run_loss, check_loss, &layers[_i]); }
END_TEST

/* Equal logits: the first class is the answer. A label outside of the classes and a NaN show in the loss; -1 is no
 * label, whatever the outputs are. */
static void run_special(struct device *d, const void *context, struct sheet *sheet) {
  static const float x[3][2] = {{1, 1}, {1, 1}, {0, NAN}};
  static const int32_t label[] = {0, 1, 0}, bad[] = {0, 7, -2};
  (void)context;
  struct loss_op op = {.positions = 1, .classes = 2, .output = rig_place(d, x[0], 6)};
  struct run run = {.samples = 2};
  struct loss_sums sums;
  op.target = rig_place(d, (const float *)(const void *)label, 3);
  rig_loss(d, &op, &run, &sums);
  ck_assert_int_eq(sums.errors, 1);
  ck_assert_double_eq_tol(sums.loss, 2 * log(2), 1e-6);
  run.samples = 3;
  rig_loss(d, &op, &run, &sums);
  ck_assert(isnan(sums.loss) && isnan(sums.nll));
  for (int i = 1; i < 3; i++) {
    struct loss_op one = op;
    one.target = rig_place(d, (const float *)(const void *)(bad + i), 1);
    one.gradient = rig_place(d, NULL, 2);
    run.samples = 1;
    rig_loss(d, &one, &run, &sums);
    ck_assert(isnan(sums.loss) && sums.errors == 1);
  }
  static const int32_t none[] = {0, 1, -1}; /* row 2's outputs are not numbers */
  op.target = rig_place(d, (const float *)(const void *)none, 3);
  run.samples = 3;
  rig_loss(d, &op, &run, &sums);
  ck_assert(sums.rows == 2 && sums.errors == 1);
  ck_assert_double_eq_tol(sums.loss, 2 * log(2), 1e-6);
  sheet_add_double(sheet, 0);
}

static void check_special(const void *context, const struct sheet *sheet, const char *kernels) {
  (void)context;
  (void)sheet;
  (void)kernels;
}

START_TEST(special) { rig_each(run_special, check_special, NULL); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("loss");
  TCase *tests = tcase_create("loss");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, loss, 0, sizeof layers / sizeof *layers);
  tcase_add_test(tests, special);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
