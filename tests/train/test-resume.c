/* The same bytes: interrupted at every iteration, through files, on any number of threads; and the order of samples as
 * the one thing that sets two children apart. */
#include "fixture.h"

#include "base/file.h"
#include "train/checkpoint.h"

/* 60 samples in batches of 16: four an epoch, the last of 12. Batch norm, dropout and momentum are all there to go
 * wrong. */
static const struct wanted plain = {.limit = 60, .iterations = 14, .norm = 1, .dropout = 1};
static const struct wanted curve = {
    .limit = 60, .iterations = 14, .norm = 1, .dropout = 1, .curve = "bezier", .bends = "bends=3"};
static const struct wanted chain = {
    .limit = 60, .iterations = 14, .norm = 1, .dropout = 1, .curve = "polychain", .bends = "bends=2"};

/* Stops after each iteration in turn, and goes on with a new training. */
static void interrupt_everywhere(const struct wanted *wanted, int optimiser) {
  struct fixture f = make(wanted);
  f.keys.optimiser = optimiser;
  struct snapshot *whole = train(&f, wanted->iterations), *part;
  for (int64_t stop = 0; stop <= wanted->iterations; stop++) {
    struct training *training = start(&f, &part);
    OK(training_load(training, part));
    OK(training_run(training, stop, 0));
    OK(training_save(training, part));
    training_free(training);
    ck_assert_int_eq(part->iteration, stop);
    OK(training_create(&training, &f.plan));
    OK(training_load(training, part));
    ck_assert_int_eq(training_iteration(training), stop);
    OK(training_run(training, wanted->iterations, 0));
    OK(training_save(training, part));
    training_free(training);
    ck_assert_msg(same(part, whole), "interrupted after iteration %d", (int)stop);
    snapshot_free(part);
  }
  snapshot_free(whole);
  unmake(&f);
}

START_TEST(test_plain) { interrupt_everywhere(&plain, OPTIMISER_SGD); }
END_TEST
START_TEST(test_curve) { interrupt_everywhere(&curve, OPTIMISER_SGD); }
END_TEST
START_TEST(test_chain) { interrupt_everywhere(&chain, OPTIMISER_SGD); }
END_TEST
START_TEST(test_adamw) {
  interrupt_everywhere(&plain, OPTIMISER_ADAMW);
  interrupt_everywhere(&curve, OPTIMISER_ADAMW);
}
END_TEST

/* One training that is loaded again with an earlier state is there again. */
START_TEST(test_reload) {
  struct fixture f = make(&curve);
  struct snapshot *whole = train(&f, 14), *s;
  struct training *training = start(&f, &s);
  OK(training_load(training, s));
  OK(training_run(training, 9, 0));
  OK(training_load(training, s));
  OK(training_run(training, 14, 0));
  OK(training_save(training, s));
  ck_assert(same(s, whole));
  training_free(training);
  snapshot_free(s);
  snapshot_free(whole);
  unmake(&f);
}
END_TEST

/* Through the files of a checkpoint, in the middle of an epoch. */
START_TEST(test_files) {
  char folder[512], path[600];
  struct fixture f = make(&curve);
  struct snapshot *whole = train(&f, 14), *s = train(&f, 6), *t;
  make_folder(folder, sizeof folder);
  for (int i = 0; i < s->points; i++) {
    snprintf(path, sizeof path, "%s/point-%d.safetensors", folder, i);
    OK(checkpoint_write_weights(path, f.network, s->theta[i], s->statistics, NULL, 0));
  }
  snprintf(path, sizeof path, "%s/state.safetensors", folder);
  OK(checkpoint_write_state(path, s, NULL, 0));
  struct training *training = start(&f, &t);
  for (int i = 0; i < s->points; i++) {
    snprintf(path, sizeof path, "%s/point-%d.safetensors", folder, i);
    OK(checkpoint_read_weights(path, f.network, t->theta[i], t->statistics, NULL, 0));
  }
  snprintf(path, sizeof path, "%s/state.safetensors", folder);
  OK(checkpoint_read_state(path, t, NULL, 0));
  ck_assert(same(s, t));
  OK(training_load(training, t));
  OK(training_run(training, 14, 0));
  OK(training_save(training, t));
  ck_assert(same(t, whole));
  training_free(training);
  snapshot_free(s);
  snapshot_free(t);
  snapshot_free(whole);
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

/* Wide enough that every operation is cut into several tasks. */
START_TEST(test_threads) {
  struct wanted wanted = {.limit = 200, .iterations = 20, .hidden = "300 200", .norm = 1, .dropout = 1};
  for (int on_curve = 0; on_curve <= 1; on_curve++) {
    struct snapshot *one = NULL;
    if (on_curve) {
      wanted.curve = "bezier";
      wanted.bends = "bends=2";
    }
    for (int threads = 1; threads <= 3; threads++) {
      wanted.threads = threads;
      struct fixture f = make(&wanted);
      f.keys.batch = 64;
      f.keys.clip_norm = 1;
      struct snapshot *s = train(&f, wanted.iterations);
      ck_assert_msg(!one || same(s, one), "%d threads", threads);
      if (one)
        snapshot_free(s);
      else
        one = s;
      unmake(&f);
    }
    snapshot_free(one);
  }
}
END_TEST

/* Two children of one state at iteration 6: with one order of samples they are one, with two they are not; nothing else
 * distinguishes the orders, for without dropout the rest of the randomness is spent. */
START_TEST(test_children) {
  struct wanted wanted = plain;
  struct snapshot *child[3];
  wanted.dropout = 0;
  struct fixture f = make(&wanted);
  struct snapshot *parent = train(&f, 6);
  unmake(&f);
  for (int i = 0; i < 3; i++) {
    wanted.order = i < 2 ? 5 : 6;
    f = make(&wanted);
    struct training *training = start(&f, &child[i]);
    OK(training_load(training, parent));
    OK(training_run(training, 14, 0));
    OK(training_save(training, child[i]));
    training_free(training);
    unmake(&f);
  }
  ck_assert(same(child[0], child[1]));
  ck_assert_mem_ne(child[0]->theta[0], child[2]->theta[0], (size_t)parent->count * sizeof(float));
  for (int i = 0; i < 3; i++)
    snapshot_free(child[i]);
  snapshot_free(parent);
}
END_TEST

/* snapshot_restart: weights as they are, the first step's momentum new, the iteration 0. */
START_TEST(test_restart) {
  struct fixture f = make(&plain);
  struct snapshot *s = train(&f, 6);
  float *theta = memory_alloc((size_t)f.count, sizeof *theta);
  memcpy(theta, s->theta[0], (size_t)f.count * sizeof *theta);
  snapshot_restart(s);
  ck_assert_int_eq(s->iteration, 0);
  ck_assert_int_eq(s->updates, 0);
  ck_assert_mem_eq(s->theta[0], theta, (size_t)f.count * sizeof *theta);
  for (int64_t i = 0; i < f.count; i++)
    ck_assert(s->velocity[0][i] == 0);
  memory_free(theta);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("resume");
  TCase *tests = tcase_create("resume");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, test_plain);
  tcase_add_test(tests, test_curve);
  tcase_add_test(tests, test_chain);
  tcase_add_test(tests, test_adamw);
  tcase_add_test(tests, test_reload);
  tcase_add_test(tests, test_files);
  tcase_add_test(tests, test_threads);
  tcase_add_test(tests, test_children);
  tcase_add_test(tests, test_restart);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
