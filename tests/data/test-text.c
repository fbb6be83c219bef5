/* The data set text: tokens and vocabularies worked out by hand, splits, and texts that are refused. With STRAIT_PTB
 * set to a folder with ptb.train.txt, ptb.valid.txt and ptb.test.txt, the Penn Treebank too. */
#include <config.h>

#include <math.h>

#include "files.h"

enum { MOST = 64 };

/* settings: pairs of key and value, ended by NULL; dataset.path is the folder, or a file in it. */
static strait_object *make_text(const char *path, const char *const *settings) {
  const strait_class *cls;
  strait_object *object;
  struct setting all[8] = {{.key = "dataset.path", .value = path, .folder = "/"}};
  size_t count = 1;
  for (; settings[2 * (count - 1)]; count++)
    all[count] = (struct setting){.key = settings[2 * (count - 1)], .value = settings[2 * (count - 1) + 1]};
  if (!registry)
    ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(registry_class(registry, STRAIT_DATASET, "text", &cls) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(object_create(&object, cls, "text", 1, all, count) == STRAIT_OK, "%s", error_text());
  return object;
}
#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void write_text(const char *name, const char *text) { write_plain(name, text, strlen(text)); }

/* The split's tokens: those of the samples in turn, and the last target. */
static int64_t tokens_of(const struct source *source, int which, int32_t *tokens) {
  const int64_t steps = source->split[which].dims[0];
  int32_t x[MOST], y[MOST];
  struct reading reading = {.elements = (unsigned char *)x, .capacity = sizeof x};
  int64_t n = 0;
  ck_assert_int_le(steps, MOST);
  for (int64_t at = 0; at < source->split[which].count; at += steps) {
    ck_assert_msg(source_read(source, which, at, &reading, y, NULL) == STRAIT_OK, "%s", error_text());
    for (int64_t i = 0; i < steps && y[i] >= 0; i++) {
      ck_assert(n == 0 || tokens[n] == x[i]); /* the target before is this token */
      tokens[n++] = x[i];
      tokens[n] = y[i];
    }
  }
  return n + 1;
}

static void check_tokens(const struct source *source, int which, int64_t count, const int32_t *expected) {
  int32_t tokens[MOST];
  ck_assert_int_eq(source->split[which].count, count - 1);
  ck_assert_int_eq(tokens_of(source, which, tokens), count);
  ck_assert_mem_eq(tokens, expected, (size_t)count * sizeof *expected);
}

/* By falling count, then by bytes: <eos> 2, cat 2, the 2, a 1, dog 1. */
static const char train_text[] = "the cat  the\tdog\n a cat\r\n";
static const int32_t train_tokens[] = {2, 1, 2, 4, 0, 3, 1, 0}, test_tokens[] = {4, 0, 2, 0}, held_tokens[] = {3, 3};

static void check_words(const struct source *source) {
  static const char *const names[] = {"<eos>", "cat", "the", "a", "dog"};
  ck_assert_int_eq(source->split[0].classes, 5);
  for (int i = 0; i < 5; i++)
    ck_assert_str_eq(source->split[0].class_names[i], names[i]);
  check_tokens(source, STRAIT_TRAIN, 8, train_tokens);
  check_tokens(source, STRAIT_TEST, 4, test_tokens);
}

/* In a folder, gzipped, and in an archive. */
START_TEST(words_are_numbered_by_count) {
  struct source source;
  folder_make();
  if (_i == 1) {
    write_gz("a.txt", train_text, strlen(train_text));
    write_gz("c.txt", "dog\nthe\n", 8);
  } else {
    write_text("a.txt", train_text);
    write_text("c.txt", "dog\nthe\n");
  }
  write_text("b.txt", "a a");
  if (_i == 2)
    write_tar("all.tar.gz", "texts", (const char *const[]){"a.txt", "b.txt", "c.txt", NULL});
  strait_object *object = make_text(
      _i == 2 ? in_folder("all.tar.gz") : folder,
      SETTINGS("dataset.train", "a.txt", "dataset.validation", "b.txt", "dataset.test", "c.txt", "dataset.steps", "3"));
  open_source(&source, object);
  check_words(&source);
  ck_assert_int_eq(source.splits, 3);
  check_tokens(&source, STRAIT_VALIDATION, 2, held_tokens);
  object_free(object);
  folder_remove();
}
END_TEST

/* Words that training has not are <unk>, where training has that. */
START_TEST(unknown_words_are_unk) {
  static const int32_t expected[] = {1, 0, 1, 0};
  struct source source;
  folder_make();
  write_text("a.txt", "x <unk> x <unk>\n<unk>\n"); /* <unk> 3, <eos> 2, x 2: 0, 1, 2 */
  write_text("c.txt", "\nbird\nx");
  strait_object *object =
      make_text(folder, SETTINGS("dataset.train", "a.txt", "dataset.test", "c.txt", "dataset.steps", "2"));
  open_source(&source, object);
  const int32_t tokens[] = {expected[0], 0, 1, 2};
  check_tokens(&source, STRAIT_TEST, 4, tokens);
  ck_assert_int_eq(source.splits, 2);
  object_free(object);
  folder_remove();
}
END_TEST

/* Characters in the order of their codes; one file, cut where the shares end, rounded down. */
START_TEST(characters_are_numbered_by_code) {
  static const char text[] = "ba\xc3\xa9\nab\xe2\x82\xac"
                             "bba\n"; /* b a e' \n a b euro b b a \n: \n 0, a 1, b 2, e' 3, euro 4 */
  static const int32_t first[] = {2, 1, 3, 0, 1, 2, 4}, second[] = {2, 2}, third[] = {1, 0};
  struct source source;
  folder_make();
  write_text("a.txt", text);
  strait_object *object =
      make_text(in_folder("a.txt"), SETTINGS("dataset.unit", "characters", "dataset.steps", "4", "dataset.test-share",
                                             ".18", "dataset.validation-share", ".18"));
  open_source(&source, object); /* 11 tokens: 7.04 and 9.02 */
  ck_assert_int_eq(source.split[0].classes, 5);
  ck_assert_str_eq(source.split[0].class_names[3], "\xc3\xa9");
  ck_assert_str_eq(source.split[0].class_names[4], "\xe2\x82\xac");
  check_tokens(&source, STRAIT_TRAIN, 7, first);
  check_tokens(&source, STRAIT_VALIDATION, 2, second);
  check_tokens(&source, STRAIT_TEST, 2, third);
  object_free(object);
  folder_remove();
}
END_TEST

static void refuses_text(const char *path, const char *const *settings, const char *words) {
  struct source source;
  strait_object *object = make_text(path, settings);
  ck_assert_int_lt(source_open(&source, object), 0);
  ck_assert_msg(strstr(error_text(), words) != NULL, "\"%s\" does not say \"%s\"", error_text(), words);
  object_free(object);
}

START_TEST(what_is_no_text_is_refused) {
  folder_make();
  write_text("empty.txt", "");
  write_plain("binary.txt", "ab\0cd", 5);
  write_text("latin.txt", "caf\xe9 au lait");
  write_text("cut.txt", "caf\xc3");
  write_text("short.txt", "one two three");
  write_text("blank.txt", " \t ");
  write_text("good.txt", "one two three\nfour five\n");
  write_text("other.txt", "one two\nthree six\n");
  const char *const characters[] = {"dataset.unit", "characters", "dataset.test-share", "0", NULL};
  const char *const whole[] = {"dataset.test-share", "0", "dataset.steps", "3", NULL};
  refuses_text(in_folder("none.txt"), whole, "none.txt");
  refuses_text(in_folder("empty.txt"), whole, "is empty");
  refuses_text(in_folder("binary.txt"), whole, "byte 2 is 0");
  refuses_text(in_folder("latin.txt"), characters, "byte 3 is not UTF-8");
  refuses_text(in_folder("cut.txt"), characters, "byte 3 is not UTF-8");
  refuses_text(in_folder("blank.txt"), whole, "has no words");
  refuses_text(in_folder("short.txt"), whole, "steps = 3: the training text has 3 tokens");
  refuses_text(folder, SETTINGS("dataset.train", "good.txt", "dataset.test", "other.txt", "dataset.steps", "2"),
               "other.txt, line 2: the training text has no word \"six\"");
  refuses_text(folder, SETTINGS("dataset.test", "other.txt"), "set it too");
  refuses_text(folder, SETTINGS("dataset.train", "good.txt", "dataset.test", "empty.txt"), "empty.txt is empty");
  refuses_text(in_folder("good.txt"), SETTINGS("dataset.test-share", ".5", "dataset.validation-share", ".5"),
               "leave nothing to train on");
  refuses_text(in_folder("good.txt"), SETTINGS("dataset.test-share", ".1", "dataset.steps", "2"), "has 1 tokens");
  refuses_text(in_folder("good.txt"),
               SETTINGS("dataset.unit", "characters", "dataset.test-share", ".5", "dataset.steps", "2"),
               "line 1: the training text has no character \"\\n\"");
  folder_remove();
}
END_TEST

/* The Penn Treebank: counts and most frequent words as published; the perplexity of the training counts. */
START_TEST(penn_treebank) {
  static const int64_t tokens[3] = {929589, 82430, 73760};
  static const double perplexity[3] = {684.94, 639.30, 687.03};
  const char *ptb = getenv("STRAIT_PTB");
  struct source source;
  if (!ptb) {
    printf("STRAIT_PTB is not set: the Penn Treebank is skipped\n");
    return;
  }
  strait_object *object = make_text(ptb, SETTINGS("dataset.train", "ptb.train.txt", "dataset.validation",
                                                  "ptb.valid.txt", "dataset.test", "ptb.test.txt"));
  open_source(&source, object);
  const strait_split *split = source.split;
  ck_assert_int_eq(split[0].classes, 10000);
  ck_assert_str_eq(split[0].class_names[0], "the");
  ck_assert_str_eq(split[0].class_names[1], "<unk>");
  ck_assert_str_eq(split[0].class_names[2], "<eos>");
  ck_assert_str_eq(split[0].class_names[3], "N");
  int32_t *all = malloc((size_t)tokens[0] * sizeof *all);
  double *count = calloc(10000, sizeof *count);
  for (int which = 0; which < 3; which++) {
    double nll = 0;
    ck_assert_int_eq(tokens_of(&source, which, all), tokens[which]);
    for (int64_t i = 0; which == 0 && i < tokens[0]; i++)
      count[all[i]]++;
    for (int64_t i = 0; i < tokens[which]; i++)
      nll -= log(count[all[i]] / (double)tokens[0]) / (double)tokens[which];
    ck_assert_double_eq_tol(exp(nll), perplexity[which], .005);
  }
  ck_assert(count[0] == 50770 && count[1] == 45020 && count[2] == 42068 && count[3] == 32481);
  free(all), free(count);
  object_free(object);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("text");
  TCase *tests = tcase_create("text");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_loop_test(tests, words_are_numbered_by_count, 0, 3);
  tcase_add_test(tests, unknown_words_are_unk);
  tcase_add_test(tests, characters_are_numbered_by_code);
  tcase_add_test(tests, what_is_no_text_is_refused);
  tcase_add_test(tests, penn_treebank);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
