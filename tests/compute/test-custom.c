/* A plugin's operation: y = a x1 + x2^2, a a parameter of the size of a sample; its blocks, gradients and failures. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "rig.h"

#define SIZE 6

static _Atomic int64_t largest_block;

static int32_t forward(const void *self, const strait_block *b) {
  (void)self;
  int64_t seen = largest_block;
  while (b->samples > seen && !atomic_compare_exchange_weak(&largest_block, &seen, b->samples))
    ;
  if (b->output_gradient || b->size != sizeof *b || b->input_count != 2 || b->parameter_count != 1 ||
      b->context != &largest_block)
    return error_set(STRAIT_EBUG, "not what a forward block is");
  for (int64_t i = 0; i < b->samples * SIZE; i++) {
    b->output[i] = b->parameters[0][i % SIZE] * b->inputs[0][i] + b->inputs[1][i] * b->inputs[1][i];
    b->workspace[i] = 2 * b->inputs[1][i];
  }
  return STRAIT_OK;
}

static int32_t backward(const void *self, const strait_block *b) {
  (void)self;
  if (b->output)
    return error_set(STRAIT_EBUG, "backward has no output");
  for (int64_t i = 0; i < b->samples * SIZE; i++) {
    if (b->input_gradients[0])
      b->input_gradients[0][i] = b->parameters[0][i % SIZE] * b->output_gradient[i];
    if (b->input_gradients[1])
      b->input_gradients[1][i] = b->workspace[i] * b->output_gradient[i];
    b->parameter_gradients[0][i % SIZE] += b->inputs[0][i] * b->output_gradient[i];
  }
  return STRAIT_OK;
}

static strait_operation operation = {.size = sizeof operation,
                                     .rank = 1,
                                     .dims = {SIZE},
                                     .workspace = SIZE,
                                     .forward = forward,
                                     .backward = backward,
                                     .context = &largest_block};

static void run_custom(struct device *d, const void *context, struct sheet *sheet) {
  const int64_t samples = *(const int64_t *)context, n = samples * SIZE;
  float *x1 = rig_random(n, "x1"), *x2 = rig_random(n, "x2"), *w = rig_random(SIZE, "w"), *dy = rig_random(n, "dy");
  struct plain_op op = {.operation = &operation,
                        .inputs = 2,
                        .parameters = 1,
                        .input_size = {SIZE, SIZE},
                        .parameter_size = {SIZE},
                        .output_size = SIZE};
  op.x[0] = rig_place(d, x1, n), op.x[1] = rig_place(d, x2, n), op.w[0] = rig_place(d, w, SIZE);
  op.y = rig_place(d, NULL, n), op.aux = rig_place(d, NULL, n), op.dy = rig_place(d, dy, n);
  op.dx[0] = rig_place(d, x1, n), op.dx[1] = rig_place(d, x2, n), op.dw[0] = rig_place(d, w, SIZE);
  op.accumulate_dx[1] = 1;
  struct run run = {.samples = samples};
  ck_assert_int_eq(rig_reserve(d, CUSTOM, plain, &op, samples + 5, FORWARD | BACKWARD), STRAIT_OK);
  rig_run(d, CUSTOM, plain, &op, FORWARD, &run);
  rig_run(d, CUSTOM, plain, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.y, n);
  sheet_add(sheet, d, op.dx[0], n);
  sheet_add(sheet, d, op.dx[1], n);
  sheet_add(sheet, d, op.dw[0], SIZE);
  op.accumulate_dw = 1;
  op.dx[0] = NO_PLACE;
  rig_run(d, CUSTOM, plain, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dw[0], SIZE);
  free(x1), free(x2), free(w), free(dy);
}

static void check_custom(const void *context, const struct sheet *sheet, const char *kernels) {
  const int64_t samples = *(const int64_t *)context, n = samples * SIZE;
  float *x1 = rig_random(n, "x1"), *x2 = rig_random(n, "x2"), *w = rig_random(SIZE, "w"), *dy = rig_random(n, "dy");
  double dw[SIZE] = {0}, twice[SIZE];
  (void)kernels;
  for (int64_t i = 0; i < n; i++) {
    ck_assert_float_eq_tol(sheet->data[0][i], w[i % SIZE] * x1[i] + x2[i] * x2[i], 1e-5);
    ck_assert_float_eq_tol(sheet->data[1][i], w[i % SIZE] * dy[i], 1e-6);
    ck_assert_float_eq_tol(sheet->data[2][i], x2[i] + 2 * x2[i] * dy[i], 1e-5);
    dw[i % SIZE] += (double)x1[i] * dy[i];
  }
  rig_near(sheet->data[3], dw, SIZE, 1e-5, "dw");
  for (int i = 0; i < SIZE; i++)
    twice[i] = 2 * dw[i];
  rig_near(sheet->data[4], twice, SIZE, 1e-5, "dw, accumulated");
  ck_assert_int_le(largest_block, (samples + 15) / 16); /* cut into blocks, so that threads can share them */
  largest_block = 0;
  free(x1), free(x2), free(w), free(dy);
}

static const int64_t batches[] = {1, 7, 16, 17, 100, 128};

START_TEST(custom) { rig_each(run_custom, check_custom, &batches[_i]); }
END_TEST

static int32_t failing(const void *self, const strait_block *b) {
  (void)self;
  return b->inputs[0][0] == 3 ? error_set(STRAIT_EINVAL, "a three came by") : STRAIT_OK;
}

/* A failure stays with the device, its cause is given to the thread that asks. */
START_TEST(failure) {
  static const float x[4] = {1, 2, 3, 4};
  strait_operation bad = {.size = sizeof bad, .rank = 1, .dims = {1}, .forward = failing};
  struct team *team;
  struct device *d;
  ck_assert_int_eq(team_create(&team, 2), STRAIT_OK);
  ck_assert_int_eq(device_create(&d, NULL, team, NULL), STRAIT_OK);
  struct plain_op op = {.operation = &bad, .inputs = 1, .input_size = {1}, .output_size = 1};
  op.x[0] = rig_place(d, x, 4), op.y = rig_place(d, NULL, 4);
  struct run run = {.samples = 2};
  rig_run(d, CUSTOM, plain, &op, FORWARD, &run);
  ck_assert_int_eq(device_status(d), STRAIT_OK);
  run.samples = 4;
  rig_run(d, CUSTOM, plain, &op, FORWARD, &run);
  for (int i = 0; i < 2; i++) { /* sticky */
    error_clear();
    ck_assert_int_eq(device_status(d), STRAIT_EINVAL);
    ck_assert_str_eq(error_text(), "a three came by");
  }
  device_free(d);
  team_free(team);
}
END_TEST

int main(void) {
  Suite *suite = rig_suite("custom");
  TCase *tests = tcase_create("custom");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, custom, 0, sizeof batches / sizeof *batches);
  tcase_add_test(tests, failure);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
