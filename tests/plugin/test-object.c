/* tests/plugin/test-object.c: instances and the host table: options before init, what init and fini are promised,
 * memory, messages, chains of failures, and the data's fingerprint. Expected values follow from strait/host.h and
 * plugin/registry.h. */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <strait/curve.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "plugin/host.h"
#include "plugin/registry.h"

#include <check.h> /* after strait/host.h, whose `fail` it would make a macro of */

struct ridge {
  strait_object object;
  int64_t bends, width;
  const char *label;
  strait_floats rates;
  int64_t bends_at_init;
  char *memory;
};

static int inits, finis;
static int32_t (*on_init)(struct ridge *self);

static int32_t init(void *self) {
  struct ridge *ridge = self;
  inits++;
  ridge->bends_at_init = ridge->bends;
  return on_init ? on_init(ridge) : STRAIT_OK;
}
static void fini(void *self) {
  const struct ridge *ridge = self;
  finis++;
  if (ridge->memory) /* freed only after fini */
    ck_assert_int_eq(ridge->memory[99], 7);
}

static int64_t points(const void *self) { return ((const struct ridge *)self)->bends; }
static void coefficients(const void *self, double t, double *c) { c[0] = (double)points(self) * t; }

static const strait_option options[] = {
    STRAIT_INT("bends", struct ridge, bends, "1", 0, 64, "control points"),
    STRAIT_OPTION("width", STRAIT_OPT_INT, STRAIT_REQUIRED, struct ridge, width, "128", 1, 1000, NULL, "how wide"),
    STRAIT_STRING("label", struct ridge, label, "none", "a text"),
    STRAIT_FLOATS("rates", struct ridge, rates, "1 2", 0, 9, "numbers"),
};
static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
static const strait_class ridge = {STRAIT_CLASS(STRAIT_CURVE, "ridge", "1.0", "for tests", struct ridge, options, &ops),
                                   STRAIT_NO_PRESETS, init, fini};

static char logged[4096];
static unsigned logged_level;
static void note(void *context, unsigned level, const char *message) {
  (void)context;
  logged_level = level;
  snprintf(logged, sizeof logged, "%s", message);
}

static void setup(void) {
  inits = finis = 0;
  on_init = NULL;
  logged[0] = 0;
  log_to(note, NULL);
  log_level(STRAIT_LOG_DEBUG);
  error_clear();
}

/* A ridge with its one required option. */
static struct ridge *make(void) {
  struct setting width = {.key = "width", .value = "9"};
  strait_object *object;
  ck_assert_msg(object_create(&object, &ridge, "arc", 42, &width, 1) == STRAIT_OK, "%s", error_text());
  return (struct ridge *)object;
}

START_TEST(test_life) {
  struct setting settings[] = {{.key = "curve.bends", .value = "3"}, {.key = "width", .value = "9"}};
  strait_object *object;
  ck_assert_msg(object_create(&object, &ridge, "arc", 42, settings, 2) == STRAIT_OK, "%s", error_text());
  const struct ridge *self = (const struct ridge *)object;
  ck_assert_ptr_eq(object->cls, &ridge);
  ck_assert_ptr_eq(object->host, host_table());
  ck_assert_str_eq(object->name, "arc");
  ck_assert_int_eq(self->bends, 3);
  ck_assert_int_eq(self->bends_at_init, 3); /* options are set before init */
  ck_assert_int_eq(self->width, 9);
  ck_assert_str_eq(self->label, "none");
  ck_assert_uint_eq(self->rates.n, 2);
  ck_assert_ptr_null(self->memory); /* the instance is zeroed */
  ck_assert_int_eq(settings[0].used, 1);
  ck_assert_int_eq(settings[1].used, 1);
  ck_assert_uint_eq(object_seed(object), 42);
  ck_assert_ptr_eq(object_ops(object), &ops);
  ck_assert_int_eq(inits, 1);
  ck_assert_int_eq(finis, 0);
  object_free(object);
  ck_assert_int_eq(inits, 1);
  ck_assert_int_eq(finis, 1);
  object_free(NULL);
}
END_TEST

/* The value is copied: the caller's text may go away. Without a name it has the class's. */
START_TEST(test_borrowed) {
  char value[] = "written", key[] = "curve.label";
  struct setting settings[] = {{.key = key, .value = value}, {.key = "curve.width", .value = "9"}};
  strait_object *object;
  ck_assert_int_eq(object_create(&object, &ridge, NULL, 1, settings, 2), STRAIT_OK);
  memset(value, 'x', strlen(value));
  memset(key, 'x', strlen(key));
  ck_assert_str_eq(((const struct ridge *)object)->label, "written");
  ck_assert_str_eq(object->name, "ridge");
  object_free(object);
}
END_TEST

START_TEST(test_later_holds) {
  struct setting settings[] = {
      {.key = "bends", .value = "3"}, {.key = "width", .value = "9"}, {.key = "curve.bends", .value = "4"}};
  strait_object *object;
  ck_assert_int_eq(object_create(&object, &ridge, "arc", 1, settings, 3), STRAIT_OK);
  ck_assert_int_eq(((const struct ridge *)object)->bends, 4);
  object_free(object);
}
END_TEST

static void check_refused(struct setting *settings, size_t count, const char *text) {
  strait_object *object = (strait_object *)settings;
  ck_assert_int_eq(object_create(&object, &ridge, "arc", 1, settings, count), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), text);
  ck_assert_ptr_null(object);
  ck_assert_int_eq(inits, 0);
  ck_assert_int_eq(finis, 0);
}

START_TEST(test_refused) {
  struct setting bad[] = {{.key = "curve.bends", .value = "65", .file = "x.ini", .line = 3, .section = "connect arc"}};
  check_refused(bad, 1, "x.ini:3: [connect arc] curve.bends = 65: above the maximum 64");
  struct setting unknown[] = {{.key = "curve.bend", .value = "5", .file = "x.ini", .line = 3}};
  check_refused(unknown, 1, "x.ini:3: curve.bend: no such option; did you mean \"bends\"?");
  struct setting other_kind[] = {{.key = "schedule.rate", .value = "5"}};
  check_refused(other_kind, 1, "schedule.rate: no such option");
  check_refused(NULL, 0, "curve ridge needs curve.width; for example = 128");
}
END_TEST

static int32_t fail_with_words(struct ridge *self) { return strait_fail(self, STRAIT_ENOENT, "no %s", "moon"); }
static int32_t fail_without_words(struct ridge *self) { return (void)self, STRAIT_EIO; }
static int32_t fail_upwards(struct ridge *self) { return (void)self, 5; }

START_TEST(test_failing_init) {
  static const struct {
    int32_t (*init)(struct ridge *self);
    int status;
    const char *text;
  } cases[] = {{fail_with_words, STRAIT_ENOENT, "arc: no moon"},
               {fail_without_words, STRAIT_EIO, "arc: init failed and did not say why"},
               {fail_upwards, STRAIT_EBUG, "arc: init failed and did not say why"}};
  struct setting width = {.key = "width", .value = "9"};
  for (int i = 0; i < 3; i++) {
    strait_object *object;
    on_init = cases[i].init;
    error_set(STRAIT_EIO, "an old failure that was dealt with");
    ck_assert_int_eq(object_create(&object, &ridge, "arc", 1, &width, 1), cases[i].status);
    ck_assert_str_eq(error_text(), cases[i].text);
    ck_assert_ptr_null(object);
    ck_assert_int_eq(finis, 0);
  }
}
END_TEST

static int32_t take_memory(struct ridge *self) {
  self->memory = strait_alloc(self, 100);
  if (!self->memory)
    return STRAIT_ENOMEM;
  self->memory[99] = 7;
  return STRAIT_OK;
}

START_TEST(test_alloc) {
  on_init = take_memory;
  struct ridge *self = make();
  static const size_t sizes[] = {0, 1, 63, 64, 65, 100000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    unsigned char *memory = strait_alloc(self, sizes[i]);
    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq((uintptr_t)memory % 64, 0);
    for (size_t j = 0; j < sizes[i]; j++)
      ck_assert_uint_eq(memory[j], 0);
    memset(memory, 255, sizes[i]);
  }
  ck_assert_ptr_null(strait_alloc(self, SIZE_MAX));
  ck_assert_int_eq(error_status(), STRAIT_ENOMEM);
  object_free(&self->object); /* valgrind and the sanitizers see that all is freed, after fini read it */
  ck_assert_int_eq(finis, 1);
}
END_TEST

START_TEST(test_log) {
  struct ridge *self = make();
  strait_log(self, STRAIT_LOG_WARNING, "rounded to %d", 4);
  ck_assert_str_eq(logged, "arc: rounded to 4");
  ck_assert_uint_eq(logged_level, STRAIT_LOG_WARNING);
  strait_log(self, 77, "100%%");
  ck_assert_str_eq(logged, "arc: 100%");
  ck_assert_uint_eq(logged_level, STRAIT_LOG_WARNING); /* a level that is not known is the gravest */
  object_free(&self->object);
}
END_TEST

/* strait_fail starts a chain, or adds to the one that a service started with the same status; the name stands once. */
START_TEST(test_fail) {
  struct ridge *self = make();
  error_clear();
  ck_assert_int_eq(strait_fail(self, STRAIT_EINVAL, "cycle %d is odd", 3), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "arc: cycle 3 is odd");
  ck_assert_int_eq(strait_fail(self, STRAIT_EINVAL, "in file %s", "a"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "arc: in file a: cycle 3 is odd");
  ck_assert_int_eq(strait_fail(self, STRAIT_ENOENT, "another"), STRAIT_ENOENT); /* another status: another failure */
  ck_assert_str_eq(error_text(), "arc: another");

  strait_reader *reader;
  ck_assert_int_eq(strait_open(self, "/nonexistent/data", NULL, &reader), STRAIT_ENOENT);
  ck_assert_int_eq(strait_fail(self, STRAIT_ENOENT, "get the data"), STRAIT_ENOENT);
  ck_assert_msg(strncmp(error_text(), "arc: get the data: ", 19) == 0, "%s", error_text());
  ck_assert_ptr_nonnull(strstr(error_text(), "/nonexistent/data"));

  error_clear();
  ck_assert_int_eq(strait_fail(self, STRAIT_OK, "not a failure"), STRAIT_EBUG); /* never reported as success */
  ck_assert_int_eq(strait_fail(self, 3, "nor this"), STRAIT_EBUG);
  object_free(&self->object);
}
END_TEST

static void *fail_in_thread(void *self) {
  strait_fail(self, STRAIT_EIO, "in a thread");
  return error_status() == STRAIT_EIO ? self : NULL;
}

/* Chains are of a thread. */
START_TEST(test_threads) {
  struct ridge *self = make();
  pthread_t thread;
  void *result;
  strait_fail(self, STRAIT_EINVAL, "here");
  ck_assert_int_eq(pthread_create(&thread, NULL, fail_in_thread, self), 0);
  ck_assert_int_eq(pthread_join(thread, &result), 0);
  ck_assert_ptr_eq(result, self);
  ck_assert_str_eq(error_text(), "arc: here");
  object_free(&self->object);
}
END_TEST

static void *alloc_in_thread(void *self) {
  for (int i = 0; i < 1000; i++)
    if (!strait_alloc(self, 16))
      return NULL;
  return self;
}

START_TEST(test_alloc_threads) {
  struct ridge *self = make();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, alloc_in_thread, self), 0);
  for (int i = 0; i < 4; i++) {
    void *result;
    ck_assert_int_eq(pthread_join(threads[i], &result), 0);
    ck_assert_ptr_eq(result, self);
  }
  object_free(&self->object); /* a block lost in a race is a leak, or is freed twice */
}
END_TEST

static char data_file[4096];

static void write_data(const char *data) {
  const char *temporary = getenv("TMPDIR");
  snprintf(data_file, sizeof data_file, "%s/strait-object-XXXXXX", temporary ? temporary : "/tmp");
  int file = mkstemp(data_file);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(write(file, data, strlen(data)), (ssize_t)strlen(data));
  ck_assert_int_eq(close(file), 0);
}

/* What a fresh object's fingerprint is after reading the file `times` times, in pieces of `piece` bytes. */
static void fingerprint_of(int times, int64_t piece, const char *extra, char digest[33]) {
  struct ridge *self = make();
  char buffer[64];
  for (int i = 0; i < times; i++) {
    strait_reader *reader;
    ck_assert_msg(strait_open(self, data_file, NULL, &reader) == STRAIT_OK, "%s", error_text());
    while (strait_read(reader, buffer, piece) > 0)
      ;
    strait_close(reader);
  }
  if (extra)
    ck_assert_int_eq(strait_fingerprint(self, extra, strlen(extra)), STRAIT_OK);
  object_fingerprint(&self->object, digest);
  object_free(&self->object);
}

START_TEST(test_fingerprint) {
  char nothing[33], once[33], pieces[33], twice[33], more[33], other[33];
  write_data("0123456789");
  fingerprint_of(0, 1, NULL, nothing);
  fingerprint_of(1, 64, NULL, once);
  fingerprint_of(1, 3, NULL, pieces);
  fingerprint_of(2, 64, NULL, twice);
  fingerprint_of(1, 64, "size 10", more);
  unlink(data_file);
  write_data("0123456788"); /* elsewhere, with another byte */
  fingerprint_of(1, 64, NULL, other);
  ck_assert_uint_eq(strlen(once), 32);
  ck_assert_str_eq(once, pieces); /* how it is read does not matter */
  ck_assert_str_ne(once, nothing);
  ck_assert_str_ne(once, twice);
  ck_assert_str_ne(once, more);
  ck_assert_str_ne(once, other);
  unlink(data_file);
  write_data("0123456789"); /* elsewhere, the same bytes: where data lie does not matter */
  fingerprint_of(1, 64, NULL, other);
  ck_assert_str_eq(once, other);
  unlink(data_file);
}
END_TEST

/* Two files are not one with their bytes joined. */
/* Lengths about the sizes in which it grows; the text counts, so that a piece out of place is seen. */
START_TEST(test_read_whole) {
  static const int lengths[] = {0, 8, 65528, 65536, 65544, 196608, 400000};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct ridge *self = make();
    char *written = malloc((size_t)lengths[i] + 16), *data;
    int64_t length;
    written[0] = 0;
    for (int n = 0; n < lengths[i]; n += 8)
      sprintf(written + n, "%07d\n", n);
    write_data(written);
    ck_assert_msg(strait_read_whole(self, data_file, NULL, &data, &length) == STRAIT_OK, "%s", error_text());
    ck_assert_int_eq(length, lengths[i]);
    ck_assert_str_eq(data, written); /* the NUL at its end too */
    unlink(data_file);
    ck_assert_int_eq(strait_read_whole(self, data_file, NULL, &data, &length), STRAIT_ENOENT);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(length, 0);
    free(written);
    object_free(&self->object);
  }
}
END_TEST

START_TEST(test_fingerprint_parts) {
  char joined[33], apart[33];
  struct ridge *self = make();
  ck_assert_int_eq(strait_fingerprint(self, "abcd", 4), STRAIT_OK);
  object_fingerprint(&self->object, joined);
  object_free(&self->object);
  self = make();
  ck_assert_int_eq(strait_fingerprint(self, "ab", 2), STRAIT_OK);
  ck_assert_int_eq(strait_fingerprint(self, "cd", 2), STRAIT_OK);
  object_fingerprint(&self->object, apart);
  object_free(&self->object);
  ck_assert_str_ne(joined, apart);
}
END_TEST

/* The first look at the fingerprint ends the collecting. */
START_TEST(test_fingerprint_ends) {
  char first[33], second[33], buffer[64];
  strait_reader *before, *after;
  write_data("0123456789");
  struct ridge *self = make();
  ck_assert_int_eq(strait_open(self, data_file, NULL, &before), STRAIT_OK);
  ck_assert_int_eq(strait_read(before, buffer, 4), 4);
  object_fingerprint(&self->object, first);
  ck_assert_int_eq(strait_read(before, buffer, 4), 4);
  ck_assert_int_eq(strait_open(self, data_file, NULL, &after), STRAIT_OK);
  ck_assert_int_eq(strait_read(after, buffer, 4), 4);
  ck_assert_mem_eq(buffer, "0123", 4);
  ck_assert_int_eq(strait_fingerprint(self, "x", 1), STRAIT_EBUG);
  object_fingerprint(&self->object, second);
  ck_assert_str_eq(first, second);
  strait_close(before);
  strait_close(after);
  strait_close(NULL);
  object_free(&self->object);
  unlink(data_file);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("object");
  TCase *tests = tcase_create("object");
  tcase_add_checked_fixture(tests, setup, NULL);
  tcase_add_test(tests, test_life);
  tcase_add_test(tests, test_borrowed);
  tcase_add_test(tests, test_later_holds);
  tcase_add_test(tests, test_refused);
  tcase_add_test(tests, test_failing_init);
  tcase_add_test(tests, test_alloc);
  tcase_add_test(tests, test_log);
  tcase_add_test(tests, test_fail);
  tcase_add_test(tests, test_threads);
  tcase_add_test(tests, test_alloc_threads);
  tcase_add_test(tests, test_fingerprint);
  tcase_add_test(tests, test_read_whole);
  tcase_add_test(tests, test_fingerprint_parts);
  tcase_add_test(tests, test_fingerprint_ends);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
