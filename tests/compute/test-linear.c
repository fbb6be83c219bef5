/* Dense layers against sums in double, their gradients against differences of those. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "rig.h"

struct layer {
  int64_t samples, positions, in, out;
  int bias, relu, accumulate;
};

static double *X, *W, *B, *DY; /* the reference's arrays */

static void reference(const struct layer *l, double *y) {
  for (int64_t r = 0; r < l->samples * l->positions; r++)
    for (int64_t o = 0; o < l->out; o++) {
      double sum = l->bias ? B[o] : 0;
      for (int64_t i = 0; i < l->in; i++)
        sum += X[r * l->in + i] * W[o * l->in + i];
      y[r * l->out + o] = l->relu && sum < 0 ? 0 : sum;
    }
}

static double objective(const void *context) {
  const struct layer *l = context;
  const int64_t n = l->samples * l->positions * l->out;
  double *y = malloc((size_t)n * sizeof *y), sum = 0;
  reference(l, y);
  for (int64_t i = 0; i < n; i++)
    sum += y[i] * DY[i];
  free(y);
  return sum;
}

static void run_layer(struct device *d, const void *context, struct sheet *sheet) {
  const struct layer *l = context;
  const int64_t rows = l->samples * l->positions, nx = rows * l->in, nw = l->out * l->in, ny = rows * l->out;
  float *x = rig_random(nx, "x"), *w = rig_random(nw, "w"), *b = rig_random(l->out, "b"), *dy = rig_random(ny, "dy");
  float *dx = rig_random(nx, "dx"), *dw = rig_random(nw, "dw"), *db = rig_random(l->out, "db");
  struct linear_op op = {.positions = l->positions,
                         .in = l->in,
                         .out = l->out,
                         .relu = l->relu,
                         .accumulate_dx = l->accumulate,
                         .accumulate_dw = l->accumulate,
                         .x = rig_place(d, x, nx),
                         .w = rig_place(d, w, nw),
                         .b = l->bias ? rig_place(d, b, l->out) : NO_PLACE,
                         .y = rig_place(d, NULL, ny),
                         .dy = rig_place(d, dy, ny),
                         .dx = rig_place(d, dx, nx),
                         .dw = rig_place(d, dw, nw),
                         .db = l->bias ? rig_place(d, db, l->out) : NO_PLACE};
  struct run run = {.samples = l->samples};
  ck_assert_int_eq(rig_reserve(d, LINEAR, linear, &op, l->samples + 3, FORWARD | BACKWARD), STRAIT_OK);
  rig_run(d, LINEAR, linear, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, ny);
  rig_run(d, LINEAR, linear, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, nx);
  sheet_add(sheet, d, op.dw, nw);
  if (l->bias)
    sheet_add(sheet, d, op.db, l->out);
  free(x), free(w), free(b), free(dy), free(dx), free(dw), free(db);
}

/* Products of k terms in float32 err by about 6e-8 sqrt(k): 5e-6 holds for k <= 1000 with room. Gradients: the same,
 * and the differences' own error. */
static void check_layer(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer *l = context;
  const int64_t rows = l->samples * l->positions, nx = rows * l->in, nw = l->out * l->in, ny = rows * l->out;
  float *x = rig_random(nx, "x"), *w = rig_random(nw, "w"), *b = rig_random(l->out, "b"), *dy = rig_random(ny, "dy");
  X = rig_widen(x, nx), W = rig_widen(w, nw), B = rig_widen(b, l->out), DY = rig_widen(dy, ny);
  double *y = malloc((size_t)ny * sizeof *y);
  reference(l, y);
  rig_near(sheet->data[0], y, ny, 5e-6, kernels);
  if (l->accumulate) {
    rig_subtract(sheet->data[1], nx, "dx");
    rig_subtract(sheet->data[2], nw, "dw");
    if (l->bias)
      rig_subtract(sheet->data[3], l->out, "db");
  }
  rig_gradient(objective, l, X, nx, sheet->data[1], 30, 2e-5, "dx");
  rig_gradient(objective, l, W, nw, sheet->data[2], 30, 2e-5, "dw");
  if (l->bias)
    rig_gradient(objective, l, B, l->out, sheet->data[3], 30, 2e-5, "db");
  free(x), free(w), free(b), free(dy), free(X), free(W), free(B), free(DY), free(y);
}

static const struct layer layers[] = {
    {1, 1, 1, 1, 1, 0, 0},     {7, 1, 13, 5, 1, 1, 0},    {7, 1, 13, 5, 0, 0, 1},   {65, 1, 784, 10, 1, 1, 1},
    {128, 1, 31, 33, 1, 1, 0}, {130, 1, 64, 37, 0, 1, 0}, {5, 11, 17, 19, 1, 0, 1}, {100, 3, 40, 129, 1, 1, 0},
    {3, 1, 700, 300, 1, 1, 0}, {257, 1, 16, 1, 1, 0, 0},  {4500, 1, 5, 7, 1, 1, 1},
};

START_TEST(layer) { rig_each(run_layer, check_layer, &layers[_i]); }
END_TEST

/* What is not wanted is not touched: no dx, no db; and ReLU's mask still goes into dw. */
static void run_partly(struct device *d, const void *context, struct sheet *sheet) {
  float *x = rig_random(6 * 4, "x"), *w = rig_random(3 * 4, "w"), *dy = rig_random(6 * 3, "dy");
  struct linear_op op = {.positions = 1, .in = 4, .out = 3, .relu = 1};
  struct run run = {.samples = 6};
  (void)context;
  op.x = rig_place(d, x, 24), op.w = rig_place(d, w, 12), op.y = rig_place(d, NULL, 18);
  op.dy = rig_place(d, dy, 18), op.dw = rig_place(d, NULL, 12);
  ck_assert_int_eq(rig_reserve(d, LINEAR, linear, &op, 6, FORWARD | BACKWARD), STRAIT_OK);
  rig_run(d, LINEAR, linear, &op, FORWARD, &run);
  rig_run(d, LINEAR, linear, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dw, 12);
  op.dx = rig_place(d, NULL, 24), op.dw = NO_PLACE;
  d->ops->upload(d, op.dy, dy, 18);
  rig_run(d, LINEAR, linear, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, 24);
  free(x), free(w), free(dy);
}

static void check_partly(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer l = {6, 1, 4, 3, 0, 1, 0};
  (void)context;
  (void)kernels;
  float *x = rig_random(24, "x"), *w = rig_random(12, "w"), *dy = rig_random(18, "dy");
  X = rig_widen(x, 24), W = rig_widen(w, 12), B = NULL, DY = rig_widen(dy, 18);
  rig_gradient(objective, &l, W, 12, sheet->data[0], 12, 2e-5, "dw alone");
  rig_gradient(objective, &l, X, 24, sheet->data[1], 24, 2e-5, "dx alone");
  free(x), free(w), free(dy), free(X), free(W), free(DY);
}

START_TEST(partly) { rig_each(run_partly, check_partly, NULL); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("linear");
  TCase *tests = tcase_create("linear");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, layer, 0, sizeof layers / sizeof *layers);
  tcase_add_test(tests, partly);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
