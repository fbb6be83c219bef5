/* tests/stage/test-key.c: what a stage's key depends on, and what it does not. Expected values follow from the rule:
 * the resolved options, the stages referred to, the data, plugins and numerics; not the name, the threads, the paths,
 * and what is kept. Uses the data set digits and the model mlp. */
#include <config.h>

#include "experiment/stages.h"
#include "stage/prepare.h"
#include "stage/spent.h"
#include "verbs/verbs.h"

#include "../base/scratch.h"

static struct registry *registry;
static struct experiment *experiment;
static struct session *session;

static void close_all(void) {
  session_free(session);
  experiment_free(experiment);
  session = NULL;
  experiment = NULL;
}

static void setup(void) {
  scratch_make();
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
}

static void teardown(void) {
  close_all();
  registry_free(registry);
  scratch_remove();
}

static int prepare(const char *text, int threads) {
  const char *file = in_scratch("e.ini");
  close_all();
  ck_assert_int_eq(file_write(file, text, strlen(text)), STRAIT_OK);
  int status = experiment_read(&experiment, verbs, registry, file, NULL, 0);
  if (!status)
    status = session_create(&session, registry, experiment->device, threads, scratch, NULL);
  return status ? status : experiment_prepare(session, experiment);
}

/* The key of a stage in this experiment; in the scratch arena. */
static const char *key_with(const char *text, const char *name, int threads) {
  ck_assert_msg(prepare(text, threads) == STRAIT_OK, "%s", error_text());
  const struct stage *s = experiment_stage(experiment, name);
  ck_assert_uint_eq(strlen(s->key), 32);
  return arena_copy(scratch_arena, s->key);
}
static const char *key(const char *text, const char *name) { return key_with(text, name, 1); }

#define ENDS "[defaults]\nepochs = 3\nmodel.hidden = 8\n[train a]\n[train b]\nseed = 2\n"

START_TEST(what_does_not_count) {
  const char *plain = key("[train a]\nepochs = 3\n", "a");
  ck_assert_str_eq(plain, key("[train other]\nepochs = 3\n", "other"));
  ck_assert_str_eq(plain, key("[defaults]\nepochs = 3\n[train a]\n", "a"));
  ck_assert_str_eq(plain, key("[train a]\nepochs = 3\nkeep = 2\ncheckpoint-every = 1\n", "a"));
  ck_assert_str_eq(plain, key("[train a]\nepochs = 3\nweight-decay = 0.0001\n", "a")); /* the default, written out */
  ck_assert_str_eq(plain, key("[train b]\nseed = 7\n[train a]\nepochs = 3\n", "a"));
  ck_assert_str_eq(plain, key_with("[train a]\nepochs = 3\n", "a", 2));
}
END_TEST

START_TEST(what_counts) {
  const char *plain = key("[train a]\nepochs = 3\n", "a");
  static const char *const changes[] = {"seed = 2",
                                        "seed.order = 3",
                                        "batch = 77",
                                        "limit = 1000",
                                        "schedule.rate = 0.3",
                                        "schedule = constant",
                                        "model.hidden = 5",
                                        "stop = 2",
                                        "augment = none\nlabel-noise = 0.5",
                                        "seed.noise = 4"};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    const char *text = arena_format(scratch_arena, "[train a]\nepochs = 3\n%s\n", changes[i]);
    ck_assert_msg(strcmp(plain, key(text, "a")) != 0, "%s changes no key", changes[i]);
  }
}
END_TEST

START_TEST(measuring_counts_apart) {
  const char *plain = key("[train a]\nepochs = 3\n", "a");
  const char *measured = arena_copy(scratch_arena, experiment_stage(experiment, "a")->measured);
  static const char *const changes[] = {"bn = running", "eval.test-samples = 50", "seed.subset = 3"};
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
    const char *text = arena_format(scratch_arena, "[train a]\nepochs = 3\n%s\n", changes[i]);
    ck_assert_str_eq(plain, key(text, "a")); /* the weights stay what they are */
    ck_assert_str_ne(measured, experiment_stage(experiment, "a")->measured);
  }
  const char *scan = key(ENDS "[scan s]\npaths = line(a,b)\n", "s"); /* whose results are measures */
  ck_assert_str_ne(scan, key(ENDS "[scan s]\npaths = line(a,b)\neval.test-samples = 50\n", "s"));
}
END_TEST

START_TEST(keys_follow_their_sources) {
  const char *plain = key(ENDS "[connect x]\nends = a b\n", "x");
  ck_assert_str_ne(plain, key(ENDS "weight-decay = 0.01\n[connect x]\nends = a b\n", "x")); /* of b alone */
  ck_assert_str_ne(plain, key(ENDS "[connect x]\nends = b a\n", "x"));
  ck_assert_str_ne(plain, key(ENDS "[connect x]\nends = a b@2\n", "x"));
  /* Renaming a source changes nothing. */
  ck_assert_str_eq(plain, key("[defaults]\nepochs = 3\nmodel.hidden = 8\n[train left]\n[train right]\nseed = 2\n"
                              "[connect x]\nends = left right\n",
                              "x"));
  /* a@2 is a@i120: digits has 3823 training samples, and 3823 / 64 rounded up is 60. */
  const char *epoch = key(ENDS "[train c]\nbatch = 64\n[evaluate e]\nof = c@2\n", "e");
  ck_assert_str_eq(epoch, key(ENDS "[train c]\nbatch = 64\n[evaluate e]\nof = c@i120\n", "e"));
}
END_TEST

START_TEST(files_count_by_content) {
  ck_assert_msg(prepare(ENDS, 1) == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(prepare(ENDS "[evaluate e]\nof = file:w.safetensors\n", 1), STRAIT_ENOENT);
  ck_error_has("w.safetensors");
}
END_TEST

START_TEST(two_alike_are_refused) {
  ck_assert_int_eq(prepare("[train a]\n[train b]\nepochs = 30\n", 1), STRAIT_EINVAL);
  ck_error_has("e.ini:2: [train b] every key equals that of [train a] in line 1");
}
END_TEST

START_TEST(what_check_finds) {
  static const char *const bad[][2] = {
      {ENDS "[evaluate e]\nof = a@4\n", "beyond the end of \"a\", which stops after epoch 3"},
      {ENDS "[evaluate e]\nof = a@i91\n", "which stops after iteration 90"},
      {ENDS "[train c]\nepochs = 9\nstop = 2\nseed = 3\n[evaluate e]\nof = c@3\n", "stops after epoch 2"},
      {ENDS "[train c]\nstop = 4\n", "stop = 4 is beyond epochs = 3"},
      {ENDS "[train c]\nstart = a\n", "start = a is iteration 90, but this training ends after 90"},
      {ENDS "[train c]\nstart = a@1\nbatch = 16\n", "set restart = yes"},
      {ENDS "[train c]\nmodel.hidden = 9\n[connect x]\nends = a c\n", "\"c\" has another model than \"a\""},
      {ENDS "[connect x]\nends = a b\n[evaluate e]\nof = x#3\n", "control points 0 to 2"},
      {ENDS "[connect x]\nends = a b\ncurve.bends = 0\n", "nothing can be trained"},
      {ENDS "[scan s]\npaths = line(a,b)\nsplits = validation\n", "set holdout"},
      {ENDS "[scan s]\npaths = line(a,b)\nsplits = tset\n", "no split \"tset\""},
      {ENDS "[ensemble f]\nensembler = fge\nstart = a@2\nbudget = 4\nschedule.cycle-iterations = 7\n", "odd"},
      {ENDS "[ensemble f]\nensembler = fge\nstart = a@3\nbudget = 3\n", "budget"},
      {ENDS "[ensemble f]\nensembler = curve-points\n", "path is not set"},
      {ENDS "[train c]\nlimit = 5000\n", "3823"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int status = prepare(bad[i][0], 1);
    ck_assert_msg(status == STRAIT_EINVAL, "%s: %d %s", bad[i][0], status, error_text());
    ck_error_has(bad[i][1]);
    ck_error_has("e.ini:");
  }
}
END_TEST

START_TEST(spent_counts_all_that_came_before) {
  /* digits, batch 128: 30 iterations an epoch. */
  ck_assert_msg(prepare(ENDS
                        "[train c]\nstart = a@2\nepochs = 5\nseed.order = 9\n"
                        "[train d]\nstart = a@2\nrestart = yes\nepochs = 5\n[evaluate e]\nof = c@4 d@4 c@0 a@0 a\n",
                        1) == STRAIT_OK,
                "%s", error_text());
  const struct stage *e = experiment_stage(experiment, "e");
  ck_assert_int_eq(reference_spent(e->references[0]), 120); /* it goes on inside a */
  ck_assert_int_eq(reference_spent(e->references[1]), 180); /* its own 4 epochs and a's 2 */
  ck_assert_int_eq(reference_spent(e->references[3]), 0);
  ck_assert_int_eq(reference_spent(e->references[4]), 90);
}
END_TEST

int main(void) {
  TCase *all = tcase_create("keys");
  tcase_add_checked_fixture(all, setup, teardown);
  tcase_add_test(all, what_does_not_count);
  tcase_add_test(all, what_counts);
  tcase_add_test(all, measuring_counts_apart);
  tcase_add_test(all, keys_follow_their_sources);
  tcase_add_test(all, files_count_by_content);
  tcase_add_test(all, two_alike_are_refused);
  tcase_add_test(all, what_check_finds);
  tcase_add_test(all, spent_counts_all_that_came_before);
  return run_suite("key", (TCase *[]){all}, 1);
}
