/* tests/plugin/test-options.c: option tables: reading every type, its bounds and its errors; canonical text; and every
 * way in which a table can be unsound. Expected values follow from the rules in strait/option.h. */
#include <config.h>

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/options.h"

struct all {
  strait_object object;
  int64_t bends, seed;
  double scale, loose;
  int32_t nesterov, mode;
  const char *label, *title, *file, *other_file;
  strait_ints hidden, sizes;
  strait_floats rates;
  strait_strings paths, none;
};

static const char *const modes[] = {"refresh", "running", "batch", NULL};
static const strait_option list[] = {
    STRAIT_INT("bends", struct all, bends, "1", 0, 64, "control points"),
    STRAIT_INT("seed", struct all, seed, "-5", -0x1p63, 0x1p63, "any integer"),
    STRAIT_FLOAT("scale", struct all, scale, "0.5", 0, 1, "a share"),
    STRAIT_FLOAT("loose", struct all, loose, "1e-4", -INFINITY, INFINITY, "any number"),
    STRAIT_BOOL("nesterov", struct all, nesterov, "no", "a switch"),
    STRAIT_CHOICE("mode", struct all, mode, "running", modes, "a choice"),
    STRAIT_STRING("label", struct all, label, NULL, "a text that may be missing"),
    STRAIT_STRING("title", struct all, title, "a b", "a text"),
    STRAIT_PATH("file", struct all, file, NULL, "a path"),
    STRAIT_PATH("other-file", struct all, other_file, "/usr/x", "a path"),
    STRAIT_INTS("hidden", struct all, hidden, "128 64", 1, 1000, "widths"),
    STRAIT_OPTION("sizes", STRAIT_OPT_INTS, STRAIT_REPEATABLE, struct all, sizes, "3", 1, 9, NULL, "may be empty"),
    STRAIT_FLOATS("rates", struct all, rates, "0.1 .25 1e1", 0, 10, "rates"),
    STRAIT_STRINGS("paths", struct all, paths, "a line(b, c) (d e)", "items"),
    STRAIT_STRINGS("none", struct all, none, NULL, "empty unless set"),
};
static const struct option_table table = {list, sizeof *list, sizeof list / sizeof *list};

static struct all all;
static struct arena *arena;

static void setup(void) {
  memset(&all, 0, sizeof all);
  arena = arena_create();
  error_clear();
}
static void teardown(void) { arena_free(arena); }

static int set(const char *name, const char *value) {
  struct setting setting = {.key = name, .value = value};
  return options_set(&table, &all, name, &setting, arena);
}

START_TEST(test_defaults) {
  ck_assert_int_eq(options_check(&table, sizeof all), STRAIT_OK);
  ck_assert_int_eq(options_default(&table, &all, arena), STRAIT_OK);
  ck_assert_int_eq(all.bends, 1);
  ck_assert_int_eq(all.seed, -5);
  ck_assert(all.scale == 0.5); /* exact: read by strtod */
  ck_assert(all.loose == 1e-4);
  ck_assert_int_eq(all.nesterov, 0);
  ck_assert_int_eq(all.mode, 1);
  ck_assert_ptr_null(all.label);
  ck_assert_str_eq(all.title, "a b");
  ck_assert_ptr_null(all.file);
  ck_assert_str_eq(all.other_file, "/usr/x");
  ck_assert_uint_eq(all.hidden.n, 2);
  ck_assert_int_eq(all.hidden.v[0], 128);
  ck_assert_int_eq(all.hidden.v[1], 64);
  ck_assert_uint_eq(all.rates.n, 3);
  ck_assert(all.rates.v[1] == 0.25);
  ck_assert(all.rates.v[2] == 10);
  ck_assert_uint_eq(all.paths.n, 3);
  ck_assert_str_eq(all.paths.v[1], "line(b, c)");
  ck_assert_str_eq(all.paths.v[2], "(d e)");
  ck_assert_uint_eq(all.none.n, 0);
}
END_TEST

/* What a user may write, and how it comes back as canonical text. */
static const struct {
  const char *name, *value, *text;
} good[] = {
    {"bends", "0", "0"},
    {"bends", "64", "64"},
    {"bends", "+7", "7"},
    {"seed", "9223372036854775807", "9223372036854775807"},
    {"seed", "-9223372036854775808", "-9223372036854775808"},
    {"scale", "1", "1"},
    {"scale", "1e-4", "0.0001"},
    {"scale", "0.1000", "0.1"},
    {"loose", "inf", "inf"},
    {"loose", "-inf", "-inf"},
    {"nesterov", "yes", "yes"},
    {"nesterov", "true", "yes"},
    {"nesterov", "On", "yes"},
    {"nesterov", "1", "yes"},
    {"nesterov", "no", "no"},
    {"nesterov", "FALSE", "no"},
    {"nesterov", "off", "no"},
    {"nesterov", "0", "no"},
    {"mode", "batch", "batch"},
    {"label", "two words", "two words"},
    {"label", "", ""},
    {"file", "/a/b", "/a/b"},
    {"hidden", "5", "5"},
    {"hidden", "  5   6 ", "5 6"},
    {"hidden", "(64 32)", "64 32"},
    {"sizes", "", ""},
    {"none", "", ""},
    {"rates", "1 2.50", "1 2.5"},
    {"paths", "x", "x"},
    {"paths", "(64 64) (128 128)", "(64 64) (128 128)"},
};

START_TEST(test_good) {
  ck_assert_int_eq(options_default(&table, &all, arena), STRAIT_OK);
  ck_assert_int_eq(set(good[_i].name, good[_i].value), STRAIT_OK);
  strait_option option = option_at(&table, (uint32_t)option_find(&table, good[_i].name));
  ck_assert_str_eq(options_text(&option, &all, arena), good[_i].text);
}
END_TEST

/* What is refused, and the words. */
static const struct {
  const char *name, *value, *text;
} bad[] = {
    {"bends", "-1", "bends = -1: below the minimum 0"},
    {"bends", "65", "bends = 65: above the maximum 64"},
    {"bends", "1.5", "bends = 1.5: not an integer"},
    {"bends", "", "bends = : not an integer"},
    {"bends", "3x", "bends = 3x: not an integer"},
    {"bends", "0x3", "bends = 0x3: not an integer"},
    {"seed", "9223372036854775808", "seed = 9223372036854775808: not an integer of 64 bits"},
    {"scale", "1.0001", "scale = 1.0001: above the maximum 1"},
    {"scale", "-1e-300", "scale = -1e-300: below the minimum 0"},
    {"scale", "nan", "scale = nan: not a number"},
    {"scale", "inf", "scale = inf: above the maximum 1"},
    {"scale", "half", "scale = half: not a number"},
    {"loose", "nan", "loose = nan: not a number"},
    {"loose", "-nan", "loose = -nan: not a number"},
    {"nesterov", "maybe", "nesterov = maybe: neither yes nor no"},
    {"nesterov", "2", "nesterov = 2: neither yes nor no"},
    {"mode", "fresh", "mode = fresh: not one of: refresh, running, batch"},
    {"mode", "Batch", "mode = Batch: not one of: refresh, running, batch"},
    {"file", "", "file = : empty; it needs a path"},
    {"hidden", "", "hidden = : empty; it needs at least one item"},
    {"hidden", "64 0", "hidden = 64 0: item 2, \"0\": below the minimum 1"},
    {"hidden", "64 many", "hidden = 64 many: item 2, \"many\": not an integer"},
    {"rates", "0.1 nan", "rates = 0.1 nan: item 2, \"nan\": not a number"},
    {"rates", "11", "rates = 11: above the maximum 10"},
    {"paths", "a (b", "paths = a (b: \"a (b\": a \"(\" without its \")\""},
    {"bend", "1", "bend: no such option; did you mean \"bends\"?"},
    {"wholly-other", "1", "wholly-other: no such option"},
};

START_TEST(test_bad) {
  ck_assert_int_eq(options_default(&table, &all, arena), STRAIT_OK);
  struct all before = all;
  ck_assert_int_eq(set(bad[_i].name, bad[_i].value), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), bad[_i].text);
  ck_assert_mem_eq(&before, &all, sizeof all); /* a refused value changes nothing */
}
END_TEST

/* Bounds beyond 2^53, where a double skips integers: compared as integers, not rounded. */
START_TEST(test_integer_bounds) {
  static const strait_option wide[] = {
      STRAIT_INT("bends", struct all, bends, "0", -0x1p53, 0x1p53, "up to 2^53"),
      STRAIT_INT("seed", struct all, seed, "1", 0.5, 1.5, "bounds that are not whole"),
  };
  struct option_table t = {wide, sizeof *wide, 2};
  struct setting most = {.key = "bends", .value = "9007199254740992"},
                 more = {.key = "bends", .value = "9007199254740993"},
                 less = {.key = "bends", .value = "-9007199254740993"};
  ck_assert_int_eq(options_check(&t, sizeof all), STRAIT_OK);
  ck_assert_int_eq(options_set(&t, &all, "bends", &most, arena), STRAIT_OK);
  ck_assert_int_eq(options_set(&t, &all, "bends", &more, arena), STRAIT_EINVAL);
  ck_assert_int_eq(options_set(&t, &all, "bends", &less, arena), STRAIT_EINVAL);
  struct setting one = {.key = "seed", .value = "1"}, none = {.key = "seed", .value = "0"},
                 two = {.key = "seed", .value = "2"};
  ck_assert_int_eq(options_set(&t, &all, "seed", &one, arena), STRAIT_OK);
  ck_assert_int_eq(options_set(&t, &all, "seed", &none, arena), STRAIT_EINVAL);
  ck_assert_int_eq(options_set(&t, &all, "seed", &two, arena), STRAIT_EINVAL);
}
END_TEST

START_TEST(test_paths) {
  char here[4096], expected[8192];
  ck_assert_ptr_nonnull(getcwd(here, sizeof here));
  struct setting in_file = {.key = "file", .value = "data/x", .folder = "/etc/experiments"};
  struct setting on_command_line = {.key = "file", .value = "data/x"};
  ck_assert_int_eq(options_set(&table, &all, "file", &in_file, arena), STRAIT_OK);
  ck_assert_str_eq(all.file, "/etc/experiments/data/x");
  ck_assert_int_eq(options_set(&table, &all, "file", &on_command_line, arena), STRAIT_OK);
  snprintf(expected, sizeof expected, "%s/data/x", here);
  ck_assert_str_eq(all.file, expected);
}
END_TEST

START_TEST(test_place) {
  struct setting setting = {
      .key = "curve.bends", .value = "-1", .file = "experiment.ini", .line = 14, .section = "connect arc"};
  ck_assert_int_eq(options_set(&table, &all, "bends", &setting, arena), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "experiment.ini:14: [connect arc] curve.bends = -1: below the minimum 0");
  ck_assert_int_eq(options_set(&table, &all, "bend", &setting, arena), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(),
                   "experiment.ini:14: [connect arc] curve.bends: no such option; did you mean \"bends\"?");
  struct setting bare = {.key = "bends", .value = "2"};
  ck_assert_str_eq(setting_place(&bare, arena), "");
  bare.section = "train a";
  ck_assert_str_eq(setting_place(&bare, arena), "[train a] ");
}
END_TEST

/* Elements of other sizes: a newer plugin's are larger; walking them uses their own size. */
START_TEST(test_element_size) {
  struct newer {
    strait_option option;
    void *later[3];
  } newer[] = {{STRAIT_INT("bends", struct all, bends, "3", 0, 9, "one"), {&all, &all, &all}},
               {STRAIT_INT("seed", struct all, seed, "4", 0, 9, "two"), {&all, &all, &all}}};
  struct option_table t = {&newer[0].option, sizeof *newer, 2};
  ck_assert_int_eq(options_check(&t, sizeof all), STRAIT_OK);
  ck_assert_int_eq(option_find(&t, "seed"), 1);
  ck_assert_int_eq(option_find(&t, "scale"), -1);
  ck_assert_int_eq(options_default(&t, &all, arena), STRAIT_OK);
  ck_assert_int_eq(all.bends, 3);
  ck_assert_int_eq(all.seed, 4);
  /* A shorter element, cut after `width`: option_at reads what is missing as zero. */
  char cut[offsetof(strait_option, value)];
  memcpy(cut, list, sizeof cut);
  struct option_table old = {(const strait_option *)(const void *)cut, sizeof cut, 1};
  strait_option option = option_at(&old, 0);
  ck_assert_str_eq(option.name, "bends");
  ck_assert_ptr_null(option.help);
}
END_TEST

/* Tables that are not sound: one option each, changed from a good one. */
static const char *const no_choices[] = {NULL}, *const twice[] = {"a", "b", "a", NULL}, *const blank[] = {"a b", NULL};
static const struct {
  strait_option option;
  const char *text; /* a part of the error */
} unsound[] = {
    {{"Bends", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "\"Bends\" is not a name"},
    {{NULL, STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "\"\" is not a name"},
    {{"a..b", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "\"a..b\" is not a name"},
    {{"a", 0, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "type 0 is not known"},
    {{"a", 10, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "type 10 is not known"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 4, "1", 0, 1, NULL, "h"},
     "4 bytes; an option of type int needs 8"},
    {{"a", STRAIT_OPT_BOOL, 0, offsetof(struct all, nesterov), 1, "no", 0, 1, NULL, "h"}, "type bool needs 4"},
    {{"a", STRAIT_OPT_INT, 0, sizeof(struct all) - 4, 8, "1", 0, 1, NULL, "h"}, "outside the instance"},
    {{"a", STRAIT_OPT_INT, 0, UINT32_MAX, 8, "1", 0, 1, NULL, "h"}, "outside the instance"},
    {{"a", STRAIT_OPT_BOOL, 0, offsetof(struct all, nesterov) + 2, 4, "no", 0, 1, NULL, "h"}, "not aligned"},
    {{"a", STRAIT_OPT_INT, 4, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "flags 0x4 are not known"},
    {{"a", STRAIT_OPT_INT, STRAIT_REPEATABLE, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "only lists"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 2, 1, NULL, "h"},
     "minimum 2 is above the maximum 1"},
    {{"a", STRAIT_OPT_FLOAT, 0, offsetof(struct all, scale), 8, "1", NAN, 1, NULL, "h"}, "a bound is not a number"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "2", 0, 1, NULL, "h"},
     "default \"2\": above the maximum 1"},
    {{"a", STRAIT_OPT_FLOAT, 0, offsetof(struct all, scale), 8, "nan", 0, 1, NULL, "h"},
     "default \"nan\": not a number"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "x", 0, 1, NULL, "h"}, "default \"x\": not an integer"},
    {{"a", STRAIT_OPT_INT, STRAIT_REQUIRED, offsetof(struct all, bends), 8, "2", 0, 1, NULL, "h"},
     "above the maximum 1"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, NULL, 0, 1, NULL, "h"}, "it has no default"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, NULL, 0, 0, modes, "h"}, "it has no default"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, "no", 0, 0, modes, "h"}, "default \"no\": not one of"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, "no", 0, 0, NULL, "h"}, "it has no choices"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, "no", 0, 0, no_choices, "h"}, "it has no choices"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, "a", 0, 0, twice, "h"},
     "the choice \"a\" appears twice"},
    {{"a", STRAIT_OPT_CHOICE, 0, offsetof(struct all, mode), 4, "a b", 0, 0, blank, "h"}, "has a blank"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, modes, "h"}, "choices belong to type choice"},
    {{"a", STRAIT_OPT_INTS, 0, offsetof(struct all, hidden), 16, "1 2", 0, 1, NULL, "h"}, "default \"1 2\""},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, NULL}, "help is not one line"},
    {{"a", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "two\nlines"}, "help is not one line"},
    {{"scale", STRAIT_OPT_INT, 0, offsetof(struct all, bends), 8, "1", 0, 1, NULL, "h"}, "its name appears twice"},
    {{"a", STRAIT_OPT_FLOAT, 0, offsetof(struct all, scale), 8, "1", 0, 1, NULL, "h"},
     "shares its field with option scale"},
};

START_TEST(test_unsound) {
  strait_option two[] = {STRAIT_FLOAT("scale", struct all, scale, "0", 0, 1, "a sound one"), unsound[_i].option};
  struct option_table t = {two, sizeof *two, 2};
  ck_assert_int_eq(options_check(&t, sizeof all), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), unsound[_i].text), "\"%s\" is not in \"%s\"", unsound[_i].text, error_text());
  t.count = 1;
  ck_assert_int_eq(options_check(&t, sizeof all), STRAIT_OK);
}
END_TEST

START_TEST(test_unsound_array) {
  struct option_table missing = {NULL, sizeof(strait_option), 1}, empty = {NULL, 0, 0}, tiny = {list, 16, 1},
                      odd = {list, sizeof(strait_option) + 1, 1};
  ck_assert_int_eq(options_check(&missing, sizeof all), STRAIT_EINVAL);
  ck_assert_int_eq(options_check(&tiny, sizeof all), STRAIT_EINVAL);
  ck_assert_int_eq(options_check(&odd, sizeof all), STRAIT_EINVAL);
  ck_assert_int_eq(options_check(&empty, sizeof all), STRAIT_OK);
}
END_TEST

/* The tables of our own keys have dots in their names. */
START_TEST(test_dotted) {
  static const strait_option own[] = {STRAIT_INT("refresh.samples", struct all, bends, "0", 0, 9, "samples")};
  struct option_table t = {own, sizeof *own, 1};
  ck_assert_int_eq(options_check(&t, sizeof all), STRAIT_OK);
  ck_assert_str_eq(option_nearest(&t, "refresh.sample"), "refresh.samples");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("options");
  TCase *tests = tcase_create("options");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_defaults);
  tcase_add_loop_test(tests, test_good, 0, sizeof good / sizeof *good);
  tcase_add_loop_test(tests, test_bad, 0, sizeof bad / sizeof *bad);
  tcase_add_test(tests, test_integer_bounds);
  tcase_add_test(tests, test_paths);
  tcase_add_test(tests, test_place);
  tcase_add_test(tests, test_element_size);
  tcase_add_loop_test(tests, test_unsound, 0, sizeof unsound / sizeof *unsound);
  tcase_add_test(tests, test_unsound_array);
  tcase_add_test(tests, test_dotted);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
