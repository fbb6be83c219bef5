/* tests/experiment/test-instance.c: copies of stages with other values: their names, their seeds, what they refer to,
 * and that the same changes are the same copies. Expected values follow from the rules in experiment/instance.h. */
#include <config.h>

#include "experiment/experiment.h"
#include "experiment/instance.h"
#include "experiment/settings.h"
#include "experiment/stages.h"
#include "verbs/verbs.h"

#include "../base/scratch.h"

static struct registry *registry;
static struct experiment *experiment;

static void setup(void) {
  scratch_make();
  static const char text[] = "[defaults]\nmodel.hidden = 8\n[train a]\nseed = 5\n[train b]\nseed = 6\n"
                             "[connect arc]\nends = a b\n[scan s]\npaths = arc line(a,b)\n";
  const char *file = in_scratch("e.ini");
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(file_write(file, text, sizeof text - 1), STRAIT_OK);
  ck_assert_msg(experiment_read(&experiment, verbs, registry, file, NULL, 0) == STRAIT_OK, "%s", error_text());
}

static void teardown(void) {
  experiment_free(experiment);
  experiment = NULL;
  registry_free(registry);
  scratch_remove();
}

static struct stage *named(const char *name) {
  struct stage *s = experiment_stage(experiment, name);
  ck_assert_msg(s != NULL, "no stage %s", name);
  return s;
}

static struct instance *instance(const char *stage, const char *key, const char *value, int64_t seed, int64_t run) {
  struct change *change = arena_alloc(scratch_arena, 1, sizeof *change);
  *change = (struct change){.stage = stage, .setting = {.key = key, .value = value, .folder = ".", .section = "sweep"}};
  struct changes changes = {.change = change, .count = key != NULL, .seed = seed, .run = run};
  struct instance *made;
  ck_assert_msg(instance_find(experiment, &changes, &made) == STRAIT_OK, "%s", error_text());
  return made;
}

static struct stage *copy_of(struct instance *of, const char *name) {
  struct stage *copy;
  ck_assert_msg(instance_stage(of, named(name), &copy) == STRAIT_OK, "%s", error_text());
  return copy;
}

/* What a stage's section says of a key; copies are settled later, like the file's own. */
static const char *written(struct stage *s, const char *key) {
  const struct setting *setting = settings_find(&s->settings, key);
  return setting ? setting->value : "";
}

START_TEST(names) {
  static const struct {
    const char *stage, *key, *value, *text;
    int64_t seed, run;
  } cases[] = {{NULL, NULL, NULL, "", 1, 1},
               {NULL, NULL, NULL, "seed=3", 3, 1},
               {NULL, NULL, NULL, "seed=2,run=4", 2, 4},
               {NULL, "model.hidden", "64 64", "model.hidden=64-64", 1, 1},
               {"arc", "curve.bends", "3", "seed=2,arc.curve.bends=3", 2, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ck_assert_str_eq(instance_text(instance(cases[i].stage, cases[i].key, cases[i].value, cases[i].seed, cases[i].run)),
                     cases[i].text);
}
END_TEST

START_TEST(values_that_look_alike_are_told_apart) {
  /* a/b and a-b are the same once a file name has them; a digest says which. */
  const char *slash = instance_text(instance(NULL, "dataset.path", "a/b", 1, 1));
  const char *dash = instance_text(instance(NULL, "dataset.path", "a-b", 1, 1));
  ck_assert_str_eq(dash, "dataset.path=a-b");
  ck_assert_str_ne(slash, dash);
  ck_assert(strncmp(slash, dash, strlen(dash)) == 0 && !strchr(slash, '/'));
}
END_TEST

START_TEST(the_same_changes_are_one_instance) {
  struct instance *two = instance(NULL, NULL, NULL, 2, 1);
  ck_assert_ptr_eq(instance(NULL, NULL, NULL, 2, 1), two);
  ck_assert_ptr_ne(instance(NULL, NULL, NULL, 2, 2), two);
  ck_assert_ptr_eq(copy_of(two, "a"), copy_of(two, "a"));
  ck_assert_ptr_eq(copy_of(instance(NULL, NULL, NULL, 1, 1), "a"), named("a")); /* nothing is changed: no copy */
}
END_TEST

START_TEST(a_copy_has_its_seed_and_refers_to_copies) {
  /* Seed n adds 1000 (n - 1), run n adds 1000000 (n - 1), to the file's 5 and 6, and to the built-in 1 of arc. */
  struct instance *other = instance(NULL, NULL, NULL, 3, 2);
  struct stage *s = copy_of(other, "s"), *arc = copy_of(other, "arc");
  ck_assert_str_eq(s->name, "s,seed=3,run=2");
  ck_assert_ptr_eq(s->origin, named("s"));
  ck_assert_str_eq(written(copy_of(other, "a"), "seed"), "1002005");
  ck_assert_str_eq(written(copy_of(other, "b"), "seed"), "1002006");
  ck_assert_str_eq(written(arc, "seed"), "1002001");
  ck_assert_ptr_eq(s->routes[0]->stage, arc);
  ck_assert_ptr_eq(arc->references[0]->stage, copy_of(other, "a"));
  ck_assert_str_eq(written(named("a"), "seed"), "5"); /* the file's stay as they are */
}
END_TEST

START_TEST(a_change_of_one_stage_is_that_stages) {
  struct instance *more = instance("arc", "curve.bends", "2", 1, 1);
  ck_assert_str_eq(written(copy_of(more, "arc"), "curve.bends"), "2");
  ck_assert_str_eq(written(copy_of(more, "s"), "curve.bends"), "");
  ck_assert_str_eq(written(named("arc"), "curve.bends"), "");
}
END_TEST

START_TEST(a_change_of_defaults_goes_before_those_of_the_file) {
  struct instance *wide = instance(NULL, "model.hidden", "9", 1, 1);
  const struct settings *defaults = copy_of(wide, "a")->defaults;
  ck_assert_str_eq(defaults->v[defaults->n - 1].key, "model.hidden"); /* the later wins */
  ck_assert_str_eq(defaults->v[defaults->n - 1].value, "9");
  ck_assert_str_eq(settings_find(named("a")->defaults, "model.hidden")->value, "8");
}
END_TEST

START_TEST(needs_of_several_stages) {
  struct stage *s = named("s"), *of[] = {named("a"), named("b")};
  struct changes changes = {.seed = 2, .run = 1};
  size_t before = s->need_count;
  ck_assert_int_eq(instance_needs(s, &changes, of, 2), STRAIT_OK);
  ck_assert_uint_eq(s->need_count, before + 2);
  ck_assert_str_eq(s->needs[before]->name, "a,seed=2");
  ck_assert_str_eq(s->needs[before + 1]->name, "b,seed=2");
}
END_TEST

int main(void) {
  TCase *tests = tcase_create("instance");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, names);
  tcase_add_test(tests, values_that_look_alike_are_told_apart);
  tcase_add_test(tests, the_same_changes_are_one_instance);
  tcase_add_test(tests, a_copy_has_its_seed_and_refers_to_copies);
  tcase_add_test(tests, a_change_of_one_stage_is_that_stages);
  tcase_add_test(tests, a_change_of_defaults_goes_before_those_of_the_file);
  tcase_add_test(tests, needs_of_several_stages);
  return run_suite("instance", (TCase *[]){tests}, 1);
}
