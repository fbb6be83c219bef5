/* Text in streams: state that is carried through a training, an evaluation and a curve, the loss over steps, and
 * perplexities that are known in closed form. The network is that of tests/train/fixture.h on the sequence of
 * tests/data/sequence.h; its forward pass is written out here in double. */
#include "../train/fixture.h"

#include "../data/sequence.h"
#include "landscape/evaluate.h"
#include "train/checkpoint.h"

enum { HIDDEN = 5 };

static struct device_ops table;
static const struct wanted plain = {.dataset = &sequence_class, .hidden = "5", .iterations = 12};

static void begin(void) {
  sequence = usual_sequence;
  tiny_tokens = 1;
  tiny_carries = 0;
}

/* Batches of 3, as in test-sequence.c: epochs of 3 steps. */
static struct fixture make_streams(const struct wanted *wanted) {
  struct fixture f = make(wanted);
  leaky_add(f.device, &table);
  f.keys.batch = 3;
  return f;
}

/* Trains from a snapshot on, in a training of its own. */
static void resume(struct fixture *f, struct snapshot *s, int64_t until) {
  struct training *training;
  f->plan.keys = &f->keys;
  OK(training_create(&training, &f->plan));
  OK(training_load(training, s));
  OK(training_run(training, until, 0));
  OK(training_save(training, s));
  training_free(training);
}

static int64_t carried(const struct snapshot *s) {
  int64_t n = 0;
  for (int64_t i = 0; i < snapshot_carried(s); i++)
    n += s->state[i] != 0;
  return n;
}

static void scribble(struct snapshot *s) {
  for (int64_t i = 0; i < snapshot_carried(s); i++)
    s->state[i] = 3;
}

/* Cut inside an epoch and at its end, a training and a curve end in the same bytes. State matters inside an epoch, and
 * is 0 again when the next begins. */
START_TEST(state_passes_through_an_epoch) {
  struct wanted wanted = plain;
  wanted.curve = _i ? "bezier" : NULL;
  struct fixture f = make_streams(&wanted);
  struct snapshot *whole = train(&f, 8), *inside = train(&f, 5), *end = train(&f, 6), *odd = train(&f, 5);
  ck_assert_int_eq(snapshot_carried(inside), 3 * 4 * HIDDEN);
  ck_assert_int_gt(carried(inside), 5);
  resume(&f, inside, 8);
  ck_assert(same(inside, whole));
  scribble(end);
  resume(&f, end, 8);
  ck_assert(same(end, whole));
  scribble(odd);
  resume(&f, odd, 8);
  ck_assert(!same(odd, whole));
  snapshot_free(whole), snapshot_free(inside), snapshot_free(end), snapshot_free(odd);
  unmake(&f);
}
END_TEST

/* Windows have nothing to do with each other. */
START_TEST(windows_carry_nothing) {
  sequence.order = STRAIT_ORDER_WINDOWS;
  struct fixture f = make_streams(&plain);
  struct snapshot *s = train(&f, 5);
  ck_assert_int_eq(carried(s), 0);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

START_TEST(threads_change_nothing) {
  struct snapshot *s[2];
  struct fixture f[2];
  struct device_ops tables[2];
  for (int i = 0; i < 2; i++) {
    struct wanted wanted = plain;
    wanted.threads = i ? 3 : 1;
    f[i] = make(&wanted);
    leaky_add(f[i].device, &tables[i]);
    f[i].keys.batch = 3;
    s[i] = train(&f[i], 7);
  }
  ck_assert(same(s[0], s[1]));
  for (int i = 0; i < 2; i++) {
    snapshot_free(s[i]);
    unmake(&f[i]);
  }
}
END_TEST

/* How far the first step of SGD goes. */
static double first_step(struct fixture *f) {
  struct snapshot *before;
  struct training *training = start(f, &before);
  struct snapshot *after = train(f, 1);
  double sum = 0;
  for (int64_t i = 0; i < f->count; i++)
    sum += pow((double)after->theta[0][i] - before->theta[0][i], 2);
  training_free(training);
  snapshot_free(before), snapshot_free(after);
  return sqrt(sum);
}

/* The sum over 4 steps has 4 times the mean's gradient; the clip acts on that. Weights are float32: 1e-4. */
START_TEST(the_loss_can_be_a_sum_over_steps) {
  struct fixture f = make_streams(&plain);
  f.keys.weight_decay = 0;
  const double mean = first_step(&f), gradient = mean / .05; /* at the rate .05 */
  f.keys.loss = LOSS_SUM_OVER_STEPS;
  ck_assert_double_eq_tol(first_step(&f), 4 * mean, 4e-4 * mean);
  f.keys.clip_norm = 2 * gradient; /* above the mean's gradient, below the sum's */
  ck_assert_double_eq_tol(first_step(&f), 2 * mean, 2e-4 * mean);
  f.keys.loss = LOSS_MEAN;
  ck_assert_double_eq_tol(first_step(&f), mean, 1e-4 * mean);
  unmake(&f);
}
END_TEST

/* --- evaluation --- */

static struct evaluator *make_evaluator(struct fixture *f, int64_t streams, int tail) {
  struct evaluator *e;
  struct evaluate_keys keys = {0};
  OK(options_default(&evaluate_options, &keys, f->arena));
  keys.streams = keys.test_streams = streams;
  keys.tail = tail;
  OK(evaluator_create(&e, f->network, f->data, f->device, &keys, &f->plan.seeds, 3, 0, NULL));
  return e;
}

/* One sample of a stream: fc1, ReLU, the leak, out; adds to the sums. */
static void naive_sample(const float *w, int64_t at, double state[4][HIDDEN], uint32_t which, double *nll,
                         int64_t *count) {
  const int64_t classes = sequence.classes;
  const float *w1 = w, *b1 = w1 + HIDDEN * classes, *w2 = b1 + HIDDEN, *b2 = w2 + classes * HIDDEN;
  for (int64_t i = 0; i < 4 && at + i + 1 < sequence.tokens[which]; i++) {
    const int32_t token = sequence_token(which, at + i), next = sequence_token(which, at + i + 1);
    double logits[16], sum = 0;
    for (int64_t h = 0; h < HIDDEN; h++)
      state[i][h] = fmax(0, (double)w1[h * classes + token] + (double)b1[h]) + state[i][h] / 2;
    for (int64_t c = 0; c < classes; c++) {
      logits[c] = (double)b2[c];
      for (int64_t h = 0; h < HIDDEN; h++)
        logits[c] += (double)w2[c * HIDDEN + h] * state[i][h];
      sum += exp(logits[c]);
    }
    *nll += log(sum) - logits[next];
    ++*count;
  }
}

/* Streams of `length` places from `length` to `length`, each from the state 0; samples from `first` to before `end`. */
static double naive(const float *w, uint32_t which, int64_t length, int64_t samples, int64_t end, int64_t *count) {
  double nll = 0;
  *count = 0;
  for (int64_t first = 0; first < end; first += length) {
    double state[4][HIDDEN] = {{0}};
    for (int64_t k = 0; k < samples && first + 4 * k < end; k++)
      naive_sample(w, first + 4 * k, state, which, &nll, count);
  }
  return nll / (double)*count;
}

/* Every place once in 1 to 4 streams (10 samples of training, 6 of the test), and as published with the ends dropped;
 * at two points one after the other, and again, which starts from no state of the one before. float32: 1e-5. */
START_TEST(streams_are_measured_from_state_0) {
  struct fixture f = make_streams(&plain);
  float *w[2];
  for (int k = 0; k < 2; k++) {
    w[k] = arena_alloc(f.arena, (size_t)f.count, sizeof(float));
    network_initialise(f.network, 5 + (uint64_t)k, w[k], NULL);
  }
  for (int64_t streams = 1; streams <= 4; streams++)
    for (int tail = TAIL_KEEP; tail <= TAIL_DROP; tail++) {
      struct evaluator *e = make_evaluator(&f, streams, tail);
      for (int k = 0; k < 4; k++) {
        struct metrics m[SPLITS];
        int64_t count, test_count;
        OK(evaluator_point(e, w[k % 2], NULL, 1 << SPLIT_TRAIN | 1 << SPLIT_TEST, m, NULL, NULL));
        const int64_t kept = (10 + streams - 1) / streams, test = (6 + streams - 1) / streams, part = 41 / streams;
        const double nll = tail == TAIL_KEEP
                               ? naive(w[k % 2], STRAIT_TRAIN, 4 * kept, kept, 40, &count)
                               : naive(w[k % 2], STRAIT_TRAIN, part, (part - 1) / 4, part * streams - 1, &count);
        const double test_nll = naive(w[k % 2], STRAIT_TEST, 4 * test, test, 22, &test_count);
        ck_assert_int_eq(m[SPLIT_TRAIN].samples, count);
        ck_assert_int_eq(m[SPLIT_TEST].samples, 22);
        ck_assert_double_eq_tol(m[SPLIT_TRAIN].nll, nll, 1e-5);
        ck_assert_double_eq_tol(m[SPLIT_TEST].nll, test_nll, 1e-5);
      }
      evaluator_free(e);
    }
  unmake(&f);
}
END_TEST

/* Zero weights: the perplexity is the number of classes, for training and test, with state and without. A bias of
 * log-frequencies: the perplexity is that of the counts. */
START_TEST(perplexities_in_closed_form) {
  tiny_carries = _i ? 0 : -1;
  struct fixture f = make_streams(&plain);
  struct evaluator *e = make_evaluator(&f, 2, TAIL_KEEP);
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  struct metrics m[SPLITS];
  OK(evaluator_point(e, w, NULL, 1 << SPLIT_TRAIN | 1 << SPLIT_TEST, m, NULL, NULL));
  ck_assert_double_eq_tol(exp(m[SPLIT_TRAIN].nll), 7, 1e-6);
  ck_assert_double_eq_tol(exp(m[SPLIT_TEST].nll), 7, 1e-6);
  double seen[7] = {0}, nll = 0;
  for (int64_t i = 1; i < 41; i++)
    seen[sequence_token(STRAIT_TRAIN, i)]++;
  for (int64_t c = 0; c < 7; c++) {
    w[f.count - 7 + c] = (float)log((seen[c] + 1) / 47);
    nll -= seen[c] / 40 * log((seen[c] + 1) / 47);
  }
  OK(evaluator_point(e, w, NULL, 1 << SPLIT_TRAIN, m, NULL, NULL));
  ck_assert_double_eq_tol(m[SPLIT_TRAIN].nll, nll, 1e-6);
  ck_assert_int_eq(m[SPLIT_TRAIN].samples, 40);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* One log-probability for each token that is a target, whose mean is the nll: that of float32 sums, 1e-6. */
START_TEST(tokens_have_log_probabilities) {
  struct fixture f = make_streams(&plain);
  struct evaluator *e = make_evaluator(&f, 3, TAIL_KEEP);
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w), got[64], *logs[SPLITS] = {NULL};
  struct metrics m[SPLITS];
  int64_t rows;
  double sum = 0;
  network_initialise(f.network, 5, w, NULL);
  ck_assert(evaluator_tokens(e));
  OK(evaluator_rows(e, SPLIT_TEST, &rows));
  ck_assert_int_eq(rows, 22);
  got[22] = 7;
  logs[SPLIT_TEST] = got;
  OK(evaluator_point(e, w, NULL, 1 << SPLIT_TEST, m, NULL, logs));
  for (int i = 0; i < 22; i++)
    sum -= (double)got[i];
  ck_assert_double_eq_tol(m[SPLIT_TEST].nll, sum / 22, 1e-6);
  ck_assert(m[SPLIT_TEST].tokens && m[SPLIT_TEST].samples == 22 && got[22] == 7);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("streams");
  TCase *tests = tcase_create("streams");
  tcase_set_timeout(tests, 240); /* of a run under valgrind */
  tcase_add_checked_fixture(tests, begin, NULL);
  tcase_add_loop_test(tests, state_passes_through_an_epoch, 0, 2);
  tcase_add_test(tests, windows_carry_nothing);
  tcase_add_test(tests, threads_change_nothing);
  tcase_add_test(tests, the_loss_can_be_a_sum_over_steps);
  tcase_add_test(tests, streams_are_measured_from_state_0);
  tcase_add_loop_test(tests, perplexities_in_closed_form, 0, 2);
  tcase_add_test(tests, tokens_have_log_probabilities);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
