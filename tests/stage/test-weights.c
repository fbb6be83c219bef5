/* tests/stage/test-weights.c: which file each form of reference stands for. Expected values: the named file's own
 * weights, read by its path; a network's first weights for epoch 0; the Bezier curve's equation between control points.
 * Uses the data set digits and the model mlp. */
#include <config.h>

#include "experiment/stages.h"
#include "network/network.h"
#include "stage/prepare.h"
#include "stage/runner.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/verbs.h"

#include "../base/scratch.h"

#include <math.h>
#include <unistd.h>

static struct registry *registry;
static struct experiment *experiment;
static struct session *session;
static const struct network *network;
static int64_t count;

/* 3 batches per epoch. The stages' weights that `see` names are read below. */
#define STAGES                                                                                                         \
  "[defaults]\nmodel.hidden = 4\nbatch = 64\nlimit = 130\nepochs = 2\n[train a]\n[train b]\nseed = 2\n"                \
  "[connect arc]\nends = a b\ncurve = bezier\n[ensemble two]\nensembler = independent\nbudget = 4\nseed = 5\n"                   \
  "[evaluate see]\nof = a a@0 a@1 a@i4 two[*] two[1] arc#1 arc(0) arc(0.25) arc(1) mean(a,b,two[*])\n"
enum { A, A_START, A_EPOCH, A_ITERATION, ALL, SECOND, BEND, ARC_0, ARC_QUARTER, ARC_1, MEAN, REFERENCES };

static void setup(void) {
  const char *text = STAGES;
  scratch_make();
  const char *file = in_scratch("e.ini");
  ck_assert_int_eq(file_write(file, text, strlen(text)), STRAIT_OK);
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
  int status = experiment_read(&experiment, verbs, registry, file, NULL, 0);
  if (!status)
    status = session_create(&session, registry, NULL, 1, in_scratch("results"), NULL);
  if (!status)
    status = experiment_prepare(session, experiment);
  if (!status)
    status = experiment_run(session, experiment, NULL, "test");
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  const struct stage *see = experiment_stage(experiment, "see");
  ck_assert_uint_ge(see->reference_count, REFERENCES); /* parts of the mean follow */
  ck_assert_int_eq(see->references[MEAN]->type, REFERENCE_MEAN);
  network = see->material->network;
  count = network_weights(network)->count;
}

static void teardown(void) {
  session_free(session);
  experiment_free(experiment);
  session = NULL;
  experiment = NULL;
  registry_free(registry);
  scratch_remove();
}

static struct reference *reference(size_t i) { return experiment_stage(experiment, "see")->references[i]; }

static float *loaded(size_t i, int64_t index) {
  float *w = arena_alloc(scratch_arena, (size_t)count, sizeof *w);
  int status = reference_load(session, reference(i), index, network, w, NULL);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  return w;
}

static const char *path_of(const char *file) { return in_scratch(arena_format(scratch_arena, "results/%s", file)); }

static float *in_file(const char *file) {
  float *w = arena_alloc(scratch_arena, (size_t)count, sizeof *w);
  int status = checkpoint_read_weights(path_of(file), network, w, NULL, NULL, 0);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  return w;
}

static int equal(const float *a, const float *b) { return memcmp(a, b, (size_t)count * sizeof *a) == 0; }

START_TEST(a_file_per_form) {
  static const struct {
    int form, index;
    const char *file;
  } forms[] = {{A, 0, "a/final.safetensors"},
               {A_EPOCH, 0, "a/epoch-1.safetensors"},
               {A_ITERATION, 0, "a/iteration-4.safetensors"},
               {ALL, 0, "two/member-0.safetensors"},
               {ALL, 1, "two/member-1.safetensors"},
               {SECOND, 0, "two/member-1.safetensors"},
               {BEND, 0, "arc/point-1.safetensors"},
               {ARC_0, 0, "a/final.safetensors"},
               {ARC_1, 0, "b/final.safetensors"}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    const float *w = in_file(forms[i].file);
    ck_assert_msg(equal(loaded((size_t)forms[i].form, forms[i].index), w), "%s", forms[i].file);
    for (size_t k = 0; k < i; k++) /* the files differ, so one taken for another is seen */
      if (strcmp(forms[k].file, forms[i].file) != 0)
        ck_assert_msg(!equal(in_file(forms[k].file), w), "%s equals %s", forms[k].file, forms[i].file);
  }
}
END_TEST

START_TEST(epoch_0_is_where_the_training_began) {
  float *w = arena_alloc(scratch_arena, (size_t)count, sizeof *w), none[1];
  const struct stage *a = experiment_stage(experiment, "a");
  network_initialise(network, seed_of(&a->seeds, a->seeds.init), w, none);
  ck_assert_int_eq(network_statistics(network)->count, 0);
  ck_assert(equal(loaded(A_START, 0), w));
}
END_TEST

START_TEST(points_and_means_follow_their_equations) {
  const float *a = in_file("a/final.safetensors"), *b = in_file("b/final.safetensors");
  const float *bend = in_file("arc/point-1.safetensors"), *at = loaded(ARC_QUARTER, 0), *mean = loaded(MEAN, 0);
  const float *first = in_file("two/member-0.safetensors"), *second = in_file("two/member-1.safetensors");
  for (int64_t i = 0; i < count; i++) {
    /* (1-t)^2 a + 2 t (1-t) bend + t^2 b at t = 1/4; float32's rounding of sums of weights below 4 in size */
    ck_assert(fabs(at[i] - (.5625 * a[i] + .375 * bend[i] + .0625 * b[i])) < 1e-6);
    ck_assert(fabs(mean[i] - ((double)a[i] + b[i] + first[i] + second[i]) / 4) < 1e-6);
    ck_assert(fabsf(a[i]) < 4 && fabsf(b[i]) < 4 && fabsf(bend[i]) < 4);
  }
}
END_TEST

START_TEST(names_in_full) {
  static const char *const names[] = {"two[0]", "two[1]", "two[1]", "a@1"};
  struct reference *const asked[] = {reference(ALL), reference(SECOND), reference(A_EPOCH)};
  struct weights_name *found;
  size_t n;
  ck_assert_int_eq(references_expand(session, asked, 3, scratch_arena, &found, &n), STRAIT_OK);
  ck_assert_uint_eq(n, 4);
  for (size_t i = 0; i < n; i++)
    ck_assert_str_eq(found[i].text, names[i]);
  ck_assert_int_eq(found[0].index, 0);
  ck_assert_int_eq(found[1].index, 1);
}
END_TEST

START_TEST(states_to_train_on_from) {
  struct snapshot *s;
  ck_assert_int_eq(snapshot_create(&s, network, 1, 0, 0), STRAIT_OK);
  ck_assert_int_eq(reference_load_state(session, reference(A_EPOCH), network, s), STRAIT_OK);
  ck_assert_int_eq(s->iteration, 3);
  ck_assert_int_eq(s->updates, 3);
  ck_assert(equal(s->theta[0], in_file("a/epoch-1.safetensors")));
  /* A member and the beginning carry no momentum: they count from 0. */
  ck_assert_int_eq(reference_load_state(session, reference(SECOND), network, s), STRAIT_OK);
  ck_assert(s->iteration == 0 && s->updates == 0);
  ck_assert(equal(s->theta[0], in_file("two/member-1.safetensors")));
  ck_assert_int_eq(reference_load_state(session, reference(A_START), network, s), STRAIT_OK);
  ck_assert(s->iteration == 0 && s->updates == 0);
  snapshot_free(s);
}
END_TEST

START_TEST(files_that_are_not_the_stages_own) {
  float *w = arena_alloc(scratch_arena, (size_t)count, sizeof *w);
  /* Weights of b where those of a should be: same shapes, another key. */
  ck_assert_int_eq(rename(path_of("b/final.safetensors"), path_of("a/final.safetensors")), 0);
  ck_assert_int_ne(reference_load(session, reference(A), 0, network, w, NULL), STRAIT_OK);
  ck_error_has("weights of a cannot be used; bring the file back, or remove the folder of a and run again");
  ck_assert_int_eq(unlink(path_of("two/member-1.safetensors")), 0);
  ck_assert_int_eq(reference_load(session, reference(SECOND), 0, network, w, NULL), STRAIT_EINVAL);
  ck_error_has("\"two\" has no member 1");
  int64_t n;
  ck_assert_int_eq(reference_count(session, reference(ALL), &n), STRAIT_OK);
  ck_assert_int_eq(n, 1);
  ck_assert_int_eq(unlink(path_of("two/member-0.safetensors")), 0);
  ck_assert_int_eq(reference_count(session, reference(ALL), &n), STRAIT_EINVAL);
  ck_error_has("'two[*]': the ensemble has no members");
}
END_TEST

int main(void) {
  TCase *weights = tcase_create("weights of references");
  tcase_add_checked_fixture(weights, setup, teardown);
  tcase_add_test(weights, a_file_per_form);
  tcase_add_test(weights, epoch_0_is_where_the_training_began);
  tcase_add_test(weights, points_and_means_follow_their_equations);
  tcase_add_test(weights, names_in_full);
  tcase_add_test(weights, states_to_train_on_from);
  tcase_add_test(weights, files_that_are_not_the_stages_own);
  return run_suite("weights", &weights, 1);
}
