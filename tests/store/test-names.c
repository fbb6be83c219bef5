/* tests/store/test-names.c: names as wrappers of networks change them, and weights in parts, by the formulas of
 * store/reparametrised.h. tests/cli/torch.sh has the same from PyTorch itself. */
#include <config.h>

#include <math.h>

#include "store/loaded.h"
#include "store/reparametrised.h"
#include "store/wrappers.h"

#include "../base/scratch.h"

static struct notes notes;

static void set_up(void) {
  scratch_make();
  notes = (struct notes){.arena = scratch_arena};
}
static void tear_down(void) {
  notes_free(&notes);
  scratch_remove();
}

static const float some[] = {3, 4, 6, 8};

static void add(struct arrays *arrays, const char *name, uint32_t type, uint32_t rank, int64_t rows, int64_t columns,
                const void *data) {
  const struct array array = {name, type, rank, {rows, columns}, data};
  ck_assert_int_eq(arrays_add(arrays, &array), STRAIT_OK);
}

/* Scalars of these names. */
static struct arrays *named(const char *const *names) {
  static const int64_t seven = 7;
  struct arrays *arrays;
  ck_assert_int_eq(arrays_create(&arrays), STRAIT_OK);
  for (; *names; names++)
    add(arrays, *names, strstr(*names, "n_averaged") ? STRAIT_I64 : STRAIT_F32, 0, 0, 0,
        strstr(*names, "n_averaged") ? (const void *)&seven : some);
  return arrays;
}
#define NAMED(...) named((const char *const[]){__VA_ARGS__, NULL})

static void ck_names(struct arrays *arrays, const char *expected) {
  char line[1024] = "";
  for (size_t i = 0; i < arrays->count; i++)
    snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", i ? " " : "", arrays->array[i].name);
  ck_assert_str_eq(line, expected);
  arrays_free(arrays);
}

static void ck_unwrapped(struct arrays *arrays, const char *expected) {
  notes.count = 0;
  ck_assert_int_eq(arrays_unwrap(arrays, &notes), STRAIT_OK);
  ck_names(arrays, expected);
}

START_TEST(wrappers) {
  ck_unwrapped(NAMED("module.a.w", "module.b"), "a.w b");
  ck_assert_str_eq(notes.line[0], "took \"module.\" away from 2 of 2 names");
  ck_unwrapped(NAMED("n_averaged", "module.a.w", "module.b"), "a.w b");
  ck_assert_str_eq(notes.line[0], "dropped n_averaged, the counter of AveragedModel");
  ck_unwrapped(NAMED("_orig_mod.a.w", "_orig_mod.b"), "a.w b");
  ck_assert_str_eq(notes.line[0], "took \"_orig_mod.\" away from 2 of 2 names");
  /* Nested in any order. */
  ck_unwrapped(NAMED("n_averaged", "module.module._orig_mod.a", "module.module._orig_mod.b"), "a b");
  ck_unwrapped(NAMED("module.n_averaged", "module.module.a", "module.module.b"), "a b");
  ck_unwrapped(NAMED("_orig_mod.n_averaged", "_orig_mod.module.a"), "a");
  ck_unwrapped(NAMED("_orig_mod.module._orig_mod.a", "_orig_mod.module._orig_mod.b"), "a b");
  /* Around a part of the network: the features of the reference VGG in DataParallel, a compiled block. */
  ck_unwrapped(NAMED("features.module.0.w", "features.module.1.w", "classifier.w"),
               "features.0.w features.1.w classifier.w");
  ck_assert_str_eq(notes.line[0], "took \"module.\" behind \"features.\" away from 2 of 3 names");
  ck_unwrapped(NAMED("stem.w", "block._orig_mod.w", "block._fsdp_wrapped_module.b"), "stem.w block.w block.b");
  /* What no wrapper makes. */
  ck_unwrapped(NAMED("module.a", "b"), "module.a b");
  ck_assert_uint_eq(notes.count, 0);
  ck_unwrapped(NAMED("module.a", "module."), "module.a module.");
  ck_unwrapped(NAMED("n_averaged", "a"), "n_averaged a");
  ck_unwrapped(NAMED("a.module.x", "a.y"), "a.module.x a.y");
  ck_unwrapped(NAMED("submodule.a", "my_orig_mod.b"), "submodule.a my_orig_mod.b");
}
END_TEST

static int is_known(void *context, const char *name) { return strstr(context, name) != NULL; }

START_TEST(prefixes_that_networks_do_not_have) {
  struct arrays *arrays = NAMED("model.net.a.w", "model.net.b");
  ck_assert_int_eq(arrays_strip_known(arrays, is_known, "[a.w][b]", &notes), STRAIT_OK);
  ck_assert_str_eq(notes.line[0], "took \"model.net.\" away from all 2 names: the network has them without it");
  ck_names(arrays, "a.w b");
  arrays = NAMED("model.a.w", "model.b", "other");
  ck_assert_int_eq(arrays_strip_known(arrays, is_known, "[a.w][b]", &notes), STRAIT_OK);
  ck_names(arrays, "model.a.w model.b other");
  arrays = NAMED("a.w", "a.b");
  ck_assert_int_eq(arrays_strip_known(arrays, is_known, "[a.w][a.b]", &notes), STRAIT_OK);
  ck_names(arrays, "a.w a.b");
  ck_assert_uint_eq(notes.count, 1);
}
END_TEST

/* --- weights in parts --- */

static void ck_weight(struct arrays *arrays, const char *name, const double *expected, int64_t count,
                      const char *note) {
  notes.count = 0;
  ck_assert_msg(arrays_put_together(arrays, &notes) == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(arrays->count, 1);
  ck_assert_str_eq(arrays->array[0].name, name);
  ck_assert_int_eq(array_count(&arrays->array[0]), count);
  for (int64_t i = 0; i < count; i++) /* one rounding to float32 */
    ck_assert(fabs((double)((const float *)arrays->array[0].data)[i] - expected[i]) <= fabs(expected[i]) * 0x1p-24);
  ck_assert_str_eq(notes.line[0], note);
  arrays_free(arrays);
}

static struct arrays *empty(void) {
  struct arrays *arrays;
  ck_assert_int_eq(arrays_create(&arrays), STRAIT_OK);
  return arrays;
}
#define WEIGHT_NORM "put 1 weight together from the parts of weight norm"

/* v has the rows (3, 4) and (6, 8), of lengths 5 and 10; the columns' are sqrt(45) and sqrt(80), all of it sqrt(125).
 */
START_TEST(weight_norm) {
  static const float g[] = {10, -1};
  const double rows[] = {6, 8, -.6, -.8}, a = 10 / sqrt(45), b = -1 / sqrt(80), c = 10 / sqrt(125);
  struct arrays *arrays = empty();
  add(arrays, "fc.weight_g", STRAIT_F32, 2, 2, 1, g);
  add(arrays, "fc.weight_v", STRAIT_F32, 2, 2, 2, some);
  ck_weight(arrays, "fc.weight", rows, 4, WEIGHT_NORM);
  arrays = empty();
  add(arrays, "weight_v", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "weight_g", STRAIT_F32, 2, 1, 2, g); /* dim = 1 */
  ck_weight(arrays, "weight", (const double[]){3 * a, 4 * b, 6 * a, 8 * b}, 4, WEIGHT_NORM);
  arrays = empty();
  add(arrays, "n.fc.parametrizations.weight.original0", STRAIT_F32, 0, 0, 0, g); /* dim = None */
  add(arrays, "n.fc.parametrizations.weight.original1", STRAIT_F32, 2, 2, 2, some);
  ck_weight(arrays, "n.fc.weight", (const double[]){3 * c, 4 * c, 6 * c, 8 * c}, 4, WEIGHT_NORM);
  arrays = empty();
  add(arrays, "parametrizations.weight.original0", STRAIT_F32, 2, 2, 1, g);
  add(arrays, "parametrizations.weight.original1", STRAIT_F32, 2, 2, 2, some);
  ck_weight(arrays, "weight", rows, 4, WEIGHT_NORM);
}
END_TEST

/* u' W v with W = ((3, 4), (6, 8)), u = (0.6, 0.8), v = (1, 0): 0.6 * 3 + 0.8 * 6 = 6.6. */
START_TEST(spectral_norm) {
  static const double expected[] = {3 / 6.6, 4 / 6.6, 6 / 6.6, 8 / 6.6};
  static const float u[] = {.6f, .8f}, v[] = {1, 0};
  static const char *const ends[2][3] = {{"_orig", "_u", "_v"}, {".original", ".0._u", ".0._v"}};
  for (int i = 0; i < 2; i++) {
    const char *stem = i ? "c.parametrizations.weight" : "c.weight";
    struct arrays *arrays = empty();
    add(arrays, arena_format(scratch_arena, "%s%s", stem, ends[i][0]), STRAIT_F32, 2, 2, 2, some);
    add(arrays, arena_format(scratch_arena, "%s%s", stem, ends[i][1]), STRAIT_F32, 1, 2, 0, u);
    add(arrays, arena_format(scratch_arena, "%s%s", stem, ends[i][2]), STRAIT_F32, 1, 2, 0, v);
    notes.count = 0;
    ck_assert_int_eq(arrays_put_together(arrays, &notes), STRAIT_OK);
    ck_assert_uint_eq(arrays->count, 1);
    ck_assert_str_eq(arrays->array[0].name, "c.weight");
    for (int k = 0; k < 4; k++) /* u is rounded to float32 */
      ck_assert_double_eq_tol(((const float *)arrays->array[0].data)[k], expected[k], 2e-7);
    ck_assert_str_eq(notes.line[0], "put 1 weight together from the parts of spectral norm");
    arrays_free(arrays);
  }
}
END_TEST

START_TEST(pruning) {
  static const float mask[] = {1, 0, 0, 1};
  struct arrays *arrays = empty();
  add(arrays, "fc.weight_orig", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "fc.weight_mask", STRAIT_F32, 2, 2, 2, mask);
  ck_weight(arrays, "fc.weight", (const double[]){3, 0, 0, 8}, 4, "put 1 weight together from the parts of pruning");
}
END_TEST

START_TEST(parts_that_do_not_fit) {
  static const float zeros[4];
  struct arrays *arrays = empty();
  add(arrays, "fc.weight_g", STRAIT_F32, 1, 2, 0, some); /* no norm has this shape */
  add(arrays, "fc.weight_v", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "attention.proj_g", STRAIT_F32, 2, 2, 1, some); /* a network's own names */
  add(arrays, "attention.proj_v", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "bn.weight_v", STRAIT_F32, 2, 2, 2, some); /* alone */
  add(arrays, "x.weight_g", STRAIT_F32, 2, 2, 1, some);  /* the whole is there too */
  add(arrays, "x.weight_v", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "x.weight", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "y.parametrizations.weight.original0", STRAIT_F32, 2, 2, 1, some); /* more is done to it */
  add(arrays, "y.parametrizations.weight.original1", STRAIT_F32, 2, 2, 2, some);
  add(arrays, "y.parametrizations.weight.1.scale", STRAIT_F32, 0, 0, 0, some);
  const size_t before = arrays->count;
  ck_assert_int_eq(arrays_put_together(arrays, &notes), STRAIT_OK);
  ck_assert_uint_eq(arrays->count, before);
  ck_assert_uint_eq(notes.count, 0);
  arrays_free(arrays);
  arrays = empty();
  add(arrays, "fc.weight_g", STRAIT_F32, 2, 2, 1, some);
  add(arrays, "fc.weight_v", STRAIT_F32, 2, 2, 2, zeros);
  ck_assert_int_eq(arrays_put_together(arrays, &notes), STRAIT_EINVAL);
  ck_error_has("the norm of part 0 of fc.weight_v is 0");
  arrays_free(arrays);
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, set_up, tear_down);
  tcase_add_test(c, wrappers);
  tcase_add_test(c, prefixes_that_networks_do_not_have);
  tcase_add_test(c, weight_norm);
  tcase_add_test(c, spectral_norm);
  tcase_add_test(c, pruning);
  tcase_add_test(c, parts_that_do_not_fit);
  return run_suite("names", &c, 1);
}
