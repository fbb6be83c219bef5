/* tests/experiment/test-experiment.c: from an experiment file to stages: precedence, inheritance, order, and what is
 * refused. Expected values follow from the rules in strait-experiment(5) and experiment/experiment.h. Uses the plugins
 * of this build; their own defaults (bezier: bends = 1; triangle: cycle = 2; decay: rate) are looked up, not assumed.
 */
#include <config.h>

#include "experiment/experiment.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "verbs/verbs.h"

#include "../base/scratch.h"

static struct registry *registry;
static struct experiment *experiment;

static void setup(void) {
  scratch_make();
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
}

static void teardown(void) {
  experiment_free(experiment);
  experiment = NULL;
  registry_free(registry);
  scratch_remove();
}

static int read_with(const char *text, const char *const *sets, size_t count) {
  const char *file = in_scratch("e.ini");
  ck_assert_int_eq(file_write(file, text, strlen(text)), STRAIT_OK);
  experiment_free(experiment);
  experiment = NULL;
  return experiment_read(&experiment, verbs, registry, file, sets, count);
}

static void read_good(const char *text) {
  int status = read_with(text, NULL, 0);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
}

static struct stage *stage(const char *name) {
  struct stage *s = experiment_stage(experiment, name);
  ck_assert_msg(s != NULL, "no stage %s", name);
  return s;
}

/* The value of a key of one of the stage's tables, as text. */
static const char *value(const char *name, const char *key) {
  struct key_table tables[8];
  struct stage *s = stage(name);
  int n = verb_tables(s->verb, tables);
  for (int i = 0; i < n; i++) {
    int at = option_find(tables[i].table, key);
    if (at < 0)
      continue;
    strait_option option = option_at(tables[i].table, (uint32_t)at);
    return options_text(&option, tables[i].values(s), scratch_arena);
  }
  ck_abort_msg("no key %s in %s", key, name);
}

/* "... bends=2 ...": does the text of the stage's plugin say so? */
static int uses(const char *name, uint32_t kind, const char *what) {
  return strstr(stage(name)->choice[kind].text, what) != NULL;
}

/* --- precedence --- */

#define TWO "[train a]\nseed = 1\n[train b]\nseed = 2\n"

START_TEST(a_stage_goes_before_defaults) {
  read_good("[defaults]\nepochs = 3\nbatch = 32\n[train a]\nepochs = 5\n[train b]\nseed = 2\n");
  ck_assert_str_eq(value("a", "epochs"), "5");
  ck_assert_str_eq(value("b", "epochs"), "3");
  ck_assert_str_eq(value("a", "batch"), "32");
  ck_assert_str_eq(value("a", "stop"), "0"); /* built in */
}
END_TEST

START_TEST(a_plugin_goes_before_defaults_and_after_the_stage) {
  /* fge asks for the schedule triangle. */
  read_good("[defaults]\nschedule = decay\nschedule.rate = 0.3\n" TWO
            "[ensemble f]\nensembler = fge\nstart = a\nbudget = 99\n"
            "[ensemble g]\nensembler = fge\nstart = a\nbudget = 99\nschedule = cosine\n");
  ck_assert_str_eq(stage("a")->choice[STRAIT_SCHEDULE].cls->name, "decay");
  ck_assert_str_eq(stage("f")->choice[STRAIT_SCHEDULE].cls->name, "triangle");
  ck_assert_str_eq(stage("g")->choice[STRAIT_SCHEDULE].cls->name, "cosine");
  ck_assert(uses("a", STRAIT_SCHEDULE, "rate=0.3"));
}
END_TEST

START_TEST(options_in_defaults_reach_only_their_plugin) {
  read_good("[defaults]\ncurve = bezier\ncurve.bends = 3\n" TWO "[connect x]\nends = a b\n"
            "[connect y]\nends = a b\ncurve = polychain\n[connect z]\nends = a b\ncurve.bends = 2\n");
  ck_assert(uses("x", STRAIT_CURVE, "bezier") && uses("x", STRAIT_CURVE, "bends=3"));
  ck_assert(uses("y", STRAIT_CURVE, "polychain") && !uses("y", STRAIT_CURVE, "bends=3"));
  ck_assert(uses("z", STRAIT_CURVE, "bends=2"));
}
END_TEST

START_TEST(epochs_do_not_reach_ensembles) {
  read_good("[defaults]\nepochs = 3\n[train a]\n[ensemble f]\nensembler = independent\nbudget = 4\n");
  ck_assert_str_eq(value("f", "budget"), "4");
  ck_assert_int_eq(read_with("[train a]\n[ensemble f]\nensembler = independent\nbudget = 4\nepochs = 4\n", NULL, 0),
                   STRAIT_EINVAL);
  ck_error_has("takes no key \"epochs\"");
}
END_TEST

START_TEST(set_goes_before_the_file) {
  const char *const sets[] = {"train.a.epochs=7", "defaults.batch=16", "connect.x.curve.bends=4"};
  ck_assert_msg(
      read_with("[defaults]\nbatch = 32\n[train a]\nepochs = 5\n[train b]\nseed = 2\n[connect x]\nends = a b\n", sets,
                3) == STRAIT_OK,
      "%s", error_text());
  ck_assert_str_eq(value("a", "epochs"), "7");
  ck_assert_str_eq(value("b", "batch"), "16");
  ck_assert(uses("x", STRAIT_CURVE, "bends=4"));
}
END_TEST

START_TEST(bad_sets) {
  static const char *const bad[][2] = {
      {"epochs=3", "VERB.STAGE.KEY=VALUE"}, {"train.a.epochs", "VERB.STAGE.KEY=VALUE"},
      {"train.z.epochs=3", "no stage"},     {"connect.a.epochs=3", "train.a"},
      {"train.a.epoch=3", "did you mean"},  {"train.a.epochs=x", "integer"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    ck_assert_int_eq(read_with("[train a]\n", &bad[i][0], 1), STRAIT_EINVAL);
    ck_error_has(bad[i][1]);
  }
}
END_TEST

/* --- taking over --- */

START_TEST(model_and_data_come_from_the_source) {
  read_good("[defaults]\nlimit = 500\n[train a]\nmodel = mlp\nmodel.hidden = 7\nlimit = 900\nholdout = 50\n"
            "[train b]\nmodel.hidden = 7\nlimit = 900\nholdout = 50\nseed = 2\n"
            "[connect x]\nends = a b\nholdout = 60\n[scan s]\npaths = x\n");
  ck_assert(uses("x", STRAIT_MODEL, "hidden=7"));
  ck_assert(uses("s", STRAIT_MODEL, "hidden=7"));
  ck_assert_str_eq(value("x", "limit"), "900");  /* a's, not that of [defaults] */
  ck_assert_str_eq(value("x", "holdout"), "60"); /* data keys may be set */
  ck_assert_str_eq(value("s", "holdout"), "60");
  ck_assert_ptr_eq(stage("s")->source, stage("x"));
  ck_assert_ptr_eq(stage("s")->base, stage("a"));
}
END_TEST

START_TEST(the_model_may_not_be_set_again) {
  ck_assert_int_eq(read_with(TWO "[connect x]\nends = a b\nmodel = mlp\n", NULL, 0), STRAIT_EINVAL);
  ck_error_has("e.ini:7: [connect x] the model comes from 'a'");
  ck_assert_int_eq(read_with(TWO "[connect x]\nends = a b\nmodel.hidden = 3\n", NULL, 0), STRAIT_EINVAL);
  ck_error_has("e.ini:7: [connect x] model.hidden");
}
END_TEST

START_TEST(scans_measure_as_their_training_did) {
  read_good("[defaults]\nbatch = 50\n[train a]\nweight-decay = 0.125\nbatch = 10\n[train b]\nseed = 2\nbatch = 10\n"
            "[scan s]\npaths = line(a,b)\n[evaluate e]\nof = a\n");
  ck_assert(stage("s")->optimiser.weight_decay == .125);
  ck_assert_int_eq(stage("s")->optimiser.batch, 10);
  ck_assert_int_eq(stage("e")->optimiser.batch, 10);
}
END_TEST

START_TEST(noise_and_subsets_are_one_draw_for_all) {
  read_good("[train a]\nseed = 5\n[train b]\nseed = 6\nseed.subset = 9\n[evaluate e]\nof = b\n");
  ck_assert_int_eq(stage("a")->seeds.noise, 1); /* not the stage's seed */
  ck_assert_int_eq(stage("b")->seeds.noise, 1);
  ck_assert_int_eq(stage("b")->seeds.subset, 9);
  ck_assert_int_eq(stage("e")->seeds.subset, 9);
  read_good("[defaults]\nseed = 4\n[train a]\n[train b]\nseed = 6\n");
  ck_assert_int_eq(stage("b")->seeds.noise, 4); /* the experiment's */
}
END_TEST

/* --- order and references --- */

START_TEST(sources_run_first) {
  read_good("[scan s]\npaths = x line(a,b)\n[connect x]\nends = a b\n" TWO);
  const char *const order[] = {"a", "b", "x", "s"};
  for (size_t i = 0; i < 4; i++)
    ck_assert_str_eq(experiment->stages[i]->name, order[i]);
}
END_TEST

START_TEST(circles_are_refused) {
  ck_assert_int_eq(read_with("[train a]\nstart = c\n[train b]\nstart = a\n[train c]\nstart = b\n", NULL, 0),
                   STRAIT_EINVAL);
  ck_error_has("a -> c -> b -> a");
  ck_assert_int_eq(read_with("[train a]\nstart = a@3\n", NULL, 0), STRAIT_EINVAL);
  ck_error_has("a -> a");
}
END_TEST

START_TEST(references_must_suit_their_stage) {
  static const char *const bad[][2] = {
      {"of = z", "no stage \"z\""},      {"of = aa", "did you mean \"a\""},   {"of = x", "whole curve"},
      {"of = f", "several members"},     {"of = x@3", "needs a train stage"}, {"of = a[0]", "needs an ensemble"},
      {"of = f(0.5)", "need a connect"}, {"of = a#1", "need a connect"},      {"of = mean(a,s)", "has no weights"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *text =
        arena_format(scratch_arena,
                     TWO "[connect x]\nends = a b\n[ensemble f]\nensembler = fge\nstart = a\nbudget = 99\n"
                         "[scan s]\npaths = x\n[evaluate e]\n%s\n",
                     bad[i][0]);
    ck_assert_msg(read_with(text, NULL, 0) == STRAIT_EINVAL, "%s was taken", bad[i][0]);
    ck_error_has(bad[i][1]);
    ck_error_has("e.ini:14: [evaluate e] of = ");
  }
}
END_TEST

/* --- what is refused --- */

START_TEST(bad_files) {
  static const char *const bad[][2] = {
      {"[train a]\nepocs = 3\n", "e.ini:2: [train a] train takes no key \"epocs\"; did you mean \"epochs\"?"},
      {"[train a]\ncurve = bezier\n", "e.ini:2: [train a] train takes no key \"curve\""},
      {"[train a]\nmodel.hiden = 3\n", "e.ini:2: [train a] model.hiden: no such option; did you mean \"hidden\"?"},
      {"[train a]\nmodel = mpl\n", "e.ini:2: [train a] model = mpl: no model \"mpl\"; did you mean \"mlp\"?"},
      {"[defaults]\nmodel = mpl\n[train a]\n", "e.ini:2: [defaults] model = mpl: no model"},
      {"[train a]\nmodel = ../x\n", "e.ini:2: [train a] model = ../x"},
      {"[trian a]\n", "e.ini:1: [trian a] no verb \"trian\"; did you mean \"train\"?"},
      {"[train]\n", "e.ini:1: [train] a stage needs a name"},
      {"[train A]\n", "e.ini:1: [train A] the name has lower-case"},
      {"[train mean]\n", "reserved word"},
      {"[train a]\n[evaluate a]\nof = a\n", "e.ini:2: [evaluate a] the name \"a\" is taken by [train a] in line 1"},
      {"[defaults x]\n[train a]\n", "e.ini:1: [defaults] has no name"},
      {"[defaults]\nepochs = 3\n", "no stage"},
      {"[defaults]\nepoch = 3\n[train a]\n", "e.ini:2: [defaults] no stage takes the key \"epoch\"; did you mean"},
      {"[defaults]\ncurve.bends = 3\n[train a]\n", "e.ini:2: [defaults] no stage takes the key \"curve.bends\""},
      {"[train a]\nepochs = 0\n", "e.ini:2: [train a] epochs = 0: below the minimum 1"},
      {"[defaults]\nschedule.rate = nan\n[train a]\n", "e.ini:2: [defaults] schedule.rate = nan: not a number"},
      {"[train a]\n[connect x]\nends = a\n", "e.ini:3: [connect x] ends = a: a curve joins two networks, not 1"},
      {"[train a]\n[connect x]\nends = a a\n", "the same network"},
      {"[train a]\n[connect x]\n", "e.ini:2: [connect x] ends is missing"},
      {TWO "[scan s]\npaths = line(a,b) line(a, b)\n", "is listed twice"},
      {"[ensemble f]\nbudget = 3\n", "e.ini:1: [ensemble f] ensembler is missing"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int status = read_with(bad[i][0], NULL, 0);
    ck_assert_msg(status == STRAIT_EINVAL || status == STRAIT_ENOENT, "%s: %d", bad[i][0], status);
    ck_error_has(bad[i][1]);
    ck_assert_ptr_null(experiment);
  }
}
END_TEST

START_TEST(tables_of_keys_are_sound) {
  for (size_t i = 0; verbs[i]; i++) {
    struct key_table tables[8];
    size_t sizes[8] = {verbs[i]->own_size};
    int n = verb_tables(verbs[i], tables);
    for (int k = 0; k < n; k++) {
      sizes[k] = tables[k].table == &data_options        ? sizeof(struct data_keys)
                 : tables[k].table == &seeds_options     ? sizeof(struct seeds)
                 : tables[k].table == &optimiser_options ? sizeof(struct optimiser_keys)
                 : tables[k].table == &evaluate_options  ? sizeof(struct evaluate_keys)
                                                         : verbs[i]->own_size;
      ck_assert_msg(options_check(tables[k].table, sizes[k]) == STRAIT_OK, "%s: %s", verbs[i]->name, error_text());
      for (int other = 0; other < k; other++) /* one name, one key */
        for (uint32_t o = 0; o < tables[k].table->count; o++)
          ck_assert_int_lt(option_find(tables[other].table, option_at(tables[k].table, o).name), 0);
    }
  }
}
END_TEST

int main(void) {
  TCase *all = tcase_create("experiments");
  tcase_add_checked_fixture(all, setup, teardown);
  tcase_add_test(all, a_stage_goes_before_defaults);
  tcase_add_test(all, a_plugin_goes_before_defaults_and_after_the_stage);
  tcase_add_test(all, options_in_defaults_reach_only_their_plugin);
  tcase_add_test(all, epochs_do_not_reach_ensembles);
  tcase_add_test(all, set_goes_before_the_file);
  tcase_add_test(all, bad_sets);
  tcase_add_test(all, model_and_data_come_from_the_source);
  tcase_add_test(all, the_model_may_not_be_set_again);
  tcase_add_test(all, scans_measure_as_their_training_did);
  tcase_add_test(all, noise_and_subsets_are_one_draw_for_all);
  tcase_add_test(all, sources_run_first);
  tcase_add_test(all, circles_are_refused);
  tcase_add_test(all, references_must_suit_their_stage);
  tcase_add_test(all, bad_files);
  tcase_add_test(all, tables_of_keys_are_sound);
  return run_suite("experiment", (TCase *[]){all}, 1);
}
