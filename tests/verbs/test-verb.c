/* tests/verbs/test-verb.c: a verb of its own, [scale NAME], which holds weights: those of another stage times a number.
 * All that other stages ask of it, they find in its row: its weights are measured, averaged, joined by a line and
 * started from, and forms that it does not answer are refused. Expected values: the same floats times the factor. */
#include <config.h>

#include <math.h>

#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/job.h"
#include "stage/prepare.h"
#include "stage/runner.h"
#include "stage/spent.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/verbs.h"

#include "../base/scratch.h"

/* --- the verb --- */

struct scale_keys {
  const char *of;
  double by;
  struct reference *reference;
};

static const strait_option options[] = {
    STRAIT_OPTION("of", STRAIT_OPT_STRING, STRAIT_REQUIRED, struct scale_keys, of, "a", 0, 0, NULL, "the network"),
    STRAIT_FLOAT("by", struct scale_keys, by, "2", -10, 10, "the factor"),
};

static int scale_refer(struct stage *stage) {
  struct scale_keys *k = stage->own;
  return stage_refer(stage, "of", k->of, &k->reference);
}

static int scale_check(struct stage *stage) {
  stage->inherited = reference_spent(((struct scale_keys *)stage->own)->reference);
  return STRAIT_OK;
}

static int scale_cost(const struct stage *stage, struct cost *cost) {
  (void)stage;
  (void)cost;
  return STRAIT_OK;
}

static int scale_run(struct job *job) {
  const struct scale_keys *k = job->stage->own;
  const struct network *network = job->stage->material->network;
  const int64_t count = network_weights(network)->count;
  float *w = arena_alloc(job->arena, (size_t)count, sizeof *w), *b = arena_alloc(job->arena, 1, sizeof *b);
  ck_assert_int_eq(reference_load(job->session, k->reference, 0, network, w, b), STRAIT_OK);
  for (int64_t i = 0; i < count; i++)
    w[i] *= (float)k->by;
  ck_assert_int_eq(put_integer(job->summary, "spent", job->stage->inherited), STRAIT_OK);
  return checkpoint_write_weights(job_file(job, "final.safetensors"), network, w, b, job->metadata, JOB_METADATA);
}

static void scale_summarise(const json_t *summary, struct text *line) {
  (void)summary;
  text_add(line, "scaled");
}

static const char *const reference_keys[] = {"of", NULL};
static const struct verb verb_scale = {.name = "scale",
                                       .summary = "multiplies weights",
                                       .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
                                       .answers = REFERENCE_BIT(REFERENCE_FINAL),
                                       .options = {options, sizeof *options, sizeof options / sizeof *options},
                                       .own_size = sizeof(struct scale_keys),
                                       .reference_keys = reference_keys,
                                       .refer = scale_refer,
                                       .check = scale_check,
                                       .cost = scale_cost,
                                       .run = scale_run,
                                       .summarise = scale_summarise};

/* --- an experiment with it --- */

static struct registry *registry;
static struct experiment *experiment;
static struct session *session;
static const struct verb *known[16] = {&verb_scale};

static void setup(void) {
  scratch_make();
  for (size_t i = 0; verbs[i]; i++)
    known[i + 1] = verbs[i];
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
}

static void teardown(void) {
  session_free(session);
  experiment_free(experiment);
  session = NULL;
  experiment = NULL;
  registry_free(registry);
  scratch_remove();
}

#define SOURCES                                                                                                        \
  "[defaults]\nmodel.hidden = 4\nbatch = 64\nlimit = 130\nepochs = 1\n[train a]\n[train b]\nseed = 2\n[scale s]\nof "  \
  "= "                                                                                                                 \
  "a\nby = 3\n"

static int read(const char *stages) {
  const char *file = in_scratch("e.ini"), *text = arena_format(scratch_arena, SOURCES "%s", stages);
  ck_assert_int_eq(file_write(file, text, strlen(text)), STRAIT_OK);
  session_free(session);
  experiment_free(experiment);
  session = NULL;
  experiment = NULL;
  int status = experiment_read(&experiment, known, registry, file, NULL, 0);
  if (!status)
    status = session_create(&session, registry, NULL, 1, in_scratch("results"), NULL);
  return status ? status : experiment_prepare(session, experiment);
}

static void run(const char *stages) {
  ck_assert_msg(read(stages) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(experiment_run(session, experiment, NULL, "test") == STRAIT_OK, "%s", error_text());
}

static json_t *summary_of(const char *stage) {
  json_t *summary = NULL;
  const char *file = in_scratch(arena_format(scratch_arena, "results/%s/summary.json", stage));
  ck_assert_msg(document_read(file, &summary) == STRAIT_OK, "%s", error_text());
  return summary;
}

/* The weights that the first reference of a stage stands for. */
static float *weights_of(const char *stage, size_t reference, int64_t *count) {
  const struct stage *s = experiment_stage(experiment, stage);
  *count = network_weights(s->material->network)->count;
  float *w = arena_alloc(scratch_arena, (size_t)*count, sizeof *w);
  ck_assert_msg(reference_load(session, s->references[reference], 0, s->material->network, w, NULL) == STRAIT_OK, "%s",
                error_text());
  return w;
}

START_TEST(its_weights_are_named) {
  int64_t count;
  run("[evaluate e]\nof = a s mean(a,s)\n");
  const float *a = weights_of("e", 0, &count), *s = weights_of("e", 1, &count), *mean = weights_of("e", 2, &count);
  for (int64_t i = 0; i < count; i++) {
    ck_assert(s[i] == 3 * a[i]);
    ck_assert(mean[i] == (float)((double)a[i] + .5 * ((double)s[i] - (double)a[i])));
  }
  json_t *summary = summary_of("e");
  ck_assert_uint_eq(json_array_size(json_object_get(summary, "networks")), 3);
  json_decref(summary);
}
END_TEST

/* s is 3a. mean(a:2,s:1) = (2a + 3a) / 3; mean(a:2,s:-1) = -a; the middle of the line is 2a: float sums of double. */
START_TEST(weighted_means_and_points_of_lines) {
  int64_t count;
  run("[evaluate e]\nof = mean(a:2,s:1) mean(a:2,s:-1) line(a,s)(0.5) mean(line(a,s)(0.5):1,a:1) "
      "line(a,b;only=fc1.*)(1)\n");
  const float *plus = weights_of("e", 0, &count), *minus = weights_of("e", 3, &count);
  const float *middle = weights_of("e", 6, &count), *nested = weights_of("e", 9, &count);
  run("[evaluate e]\nof = a s b\n");
  const float *a = weights_of("e", 0, &count), *s = weights_of("e", 1, &count);
  for (int64_t i = 0; i < count; i++) {
    const double x = (double)a[i], y = (double)s[i];
    ck_assert_msg(fabs((double)plus[i] - (2 * x + y) / 3) <= 1e-7 * fabs(y), "element %d", (int)i); /* one rounding */
    ck_assert(fabs((double)minus[i] - (2 * x - y)) <= 2e-7 * fabs(y));
    ck_assert(middle[i] == (float)(.5 * x + .5 * y));
    ck_assert(fabs((double)nested[i] - .75 * x - .25 * y) <= 2e-7 * fabs(y));
  }
}
END_TEST

START_TEST(only_of_a_point_is_checked) {
  ck_assert_int_eq(read("[evaluate e]\nof = line(a,b;only=nothing)(0.5)\n"), STRAIT_EINVAL);
  ck_error_has("no parameter of mlp matches");
}
END_TEST

START_TEST(others_build_on_it) {
  run("[train c]\nstart = s\nepochs = 2\n[connect arc]\nends = s b\nepochs = 1\n[scan path]\npaths = line(a,s) arc\n"
      "points = 3\nrefine = 0\n[ensemble two]\nensembler = curve-points\npath = line(s,b)\n");
  json_t *summary = summary_of("c"); /* 3 batches of 64 an epoch: two epochs of its own, and the one of a behind s */
  ck_assert_int_eq(json_integer_value(json_object_get(summary, "spent")), 2 * 3 + 3);
  json_decref(summary);
  summary = summary_of("path");
  ck_assert_uint_eq(json_array_size(json_object_get(summary, "paths")), 2);
  json_decref(summary);
}
END_TEST

START_TEST(it_is_compared) {
  run("[compare x]\nof = a s\nseeds = 1\n");
  json_t *summary = summary_of("x");
  const json_t *rows = json_object_get(summary, "rows");
  ck_assert_uint_eq(json_array_size(rows), 2);
  for (size_t i = 0; i < 2; i++) /* scaling costs no gradient */
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(rows, i), "gradients")), 3);
  json_decref(summary);
}
END_TEST

START_TEST(what_it_does_not_answer_is_refused) {
  ck_assert_int_eq(read("[evaluate e]\nof = s@1\n"), STRAIT_EINVAL);
  ck_error_has("\"s\" is a scale stage; @ needs a train stage");
  ck_assert_int_eq(read("[evaluate e]\nof = s[0]\n"), STRAIT_EINVAL);
  ck_error_has("\"s\" is a scale stage; [ ] needs an ensemble stage");
  ck_assert_int_eq(read("[evaluate e]\nof = s(0.5)\n"), STRAIT_EINVAL);
  ck_error_has("\"s\" is a scale stage; (t) and #i need a connect stage");
  ck_assert_int_eq(read("[scan p]\npaths = s\n"), STRAIT_EINVAL);
  ck_error_has("\"s\" is a scale stage; a path is the name of a connect stage");
  ck_assert_int_eq(read("[scan p]\npaths = line(a,s)\n[evaluate e]\nof = p\n"), STRAIT_EINVAL);
  ck_error_has("\"p\" is a scan stage and has no weights");
  ck_assert_int_eq(read("[scan p]\npaths = line(a,s)\n[compare x]\nof = p s\n"), STRAIT_EINVAL);
  ck_error_has("\"p\" is a scan stage; compare needs a scale, train, ensemble, align or merge stage");
}
END_TEST

int main(void) {
  TCase *verb = tcase_create("a verb of its own");
  tcase_add_checked_fixture(verb, setup, teardown);
  tcase_add_test(verb, its_weights_are_named);
  tcase_add_test(verb, weighted_means_and_points_of_lines);
  tcase_add_test(verb, only_of_a_point_is_checked);
  tcase_add_test(verb, others_build_on_it);
  tcase_add_test(verb, it_is_compared);
  tcase_add_test(verb, what_it_does_not_answer_is_refused);
  return run_suite("verb", &verb, 1);
}
