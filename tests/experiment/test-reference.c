/* tests/experiment/test-reference.c: the names of weights and paths. Expected values follow from the grammar in
 * experiment/reference.h. */
#include <config.h>

#include "base/text.h"
#include "experiment/reference.h"

#include "../base/scratch.h"

static const struct reference *read_one(const char *text) {
  struct reference *r = NULL;
  ck_assert_msg(reference_parse(scratch_arena, text, "/data", &r) == STRAIT_OK, "%s: %s", text, error_text());
  return r;
}

static const struct route *read_route(const char *text) {
  struct route *r = NULL;
  ck_assert_msg(route_parse(scratch_arena, text, "/data", &r) == STRAIT_OK, "%s: %s", text, error_text());
  return r;
}

START_TEST(each_form) {
  static const struct {
    const char *text;
    int type;
    const char *name;
    int64_t number;
  } forms[] = {
      {"left", REFERENCE_FINAL, "left", 0},       {"left@8", REFERENCE_EPOCH, "left", 8},
      {"left@0", REFERENCE_EPOCH, "left", 0},     {"a-1@i500", REFERENCE_ITERATION, "a-1", 500},
      {"fge[2]", REFERENCE_MEMBER, "fge", 2},     {"fge[*]", REFERENCE_MEMBERS, "fge", 0},
      {"arc#1", REFERENCE_CONTROL, "arc", 1},     {"arc(0.25)", REFERENCE_POINT, "arc", 0},
      {" left @ 8 ", REFERENCE_EPOCH, "left", 8},
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    const struct reference *r = read_one(forms[i].text);
    ck_assert_int_eq(r->type, forms[i].type);
    ck_assert_str_eq(r->name, forms[i].name);
    ck_assert_int_eq(r->number, forms[i].number);
  }
  ck_assert(read_one("arc(0.25)")->t == .25); /* a double that the decimal is exactly */
  ck_assert_str_eq(read_one(" left @ 8 ")->text, "left@8");
}
END_TEST

START_TEST(means_nest) {
  const struct reference *r = read_one("mean(a@8, mean(b, c[*]), arc(0.5))");
  ck_assert_int_eq(r->type, REFERENCE_MEAN);
  ck_assert_ptr_null(r->name);
  ck_assert_uint_eq(r->count, 3);
  ck_assert_int_eq(r->parts[0]->type, REFERENCE_EPOCH);
  ck_assert_uint_eq(r->parts[1]->count, 2);
  ck_assert_int_eq(r->parts[1]->parts[1]->type, REFERENCE_MEMBERS);
  ck_assert(r->parts[2]->t == .5);
  ck_assert_int_eq(r->part, 0);
  ck_assert_int_eq(r->parts[1]->parts[1]->part, 1);
}
END_TEST

START_TEST(means_are_weighted) {
  const struct reference *r =
      read_one("mean(a@8 : 2, mean(b:1,c), file:/x/a:b, file:/x/a:b:-0.5, \"file:/x/a:3\", c:1e1)");
  static const double shares[] = {2, 1, 1, -.5, 1, 10};
  ck_assert_uint_eq(r->count, 6);
  for (size_t i = 0; i < 6; i++)
    ck_assert(r->shares[i] == shares[i]);
  ck_assert_str_eq(r->parts[2]->path, "/x/a:b");
  ck_assert_str_eq(r->parts[3]->path, "/x/a:b");
  ck_assert_str_eq(r->parts[4]->path, "/x/a:3");
  ck_assert_int_eq(r->parts[0]->type, REFERENCE_EPOCH);
  ck_assert_ptr_nonnull(r->parts[1]->shares); /* its own are all 1, and written */
  ck_assert_ptr_null(read_one("mean(a,file:/x/a:b)")->shares);
}
END_TEST

START_TEST(points_of_paths) {
  const struct reference *r = read_one("chain( a@8, line(b, c; only=fc*)(0.5), d[*] )( 0.25 )");
  ck_assert_int_eq(r->type, REFERENCE_ALONG);
  ck_assert_str_eq(r->text, "chain(a@8,line(b,c;only=fc*)(0.5),d[*])(0.25)");
  ck_assert(r->t == .25);
  ck_assert_int_eq(r->along->type, ROUTE_CHAIN);
  ck_assert_uint_eq(r->count, 3);
  const struct reference *inner = r->parts[1];
  ck_assert_int_eq(inner->type, REFERENCE_ALONG);
  ck_assert_int_eq(inner->part, 1);
  ck_assert_int_eq(inner->along->type, ROUTE_LINE);
  ck_assert_uint_eq(inner->along->only_count, 1);
  ck_assert_int_eq(read_one("mean(line(a,b)(0):2,c)")->parts[0]->type, REFERENCE_ALONG);
  ck_assert_int_eq(read_route("line(line(a,b)(0.5),c)")->parts[0]->type, REFERENCE_ALONG);
}
END_TEST

START_TEST(files) {
  ck_assert_str_eq(read_one("file:w.safetensors")->path, "/data/w.safetensors"); /* from the folder given */
  ck_assert_str_eq(read_one("file:/x/my weights.safetensors")->path, "/x/my weights.safetensors");
  ck_assert_str_eq(read_one("(file:/x/my weights.safetensors)")->path, "/x/my weights.safetensors");
  ck_assert_str_eq(read_one("file:\"/x/a, b.safetensors\"")->path, "/x/a, b.safetensors");
  ck_assert_str_eq(read_one("\"file:/x/a (b\"")->path, "/x/a (b");
  const struct reference *r = read_one("mean( file:a b (1).safetensors , \"file:c, d\", left @ 8,file:\" e\" )");
  ck_assert_uint_eq(r->count, 4);
  ck_assert_str_eq(r->parts[0]->path, "/data/a b (1).safetensors");
  ck_assert_str_eq(r->parts[1]->path, "/data/c, d");
  ck_assert_int_eq(r->parts[2]->type, REFERENCE_EPOCH);
  ck_assert_str_eq(r->parts[3]->path, "/data/ e");
}
END_TEST

/* Blanks and semicolons in a path of a line; quotation marks where the path has the list's own marks. */
START_TEST(files_of_paths) {
  const struct route *route = read_route("line(file:My Drive/a.safetensors, \"file:/y/a;b, c\"; only=fc*)");
  ck_assert_uint_eq(route->count, 2);
  ck_assert_uint_eq(route->only_count, 1);
  ck_assert_str_eq(route->parts[0]->path, "/data/My Drive/a.safetensors");
  ck_assert_str_eq(route->parts[1]->path, "/y/a;b, c");
}
END_TEST

START_TEST(bad_references) {
  static const char *const bad[][2] = {
      {"", "not the name of a stage"},
      {"Left", "not the name of a stage"},
      {"left@", "not an integer"},
      {"left@-1", "not a whole number"},
      {"left@8x", "not a whole number"},
      {"left@i", "not an integer"},
      {"left[2", "none of"},
      {"left[x]", "not a whole number"},
      {"arc(1.5)", "t goes from 0 to 1"},
      {"arc(nan)", "not"},
      {"arc(0.5)x", "none of"},
      {"arc#", "not an integer"},
      {"mean()", "not the name of a stage"},
      {"mean(a,)", "not the name of a stage"},
      {"file:", "needs a path"},
      {"line(a,b)", "is a path; (0.5)"},
      {"chain(a,b,c)", "is a path; (0.5)"},
      {"line(a,b)(1.5)", "t goes from 0 to 1"},
      {"line(a,b)(0.5)(0.5)", "not a number"},
      {"line(a,b)()", "is a path; (0.5)"},
      {"line(a,b)(x)", "not a number"},
      {"line(a,b)@3", "is a path; (0.5)"},
      {"line(a)(0.5)", "2 ends, not 1"},
      {"line(a,b", "cannot be used"},
      {"mean(a,b)(0.5)", "cannot be used"},
      {"mean(a:1,b:-1)", "their sum, and this is 0"},
      {"mean(a:0.1,b:0.2,c:-0.3)", "their sum, and this is 0"},
      {"mean(a:0)", "their sum, and this is 0"},
      {"mean(a:x,b)", "what it weighs in the mean"},
      {"mean(a:,b)", "what it weighs in the mean"},
      {"mean(a:inf,b)", "what it weighs in the mean"},
      {"mean(a:nan,b)", "what it weighs in the mean"},
      {"a:2", "not the name of a stage"},
      {"defaults", "cannot be used"},
      {"left@99999999999999999999", "64 bits"},
      {"mean(mean(mean(mean(mean(mean(mean(mean(mean(mean(a))))))))))", "deep"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct reference *r;
    ck_assert_msg(reference_parse(scratch_arena, bad[i][0], ".", &r) == STRAIT_EINVAL, "%s was read", bad[i][0]);
    ck_error_has(bad[i][1]);
  }
}
END_TEST

START_TEST(routes) {
  const struct route *r = read_route("arc");
  ck_assert_int_eq(r->type, ROUTE_CURVE);
  ck_assert_str_eq(r->name, "arc");
  ck_assert_str_eq(r->folder, "arc");
  r = read_route("line( left@8 , arc(0.5) )");
  ck_assert_int_eq(r->type, ROUTE_LINE);
  ck_assert_uint_eq(r->count, 2);
  ck_assert_str_eq(r->text, "line(left@8,arc(0.5))");
  ck_assert_str_eq(r->folder, "line-left-8-arc-0.5"); /* any shell and file system takes it */
  r = read_route("chain(fge[*])");
  ck_assert_int_eq(r->type, ROUTE_CHAIN);
  ck_assert_uint_eq(r->count, 1);
}
END_TEST

/* A layer-wise line: the patterns, which names move, and that another line has another folder. */
START_TEST(only) {
  const struct route *r = read_route("line(a, mean(b,c); only=conv1.*, fc?.bias)");
  ck_assert_str_eq(r->text, "line(a,mean(b,c);only=conv1.*,fc?.bias)");
  ck_assert_uint_eq(r->count, 2);
  ck_assert_uint_eq(r->only_count, 2);
  ck_assert(route_moves(r, "conv1.weight") && route_moves(r, "fc2.bias"));
  ck_assert(!route_moves(r, "conv10.weight") && !route_moves(r, "fc2.weight") && !route_moves(r, "x.conv1.weight"));
  ck_assert_str_ne(r->folder, read_route("line(a,mean(b,c))")->folder);
  ck_assert(route_moves(read_route("line(a,b)"), "anything"));
}
END_TEST

START_TEST(long_routes_have_short_folders) {
  struct text text = {0};
  text_add(&text, "chain(a0");
  for (int i = 1; i < 200; i++)
    text_add(&text, ",a%d", i);
  text_add(&text, ")");
  const struct route *r = read_route(text.data);
  ck_assert_uint_le(strlen(r->folder), 128); /* file systems take 255 bytes */
  text.data[text.length - 2] = 'x';          /* "a199" to "a19x": what is cut off still tells them apart */
  ck_assert_str_ne(read_route(text.data)->folder, r->folder);
  text_free(&text);
}
END_TEST

START_TEST(bad_routes) {
  static const char *const bad[][2] = {
      {"line(a,b;only=)", "needs a pattern"},
      {"line(a,b;but=x)", "only=PATTERN"},
      {"chain(a,b;only=x)", "only=PATTERN"},
      {"chain(a)", "two points"},
      {"line(a)", "2 ends"},
      {"line(a,b,c)", "2 ends"},
      {"mean(a,b)", "a path is"},
      {"a@8", "a path is"},
      {"line", "a path is"},
      {"chain(a,B)", "not the name of a stage"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct route *r;
    ck_assert_msg(route_parse(scratch_arena, bad[i][0], ".", &r) == STRAIT_EINVAL, "%s was read", bad[i][0]);
    ck_error_has(bad[i][1]);
  }
}
END_TEST

int main(void) {
  TCase *names = tcase_create("names");
  tcase_add_checked_fixture(names, scratch_make, scratch_remove);
  tcase_add_test(names, each_form);
  tcase_add_test(names, means_nest);
  tcase_add_test(names, means_are_weighted);
  tcase_add_test(names, points_of_paths);
  tcase_add_test(names, files);
  tcase_add_test(names, files_of_paths);
  tcase_add_test(names, bad_references);
  tcase_add_test(names, routes);
  tcase_add_test(names, only);
  tcase_add_test(names, long_routes_have_short_folders);
  tcase_add_test(names, bad_routes);
  return run_suite("reference", (TCase *[]){names}, 1);
}
