/* tests/store/test-rename.c: rules for names, by the header's words; and names of arrays as they change. */
#include <config.h>

#include "store/loaded.h"
#include "store/rename.h"

#include "../base/scratch.h"

static const char *map_of(const char *text) {
  const char *path = in_scratch("map");
  ck_assert_int_eq(file_write(path, text, strlen(text)), STRAIT_OK);
  return path;
}

static struct renames *rules(const char *text) {
  struct renames *renames;
  ck_assert_msg(renames_read(&renames, map_of(text)) == STRAIT_OK, "%s", error_text());
  return renames;
}

/* What one rule makes of a name; "-" when it drops it. */
static const char *one(const char *rule, const char *name) {
  int dropped;
  struct renames *renames = rules(rule);
  const char *result = renames_apply(renames, name, scratch_arena, &dropped);
  ck_assert_ptr_nonnull(result);
  result = arena_copy(scratch_arena, dropped ? "-" : result);
  renames_free(renames);
  return result;
}

START_TEST(patterns) {
  ck_assert_str_eq(one("a b", "a"), "b");
  ck_assert_str_eq(one("a b", "ab"), "ab"); /* whole names only */
  ck_assert_str_eq(one("a b", "ba"), "ba");
  ck_assert_str_eq(one("net.* *", "net.fc.weight"), "fc.weight");
  ck_assert_str_eq(one("net.* *", "net."), ""); /* * may be nothing */
  ck_assert_str_eq(one("net.* *", "anet.x"), "anet.x");
  ck_assert_str_eq(one("* module.*", "fc.bias"), "module.fc.bias");
  ck_assert_str_eq(one("*.gamma *.weight", "bn.gamma"), "bn.weight");
  ck_assert_str_eq(one("*.*.x */*", "a.b.c.x"), "a/b.c"); /* the first * takes as little as will do */
  ck_assert_str_eq(one("a*b*c*d *-*-*", "a1bb2ccc3d"), "1-b2-cc3");
  ck_assert_str_eq(one("*_1 *", "x_1_1"), "x_1"); /* ... and the rest must match to the end */
  ck_assert_str_eq(one("*ab* <*|*>", "aaabab"), "<aa|ab>");
  ck_assert_str_eq(one("** <*|*>", "xy"), "<|xy>");
  ck_assert_str_eq(one("*x *", "ab"), "ab");
  ck_assert_str_eq(one("a* fixed", "abc"), "fixed"); /* fewer * on the right are fine */
  ck_assert_str_eq(one("*.count -", "bn.count"), "-");
  ck_assert_str_eq(one("*.count -", "bn.counts"), "bn.counts");
}
END_TEST

/* A pattern that could be tried in very many ways: bounded by the product of the lengths, here 4 million steps. */
START_TEST(no_pattern_takes_long) {
  char name[2001], rule[128] = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*ab x";
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  ck_assert_str_eq(one(rule, name), name);
}
END_TEST

START_TEST(first_rule_wins_once) {
  static const char text[] = "# a comment\n\n  a\tb  # another\r\nb c\n*.x *.y\n*.x *.z\nz.* -";
  struct renames *renames = rules(text);
  int dropped;
  ck_assert_str_eq(renames_apply(renames, "a", scratch_arena, &dropped), "b"); /* not on to c */
  ck_assert_str_eq(renames_apply(renames, "q.x", scratch_arena, &dropped), "q.y");
  ck_assert_int_eq(dropped, 0);
  renames_apply(renames, "z.w", scratch_arena, &dropped); /* the last line has no newline */
  ck_assert_int_eq(dropped, 1);
  ck_assert_str_eq(renames_apply(renames, "z.x", scratch_arena, &dropped), "z.y");
  renames_free(renames);
  renames_free(NULL);
}
END_TEST

static void ck_map_fails(const char *text, int status, const char *why) {
  struct renames *renames;
  ck_assert_int_eq(renames_read(&renames, map_of(text)), status);
  ck_assert_ptr_null(renames);
  ck_error_has(why);
}

START_TEST(bad_maps) {
  ck_map_fails("a b\nc\n", STRAIT_EINVAL, "map:2: a rule is two words");
  ck_map_fails("a b c\n", STRAIT_EINVAL, "map:1: a rule is two words");
  ck_map_fails("a *\n", STRAIT_EINVAL, "map:1: \"*\" has more * than \"a\"");
  ck_map_fails("***************** x\n", STRAIT_EINVAL, "more than 16 *");
  struct renames *renames;
  ck_assert_int_eq(renames_read(&renames, in_scratch("none")), STRAIT_ENOENT);
  ck_assert_int_eq(file_write(in_scratch("binary"), "a b\n\0c d\n", 9), STRAIT_OK);
  ck_assert_int_eq(renames_read(&renames, in_scratch("binary")), STRAIT_EFORMAT);
  ck_error_has("not a text file");
}
END_TEST

static struct arrays *named(const char *const *names) {
  static const float x;
  struct arrays *arrays;
  ck_assert_int_eq(arrays_create(&arrays), STRAIT_OK);
  for (; *names; names++)
    ck_assert_int_eq(arrays_add(arrays, &(struct array){.name = *names, .type = STRAIT_F32, .data = &x}), STRAIT_OK);
  return arrays;
}

START_TEST(prefixes) {
  struct notes notes = {.arena = scratch_arena};
  struct arrays *all = named((const char *[]){"module.a", "module.module.b", NULL});
  ck_assert_int_eq(arrays_strip(all, "module.", &notes), STRAIT_OK);
  ck_assert_str_eq(arrays_at(all, 0)->name, "a");
  ck_assert_str_eq(arrays_at(all, 1)->name, "module.b"); /* once */
  ck_assert_str_eq(notes.line[0], "took \"module.\" away from 2 of 2 names");
  struct arrays *some = named((const char *[]){"module.a", "b", "module.", NULL});
  ck_assert_int_eq(arrays_strip(some, "module.", &notes), STRAIT_OK);
  ck_assert_str_eq(arrays_at(some, 0)->name, "a");
  ck_assert_str_eq(arrays_at(some, 2)->name, "module."); /* nothing would be left */
  arrays_free(all);
  arrays_free(some);
  notes_free(&notes);
}
END_TEST

START_TEST(arrays_under_rules) {
  struct notes notes = {.arena = scratch_arena};
  struct renames *renames = rules("net.*_0 *\nnet.*_1 -\n");
  struct arrays *arrays = named((const char *[]){"net.w_0", "net.w_1", "other", NULL});
  ck_assert_int_eq(arrays_rename(arrays, renames, &notes), STRAIT_OK);
  ck_assert_uint_eq(arrays_count(arrays), 2);
  ck_assert_str_eq(arrays_at(arrays, 0)->name, "w");
  ck_assert_str_eq(arrays_at(arrays, 1)->name, "other");
  ck_assert_str_eq(notes.line[0], "the map renamed 1 of 3 tensors and dropped 1");
  ck_assert_int_eq(arrays_check_names(arrays), STRAIT_OK);
  renames_free(renames);
  renames = rules("* same");
  ck_assert_int_eq(arrays_rename(arrays, renames, &notes), STRAIT_OK);
  ck_assert_int_eq(arrays_check_names(arrays), STRAIT_EINVAL);
  ck_error_has("two arrays are named \"same\"");
  renames_free(renames);
  renames = rules("same* *");
  ck_assert_int_eq(arrays_rename(arrays, renames, &notes), STRAIT_EINVAL);
  ck_error_has("leaves nothing of the name \"same\"");
  renames_free(renames);
  arrays_free(arrays);
  notes_free(&notes);
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, patterns);
  tcase_add_test(c, no_pattern_takes_long);
  tcase_add_test(c, first_rule_wins_once);
  tcase_add_test(c, bad_maps);
  tcase_add_test(c, prefixes);
  tcase_add_test(c, arrays_under_rules);
  return run_suite("rename", &c, 1);
}
