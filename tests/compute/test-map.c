/* ReLU, addition, flatten and dropout. All but dropout's scale is exact. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "rig.h"

struct size {
  int64_t samples, count;
};
static const struct size sizes[] = {{1, 1}, {3, 5}, {7, 33}, {2, 16384}, {5, 10007}};

/* ---- ReLU ---- */

static void run_relu(struct device *d, const void *context, struct sheet *sheet) {
  const struct size *z = context;
  const int64_t n = z->samples * z->count;
  float *x = rig_random(n, "x"), *dy = rig_random(n, "dy"), *dx = rig_random(n, "dx");
  x[0] = NAN;
  struct map_op op = {
      .count = z->count, .x = rig_place(d, x, n), .y = rig_place(d, NULL, n), .dy = rig_place(d, dy, n)};
  struct run run = {.samples = z->samples};
  rig_run(d, RELU, map, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  op.dx = rig_place(d, dx, n);
  rig_run(d, RELU, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  d->ops->upload(d, op.dx, dx, n);
  op.accumulate_dx = 1;
  rig_run(d, RELU, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  op.dx = op.dy; /* in place */
  op.accumulate_dx = 0;
  rig_run(d, RELU, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  op.y = op.x;
  rig_run(d, RELU, map, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  free(x), free(dy), free(dx);
}

static void check_relu(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct size *z = context;
  const int64_t n = z->samples * z->count;
  float *x = rig_random(n, "x"), *dy = rig_random(n, "dy"), *dx = rig_random(n, "dx");
  (void)kernels;
  ck_assert(isnan(sheet->data[0][0]) && isnan(sheet->data[4][0])); /* a NaN stays one */
  for (int64_t i = 1; i < n; i++) {
    const float g = x[i] > 0 ? dy[i] : 0;
    ck_assert(sheet->data[0][i] == (x[i] > 0 ? x[i] : 0) && sheet->data[4][i] == sheet->data[0][i]);
    ck_assert(sheet->data[1][i] == g && sheet->data[3][i] == g);
    ck_assert(sheet->data[2][i] == dx[i] + g);
  }
  free(x), free(dy), free(dx);
}

START_TEST(relu) { rig_each(run_relu, check_relu, &sizes[_i]); }
END_TEST

/* ---- addition ---- */

static void run_add(struct device *d, const void *context, struct sheet *sheet) {
  const struct size *z = context;
  const int64_t n = z->samples * z->count;
  float *a = rig_random(n, "a"), *b = rig_random(n, "b"), *dy = rig_random(n, "dy");
  struct map_op op = {.count = z->count, .x = rig_place(d, a, n), .b = rig_place(d, b, n), .y = rig_place(d, NULL, n)};
  struct run run = {.samples = z->samples};
  rig_run(d, ADD, map, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  op.y = op.x; /* in place */
  rig_run(d, ADD, map, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  op.dy = rig_place(d, dy, n), op.dx = rig_place(d, a, n), op.db = rig_place(d, b, n);
  op.accumulate_db = 1;
  rig_run(d, ADD, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  sheet_add(sheet, d, op.db, n);
  op.dx = op.dy; /* dy's own place: dx is there already */
  rig_run(d, ADD, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  sheet_add(sheet, d, op.db, n);
  op.dx = NO_PLACE, op.accumulate_db = 0; /* one side alone */
  rig_run(d, ADD, map, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.db, n);
  free(a), free(b), free(dy);
}

static void check_add(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct size *z = context;
  const int64_t n = z->samples * z->count;
  float *a = rig_random(n, "a"), *b = rig_random(n, "b"), *dy = rig_random(n, "dy");
  (void)kernels;
  for (int64_t i = 0; i < n; i++) {
    ck_assert(sheet->data[0][i] == a[i] + b[i] && sheet->data[1][i] == a[i] + b[i]);
    ck_assert(sheet->data[2][i] == dy[i] && sheet->data[3][i] == b[i] + dy[i]);
    ck_assert(sheet->data[4][i] == dy[i] && sheet->data[5][i] == b[i] + dy[i] + dy[i]);
    ck_assert(sheet->data[6][i] == dy[i]);
  }
  free(a), free(b), free(dy);
}

START_TEST(add) { rig_each(run_add, check_add, &sizes[_i]); }
END_TEST

/* ---- flatten ---- */

static const struct {
  int64_t samples, positions, channels;
} shapes[] = {{1, 1, 1}, {3, 4, 5}, {2, 49, 33}, {5, 1, 7}, {2, 7, 1}, {3, 64, 128}};

static void run_flatten(struct device *d, const void *context, struct sheet *sheet) {
  const int k = *(const int *)context;
  const int64_t n = shapes[k].samples * shapes[k].positions * shapes[k].channels;
  float *x = rig_random(n, "x"), *dx = rig_random(n, "dx");
  struct flatten_op op = {.positions = shapes[k].positions, .channels = shapes[k].channels};
  op.x = rig_place(d, x, n), op.y = rig_place(d, NULL, n), op.dx = rig_place(d, dx, n);
  struct run run = {.samples = shapes[k].samples};
  rig_run(d, FLATTEN, flatten, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, n);
  op.dy = op.y; /* backward undoes forward */
  op.accumulate_dx = 1;
  rig_run(d, FLATTEN, flatten, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  op.accumulate_dx = 0;
  rig_run(d, FLATTEN, flatten, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, n);
  free(x), free(dx);
}

static void check_flatten(const void *context, const struct sheet *sheet, const char *kernels) {
  const int k = *(const int *)context;
  const int64_t positions = shapes[k].positions, channels = shapes[k].channels, size = positions * channels;
  const int64_t n = shapes[k].samples * size;
  float *x = rig_random(n, "x"), *dx = rig_random(n, "dx");
  (void)kernels;
  for (int64_t i = 0; i < n; i++) { /* i: (sample, channel, position) */
    const int64_t from = i / size * size + i % positions * channels + i % size / positions;
    ck_assert(sheet->data[0][i] == x[from]);
    ck_assert(sheet->data[1][i] == dx[i] + x[i] && sheet->data[2][i] == x[i]);
  }
  free(x), free(dx);
}

START_TEST(flatten) { rig_each(run_flatten, check_flatten, &_i); }
END_TEST

/* ---- dropout ---- */

#define DROPS 100003
static const double probabilities[] = {0, 0.1, 0.5, 1};

static void run_dropout(struct device *d, const void *context, struct sheet *sheet) {
  float *ones = malloc(DROPS * sizeof *ones), *dx = rig_random(DROPS, "dx");
  for (int64_t i = 0; i < DROPS; i++)
    ones[i] = 1;
  struct dropout_op op = {.count = DROPS, .probability = *(const double *)context, .stream = 3};
  op.x = op.dy = rig_place(d, ones, DROPS), op.y = rig_place(d, NULL, DROPS), op.dx = rig_place(d, dx, DROPS);
  struct run run = {.samples = 1, .dropout = 1, .iteration = 17, .seed = 5};
  rig_run(d, DROPOUT, dropout, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, DROPS);
  op.accumulate_dx = 1;
  rig_run(d, DROPOUT, dropout, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, DROPS);
  op.count = DROPS / 7, run.samples = 7; /* the mask goes by the element, however the batch is cut */
  op.accumulate_dx = 0;
  rig_run(d, DROPOUT, dropout, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, op.count * 7);
  op.count = DROPS, run.samples = 1;
  struct run other[] = {run, run, run};
  other[0].iteration++, other[1].seed++, other[2].dropout = 0;
  for (int i = 0; i < 3; i++) {
    rig_run(d, DROPOUT, dropout, &op, FORWARD, &other[i]);
    sheet_add(sheet, d, op.y, DROPS);
  }
  op.stream = 4;
  rig_run(d, DROPOUT, dropout, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, DROPS);
  free(ones), free(dx);
}

static void check_dropout(const void *context, const struct sheet *sheet, const char *kernels) {
  const double p = *(const double *)context;
  const float scale = p < 1 ? (float)(1 / (1 - p)) : 0, *y = sheet->data[0];
  float *dx = rig_random(DROPS, "dx");
  struct stream all = stream_of(5, "dropout", 17), stream = stream_branch(&all, 3);
  double dropped = 0, same[3] = {0}, pairs = 0;
  (void)kernels;
  for (int64_t i = 0; i < DROPS; i++) {
    uint32_t bits[4]; /* the mask as compute/kernels.h states it: the same on every kernel set */
    stream_bits(&stream, (uint64_t)(i / 64 * 16 + i % 16), bits);
    ck_assert(y[i] == (p <= 0 || bits[i / 16 % 4] >= p * 0x1p32 ? scale : 0));
    ck_assert(sheet->data[1][i] == dx[i] + y[i]);
    ck_assert(sheet->data[5][i] == 1); /* off */
    if (i < DROPS / 7 * 7)
      ck_assert(sheet->data[2][i] == y[i]);
    dropped += y[i] == 0;
    pairs += i > 0 && y[i] == 0 && y[i - 1] == 0;
    same[0] += sheet->data[3][i] == y[i];
    same[1] += sheet->data[4][i] == y[i];
    same[2] += sheet->data[6][i] == y[i];
  }
  /* counts within 5 standard deviations of a binomial (p, n); neighbours and other streams are independent */
  const double bound = 5 * sqrt(DROPS / 4.), agree = p * p + (1 - p) * (1 - p);
  ck_assert_double_eq_tol(dropped, p * DROPS, bound);
  ck_assert_double_eq_tol(pairs, p * p * DROPS, bound);
  for (int i = 0; i < 3; i++)
    ck_assert_double_eq_tol(same[i], agree * DROPS, bound);
  free(dx);
}

START_TEST(dropout) { rig_each(run_dropout, check_dropout, &probabilities[_i]); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("map");
  TCase *tests = tcase_create("map");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, relu, 0, sizeof sizes / sizeof *sizes);
  tcase_add_loop_test(tests, add, 0, sizeof sizes / sizeof *sizes);
  tcase_add_loop_test(tests, flatten, 0, sizeof shapes / sizeof *shapes);
  tcase_add_loop_test(tests, dropout, 0, sizeof probabilities / sizeof *probabilities);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
