/* tests/base/test-text.c: strings, numbers, lists, names and their nearest match. Expected values follow from
 * base/text.h and, for numbers, from the decimal system. */
#include <config.h>

#include <float.h>
#include <locale.h>
#include <math.h>

#include "base/text.h"
#include "scratch.h"

START_TEST(texts_grow) {
  struct text text = {0};
  for (int i = 0; i < 1000; i++)
    text_add(&text, "%03d,", i);
  text_add_n(&text, "xyz", 2);
  ck_assert_int_eq(text.status, STRAIT_OK);
  ck_assert_uint_eq(text.length, 4002);
  ck_assert_int_eq(strncmp(text.data, "000,001,", 8), 0);
  ck_assert_str_eq(text.data + 3996, "999,xy");
  text_free(&text);
  text_add(&text, "%s", ""); /* an empty text is still a string */
  ck_assert_str_eq(text.data, "");
  text.status = STRAIT_ENOMEM; /* sticky */
  text_add(&text, "more");
  ck_assert_str_eq(text.data, "");
  text_free(&text);
}
END_TEST

START_TEST(integers_are_read_strictly) {
  static const struct {
    const char *text;
    int64_t value;
  } good[] = {{"0", 0},
              {"-0", 0},
              {"+7", 7},
              {"007", 7},
              {"-12", -12},
              {"9223372036854775807", INT64_MAX},
              {"-9223372036854775808", INT64_MIN}};
  static const char *const bad[] = {"",
                                    "-",
                                    "+",
                                    " 1",
                                    "1 ",
                                    "1.0",
                                    "1e3",
                                    "0x10",
                                    "--1",
                                    "abc",
                                    "1a",
                                    "nan",
                                    "inf",
                                    "1,0",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "99999999999999999999999999"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    int64_t value = 99;
    ck_assert_int_eq(text_integer(good[i].text, &value), STRAIT_OK);
    ck_assert_int_eq(value, good[i].value);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t value = 99;
    ck_assert_msg(text_integer(bad[i], &value) == STRAIT_EINVAL, "\"%s\" is taken", bad[i]);
    ck_error_has("not an integer");
    ck_assert_int_eq(value, 99);
  }
}
END_TEST

START_TEST(numbers_are_read_strictly) {
  static const struct {
    const char *text;
    double value;
  } good[] = {
      {"0", 0},       {"1", 1},        {"-1.5", -1.5},     {".5", .5},          {"5.", 5},
      {"1e-4", 1e-4}, {"+2E+3", 2000}, {"inf", INFINITY},  {"-inf", -INFINITY}, {"infinity", INFINITY},
      {"0e999", 0},   {"-0", -0.0},    {"5e-324", 5e-324}, {"0.1", 0.1},        {"1.7976931348623157e308", DBL_MAX}};
  static const char *const bad[] = {"",   ".",   "e5",  "1e",     "1e+", " 1",    "1 ",    "0x1p3", "1,5",
                                    "1d", "NaN", "nan", "nan(1)", "--1", "1.2.3", "1e5.0", "INF ",  "infinit"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    double value = 99;
    ck_assert_msg(text_number(good[i].text, &value) == STRAIT_OK, "\"%s\": %s", good[i].text, error_text());
    ck_assert_msg(value == good[i].value && !signbit(value) == !signbit(good[i].value), "\"%s\"", good[i].text);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    double value = 99;
    ck_assert_msg(text_number(bad[i], &value) == STRAIT_EINVAL, "\"%s\" is taken", bad[i]);
    ck_error_has("not a number");
    ck_assert_double_eq(value, 99);
  }
  double value;
  ck_assert_int_eq(text_number("1e999", &value), STRAIT_EINVAL);
  ck_error_has("not finite");
  ck_assert_int_eq(text_number("-1e999", &value), STRAIT_EINVAL);
  ck_assert_int_eq(text_number("1e-999", &value), STRAIT_EINVAL);
  ck_error_has("too small");
}
END_TEST

START_TEST(numbers_are_written_shortest) {
  static const struct {
    double value;
    const char *text;
  } rows[] = {{0, "0"},
              {-0.0, "-0"},
              {1, "1"},
              {10, "10"},
              {-250, "-250"},
              {0.1, "0.1"},
              {1e-4, "0.0001"},
              {1e-5, "1e-05"},
              {1.0 / 3, "0.3333333333333333"},
              {0.1 + 0.2, "0.30000000000000004"},
              {1e300, "1e+300"},
              {INFINITY, "inf"},
              {-INFINITY, "-inf"},
              {NAN, "nan"}};
  char buffer[32];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ck_assert_str_eq(text_of_number(rows[i].value, buffer), rows[i].text);
  /* Whatever is written reads back as the same bits. */
  uint64_t state = 1;
  for (int i = 0; i < 20000; i++) {
    double value, again;
    state = state * 6364136223846793005u + 1442695040888963407u;
    memcpy(&value, &state, sizeof value);
    if (!isfinite(value))
      continue;
    ck_assert_uint_lt(strlen(text_of_number(value, buffer)), 32);
    ck_assert_int_eq(text_number(buffer, &again), STRAIT_OK);
    ck_assert_int_eq(memcmp(&value, &again, sizeof value), 0);
  }
}
END_TEST

START_TEST(numbers_are_the_same_in_any_locale) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", NULL};
  char buffer[32];
  double value;
  int found = 0; /* where no such locale is installed, the C locale is all there is to test */
  for (int i = 0; names[i] && !found; i++)
    found = setlocale(LC_ALL, names[i]) != NULL;
  ck_assert_int_eq(text_number("0.5", &value), STRAIT_OK);
  ck_assert_double_eq(value, 0.5);
  ck_assert_int_eq(text_number("0,5", &value), STRAIT_EINVAL);
  ck_assert_str_eq(text_of_number(2.5, buffer), "2.5");
  setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(lists_are_split_at_blanks) {
  static const struct {
    const char *text;
    size_t count;
    const char *items[4];
  } rows[] = {{"", 0, {0}},
              {" \t ", 0, {0}},
              {"a", 1, {"a"}},
              {" a\tb  c ", 3, {"a", "b", "c"}},
              {"a line(b, c) (64 64)", 3, {"a", "line(b, c)", "(64 64)"}},
              {"chain(a, mean(b, c)) x[*]", 2, {"chain(a, mean(b, c))", "x[*]"}},
              {"a(1)b c", 2, {"a(1)b", "c"}},
              {"()", 1, {"()"}},
              {"\"a b\"  c", 2, {"a b", "c"}},
              {"a\"b c\"d", 1, {"a\"b c\"d"}}, /* only what is around a whole item is taken off */
              {"\"a\"b\"c\"", 1, {"\"a\"b\"c\""}},
              {"\"a (b\" c", 2, {"a (b", "c"}},
              {"line(\"a) b\", c) d", 2, {"line(\"a) b\", c)", "d"}},
              {"file:x y", 2, {"file:x", "y"}},
              {"file:My  Drive/a.safetensors left", 2, {"file:My  Drive/a.safetensors", "left"}},
              {"file:a.safetensors b.safetensors", 2, {"file:a.safetensors", "b.safetensors"}},
              {"file:a file:b c.safetensors", 2, {"file:a", "file:b c.safetensors"}},
              {"file:a b.safetensorsx c", 3, {"file:a", "b.safetensorsx", "c"}}};
  static const char *const bad[] = {"(", ")", "a (b", "a b)", "((a)", "a)(b", "x(y))", "\"", "a \"b", "a\"(\" )"};
  struct arena *arena = arena_create();
  char **items;
  size_t count;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ck_assert_int_eq(text_split(arena, rows[i].text, &items, &count), STRAIT_OK);
    ck_assert_uint_eq(count, rows[i].count);
    for (size_t k = 0; k < count; k++)
      ck_assert_str_eq(items[k], rows[i].items[k]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(text_split(arena, bad[i], &items, &count) == STRAIT_EINVAL, "\"%s\" is split", bad[i]);
  text_split(arena, "a (b", &items, &count);
  ck_assert_str_eq(error_text(), "\"a (b\": a \"(\" without its \")\"");
  arena_free(arena);
}
END_TEST

START_TEST(names) {
  static const char *const good[] = {"a", "fashion-mnist", "x1", "a-", "abcdefghijklmnopqrstuvwxyz012345"};
  static const char *const bad[] = {
      "", "A", "1a", "-a", "a_b", "a b", "a.b", "\xc3\xa4", "abcdefghijklmnopqrstuvwxyz0123456"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    ck_assert_int_eq(text_is_name(good[i]), 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_int_eq(text_is_name(bad[i]), 0);
}
END_TEST

START_TEST(the_nearest_name) {
  static const char *const curves[] = {"polychain", "bezier", "bend", "points"};
  char endless[300];
  ck_assert_str_eq(text_nearest("bezer", curves, 4), "bezier");
  ck_assert_str_eq(text_nearest("bends", curves, 4), "bend");
  ck_assert_str_eq(text_nearest("pionts", curves, 4), "points"); /* 1 + 6/3 edits are allowed */
  ck_assert_str_eq(text_nearest("bezier", curves, 4), "bezier");
  ck_assert_str_eq(text_nearest("mpl", (const char *[]){"gpt", "mlp"}, 2), "mlp"); /* letters that changed places */
  ck_assert_ptr_null(text_nearest("xyzzy", curves, 4));
  ck_assert_ptr_null(text_nearest("", curves, 4));
  ck_assert_ptr_null(text_nearest("q", curves, 4));
  ck_assert_ptr_null(text_nearest("bezier", curves, 0));
  memset(endless, 'a', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  const char *const one[] = {endless};
  ck_assert_ptr_null(text_nearest(endless, curves, 4));
  ck_assert_ptr_null(text_nearest("aa", one, 1));
}
END_TEST

START_TEST(starts_ends_and_patterns) {
  ck_assert(text_starts("schedule.rate", "schedule."));
  ck_assert(!text_starts("sch", "schedule."));
  ck_assert(text_starts("x", ""));
  ck_assert(text_ends("a.gz", ".gz"));
  ck_assert(!text_ends("gz", ".gz"));
  ck_assert(text_ends("x", ""));
  static const struct {
    const char *pattern, *string;
    int matches;
  } rows[] = {{"*", "", 1},
              {"", "", 1},
              {"", "a", 0},
              {"?", "", 0},
              {"*.bias", "fc1.bias", 1},
              {"*.bias", "fc1.bias2", 0},
              {"bn?.*", "bn1.weight", 1},
              {"bn?.*", "bn.weight", 0},
              {"a*b*c", "aXbXbXc", 1},
              {"a*b*c", "aXbX", 0},
              {"**", "abc", 1},
              {"a*", "a", 1},
              {"*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0}}; /* quick, not exponential */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ck_assert_msg(text_matches(rows[i].pattern, rows[i].string) == rows[i].matches, "%s, %s", rows[i].pattern,
                  rows[i].string);
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("text")};
  tcase_add_test(cases[0], texts_grow);
  tcase_add_test(cases[0], integers_are_read_strictly);
  tcase_add_test(cases[0], numbers_are_read_strictly);
  tcase_add_test(cases[0], numbers_are_written_shortest);
  tcase_add_test(cases[0], numbers_are_the_same_in_any_locale);
  tcase_add_test(cases[0], lists_are_split_at_blanks);
  tcase_add_test(cases[0], names);
  tcase_add_test(cases[0], the_nearest_name);
  tcase_add_test(cases[0], starts_ends_and_patterns);
  return run_suite("text", cases, 1);
}
