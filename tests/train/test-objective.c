/* Objectives of curves: the t that are drawn, gradients against differences of the formula, and whole steps against
 * plain trainings at the same points. */
#include "fixture.h"

#include "compute/random.h"
#include "train/objective.h"

/* --- which t --- */

/* Each n draws in a row fall into the n parts, one each, whatever the number of draws a batch; parts come in another
 * order each time. Without strata t is the plain stream's, so older results stay. */
START_TEST(test_strata) {
  const struct { int64_t draws, strata; } cases[] = {{1, 8}, {4, 4}, {3, 8}, {4, 2}, {16, 1024}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const struct objective_keys keys = {OBJECTIVE_MEAN, cases[i].draws, cases[i].strata, 0};
    const int64_t n = keys.strata;
    int64_t first[2] = {-1, -1};
    for (int64_t block = 0; block < 2; block++) {
      unsigned char seen[OBJECTIVE_STRATA] = {0};
      for (int64_t d = block * n; d < (block + 1) * n; d++) {
        double t = objective_t(&keys, 3, d / keys.draws + 1, d % keys.draws);
        ck_assert(t >= 0 && t < 1);
        int64_t part = (int64_t)(t * (double)n);
        ck_assert_msg(!seen[part], "part %d of %d twice", (int)part, (int)n);
        seen[part] = 1;
        if (first[block] < 0)
          first[block] = part;
      }
    }
    ck_assert(n < 1024 || first[0] != first[1]);
  }
  const struct objective_keys plain = {OBJECTIVE_MEAN, 2, 1, 0};
  for (int64_t iteration = 1; iteration < 50; iteration++) {
    struct stream stream = stream_of(9, "t", (uint64_t)iteration);
    ck_assert(objective_t(&objective_plain, 9, iteration, 0) == stream_double(&stream, 0));
    ck_assert(objective_t(&plain, 9, iteration, 1) == stream_double(&stream, 1));
  }
}
END_TEST

/* --- gradients --- */

enum { DIM = 3, POINTS = 4, DRAWS = 5 };
static const double place_of[DRAWS] = {.03, .31, .5, .77, .96};

/* A loss of three numbers, and its gradient. */
static double toy(const double *w, double *gradient) {
  double a = w[0] * w[0] + .5 * w[1] * w[1] - w[0] * w[2], b = sin(w[1] + 2 * w[2]);
  gradient[0] = 2 * w[0] - w[2];
  gradient[1] = w[1] + cos(w[1] + 2 * w[2]);
  gradient[2] = -w[0] + 2 * cos(w[1] + 2 * w[2]);
  return a + b;
}

/* The Bezier curve of four points and its derivative, by its closed form. */
static void bernstein(double t, double *c, double *dc) {
  const double s = 1 - t;
  const double values[2][4] = {{s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t},
                               {-3 * s * s, 3 * s * s - 6 * s * t, 6 * s * t - 3 * t * t, 3 * t * t}};
  memcpy(c, values[0], sizeof values[0]);
  memcpy(dc, values[1], sizeof values[1]);
}

static double value_at(const struct objective_keys *keys, const double theta[POINTS][DIM],
                       struct objective_sample samples[DRAWS], double gradients[DRAWS][DIM], double *pull) {
  for (int k = 0; k < DRAWS; k++) {
    double w[DIM] = {0}, speed = 0;
    bernstein(place_of[k], samples[k].c, samples[k].dc);
    for (int x = 0; x < DIM; x++) {
      double slope = 0;
      for (int i = 0; i < POINTS; i++) {
        w[x] += samples[k].c[i] * theta[i][x];
        slope += samples[k].dc[i] * theta[i][x];
      }
      speed += slope * slope;
    }
    samples[k].loss = toy(w, gradients[k]);
    samples[k].speed = sqrt(speed);
  }
  return objective_weigh(keys, POINTS, samples, pull);
}

/* Central differences of the value, with a step of 1e-5: truncation 1e-10, rounding 1e-11. The value itself is compared
 * with its formula. */
START_TEST(test_gradient) {
  for (int objective = OBJECTIVE_MEAN; objective <= OBJECTIVE_WORST; objective++) {
    const struct objective_keys keys = {objective, DRAWS, 1, 3};
    double theta[POINTS][DIM] = {{1, 2, -1}, {.3, -.5, .8}, {2, .1, .4}, {-1, 1, 1.5}};
    double gradients[DRAWS][DIM], other[DRAWS][DIM], pull[POINTS * POINTS], ignored[POINTS * POINTS];
    static struct objective_sample samples[DRAWS], moved[DRAWS];
    double value = value_at(&keys, theta, samples, gradients, pull), top = 0, bottom = 0;
    for (int k = 0; k < DRAWS; k++) {
      double weight = objective == OBJECTIVE_LENGTH ? samples[k].speed : 1;
      top += objective == OBJECTIVE_WORST ? exp(3 * samples[k].loss) : weight * samples[k].loss;
      bottom += weight;
    }
    double wanted = objective == OBJECTIVE_WORST ? log(top / DRAWS) / 3 : top / bottom;
    ck_assert(fabs(value - wanted) < 1e-12);
    for (int i = 0; i < POINTS; i++)
      for (int x = 0; x < DIM; x++) {
        double mine = 0, kept = theta[i][x];
        for (int k = 0; k < DRAWS; k++)
          mine += samples[k].share * samples[k].c[i] * gradients[k][x];
        for (int j = 0; j < POINTS; j++)
          mine += pull[i * POINTS + j] * theta[j][x];
        theta[i][x] = kept + 1e-5;
        double up = value_at(&keys, theta, moved, other, ignored);
        theta[i][x] = kept - 1e-5;
        double down = value_at(&keys, theta, moved, other, ignored);
        theta[i][x] = kept;
        ck_assert_msg(fabs(mine - (up - down) / 2e-5) < 1e-8, "objective %d, point %d, %d: %g, not %g", objective, i, x,
                      mine, (up - down) / 2e-5);
      }
  }
}
END_TEST

/* Limits: worst with b near 0 is the mean, with a large b the maximum; a curve that is one point has no length to weigh
 * by. */
START_TEST(test_limits) {
  static struct objective_sample s[3];
  double pull[4];
  for (int k = 0; k < 3; k++)
    s[k] = (struct objective_sample){.loss = k + 1.};
  struct objective_keys keys = {OBJECTIVE_WORST, 3, 1, 1e-6};
  ck_assert(fabs(objective_weigh(&keys, 2, s, pull) - 2) < 1e-5 && fabs(s[0].share - 1. / 3) < 1e-5);
  keys.sharpness = 1e6;
  ck_assert(fabs(objective_weigh(&keys, 2, s, pull) - 3) < 1e-5 && s[2].share == 1 && s[0].share == 0);
  keys.objective = OBJECTIVE_LENGTH;
  ck_assert(objective_weigh(&keys, 2, s, pull) == 2 && pull[0] == 0);
}
END_TEST

/* --- whole steps --- */

/* The gradient and the loss, both with the regulariser, at w on the first batch: what a plain training of the same
 * seeds does in one step of rate 1 without momentum. */
static double plain_step(const float *w, float *gradient) {
  struct wanted wanted = {.limit = 64, .settings = "rate=1", .iterations = 4, .seed = 5};
  struct fixture f = make(&wanted);
  struct snapshot *s;
  struct loss_sums sums;
  f.keys.momentum = 0;
  f.keys.weight_decay = .01;
  struct training *training = start(&f, &s);
  memcpy(s->theta[0], w, (size_t)f.count * sizeof *w);
  OK(training_load(training, s));
  OK(training_run(training, 1, 0));
  training_progress(training, &sums);
  OK(training_save(training, s));
  double penalty = 0;
  for (int64_t k = 0; k < f.count; k++) {
    gradient[k] = w[k] - s->theta[0][k];
    penalty += .5 * .01 * (double)w[k] * (double)w[k];
  }
  training_free(training);
  snapshot_free(s);
  unmake(&f);
  return sums.loss / (double)sums.rows + penalty;
}

/* One step of each objective on a Bezier curve of three points, all free, against the formulas written out with the
 * gradients of plain steps. Both are float32: 1e-4 of the gradient's length is some hundred roundings of weights of
 * size 1, from which small gradients are subtracted. */
START_TEST(test_step) {
  for (int objective = OBJECTIVE_MEAN; objective <= OBJECTIVE_WORST; objective++) {
    enum { K = 3, N = 3 };
    struct wanted wanted = {.limit = 64,
                            .settings = "rate=1",
                            .iterations = 4,
                            .seed = 5,
                            .curve = "bezier",
                            .bends = "bends=1",
                            .free_ends = 1};
    struct fixture f = make(&wanted);
    struct snapshot *s;
    f.keys.momentum = 0;
    f.keys.weight_decay = .01;
    f.plan.objective = (struct objective_keys){objective, K, K, 5};
    struct training *training = start(&f, &s);
    const size_t count = (size_t)f.count;
    float *before[N], *gradient[K], *w = memory_alloc(count, sizeof *w);
    double *wanted_of = memory_alloc(count, sizeof *wanted_of), c[K][N], dc[K][N], loss[K], speed[K] = {0}, share[K];
    for (int i = 0; i < N; i++) {
      before[i] = memory_alloc(count, sizeof(float));
      for (size_t k = 0; k < count; k++) /* off the segment, so that the speed is not constant */
        before[i][k] = s->theta[i][k] += i == 1 ? .3f * sinf((float)k) : 0;
    }
    double all = 0, mean = 0, most = 0;
    for (int k = 0; k < K; k++) {
      double t = objective_t(&f.plan.objective, (uint64_t)5, 1, k), u = 1 - t;
      const double values[2][N] = {{u * u, 2 * t * u, t * t}, {-2 * u, 2 - 4 * t, 2 * t}};
      memcpy(c[k], values[0], sizeof c[k]);
      memcpy(dc[k], values[1], sizeof dc[k]);
      for (size_t x = 0; x < count; x++) {
        double at = 0, slope = 0;
        for (int i = 0; i < N; i++)
          at += c[k][i] * (double)before[i][x], slope += dc[k][i] * (double)before[i][x];
        w[x] = (float)at;
        speed[k] += slope * slope;
      }
      speed[k] = sqrt(speed[k]);
      gradient[k] = memory_alloc(count, sizeof(float));
      loss[k] = plain_step(w, gradient[k]);
      share[k] = objective == OBJECTIVE_LENGTH ? speed[k] : objective == OBJECTIVE_WORST ? exp(5 * loss[k]) : 1;
      all += share[k];
    }
    for (int k = 0; k < K; k++) {
      share[k] /= all;
      mean += share[k] * loss[k];
      most = fmax(most, fabs(share[k] - 1. / K));
    }
    ck_assert(objective == OBJECTIVE_MEAN ? most < 1e-15 : most > .01); /* they weigh differently */
    OK(training_load(training, s));
    OK(training_run(training, 1, 0));
    OK(training_save(training, s));
    for (int i = 0; i < N; i++) {
      for (size_t x = 0; x < count; x++) {
        wanted_of[x] = 0;
        for (int k = 0; k < K; k++) {
          double slope = 0;
          for (int j = 0; j < N; j++)
            slope += dc[k][j] * (double)before[j][x];
          wanted_of[x] += share[k] * c[k][i] * (double)gradient[k][x];
          if (objective == OBJECTIVE_LENGTH)
            wanted_of[x] += (loss[k] - mean) / all * dc[k][i] * slope / speed[k];
        }
        w[x] = before[i][x] - s->theta[i][x];
      }
      ck_assert_msg(distance(w, wanted_of, f.count) < 1e-4, "objective %d, point %d: %g", objective, i,
                    distance(w, wanted_of, f.count));
    }
    for (int i = 0; i < N; i++) {
      memory_free(before[i]);
      memory_free(gradient[i]);
    }
    memory_free(w);
    memory_free(wanted_of);
    training_free(training);
    snapshot_free(s);
    unmake(&f);
  }
}
END_TEST

/* Interrupted and gone on with, from several threads, and on the guarded device: the same bytes; with momentum, AdamW,
 * and fixed ends, which stay. */
START_TEST(test_bytes) {
  for (int adam = 0; adam < 2; adam++) {
    struct snapshot *whole = NULL;
    for (int way = 0; way < 4; way++) {
      struct wanted wanted = {.limit = 100,
                              .iterations = 12,
                              .curve = "polychain",
                              .bends = "bends=2",
                              .norm = 1,
                              .threads = way + 1,
                              .guarded = way == 2};
      struct fixture f = make(&wanted);
      struct snapshot *s;
      f.keys.optimiser = adam ? OPTIMISER_ADAMW : OPTIMISER_SGD;
      f.plan.objective = (struct objective_keys){OBJECTIVE_WORST, 4, 8, 10};
      struct training *training = start(&f, &s);
      float *end = memory_alloc((size_t)f.count, sizeof *end);
      memcpy(end, s->theta[3], (size_t)f.count * sizeof *end);
      OK(training_load(training, s));
      if (way == 3) { /* a break after 5 */
        OK(training_run(training, 5, 0));
        OK(training_save(training, s));
        training_free(training);
        OK(training_create(&training, &f.plan));
        OK(training_load(training, s));
      }
      OK(training_run(training, 12, 0));
      OK(training_save(training, s));
      ck_assert_mem_eq(end, s->theta[3], (size_t)f.count * sizeof *end);
      ck_assert_mem_ne(s->theta[1], s->theta[2], (size_t)f.count * sizeof *end);
      memory_free(end);
      training_free(training);
      unmake(&f);
      if (!whole)
        whole = s;
      else {
        ck_assert_msg(same(whole, s), "way %d", way);
        snapshot_free(s);
      }
    }
    snapshot_free(whole);
  }
}
END_TEST

/* What contradicts itself. */
START_TEST(test_refused) {
  struct wanted wanted = {.limit = 64, .iterations = 4, .curve = "bezier", .bends = "bends=1"};
  struct fixture f = make(&wanted);
  struct training *training;
  f.plan.keys = &f.keys;
  f.plan.objective = (struct objective_keys){OBJECTIVE_WORST, 1, 1, 10};
  ck_assert_int_eq(training_create(&training, &f.plan), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "set draws = 4") != NULL, "%s", error_text());
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("objective");
  TCase *cases = tcase_create("objective");
  tcase_set_timeout(cases, 300);
  tcase_add_test(cases, test_strata);
  tcase_add_test(cases, test_gradient);
  tcase_add_test(cases, test_limits);
  tcase_add_test(cases, test_step);
  tcase_add_test(cases, test_bytes);
  tcase_add_test(cases, test_refused);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
