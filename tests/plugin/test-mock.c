/* tests/plugin/test-mock.c: a plugin against a host that is not ours: everything it does goes through the table it is
 * handed. Nothing of the framework is linked in; a plugin that needed more than the table would not even load here. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strait/dataset.h>
#include <strait/ensembler.h>

#include <check.h> /* after strait/host.h, whose `fail` it would make a macro of */

static char calls[1024]; /* what the plugin asked for, in order */
static char message[256];

static void called(const char *what) { strncat(calls, what, sizeof calls - strlen(calls) - 1); }

static void mock_log(const void *self, uint32_t level, const char *format, va_list arguments) {
  (void)self;
  vsnprintf(message, sizeof message, format, arguments);
  called(level == STRAIT_LOG_WARNING ? "log(warning) " : "log ");
}
static int32_t mock_fail(const void *self, int32_t status, const char *format, va_list arguments) {
  (void)self;
  vsnprintf(message, sizeof message, format, arguments);
  called("fail ");
  return status;
}
static unsigned char memory[64];
static void *mock_alloc(const void *self, size_t bytes) {
  (void)self;
  called("alloc ");
  return bytes <= sizeof memory ? memory : NULL;
}
static void mock_random(const void *self, const char *purpose, uint64_t index, uint32_t bits[4]) {
  (void)self;
  called(strcmp(purpose, "purpose") == 0 && index == 7 ? "random " : "random? ");
  memset(bits, 0, 4 * sizeof *bits);
}
static float product;
static int32_t mock_gemm(const void *self, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k,
                         float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                         int64_t ldc) {
  (void)self;
  called("gemm ");
  if (transpose_a || !transpose_b || m != 1 || n != 1 || k != 2 || lda != 2 || ldb != 2 || ldc != 1)
    return STRAIT_EBUG;
  product = *c = alpha * (a[0] * b[0] + a[1] * b[1]) + beta * *c;
  return STRAIT_OK;
}

static int64_t reader_read(strait_reader *reader, void *data, int64_t count) {
  (void)reader;
  called("read ");
  memset(data, 5, (size_t)count);
  return count;
}
static void reader_close(strait_reader *reader) {
  (void)reader;
  called("close ");
}
static const strait_reader_ops reader_ops = {sizeof reader_ops, 0, reader_read, reader_close};
static strait_reader only_reader = {&reader_ops};
static int32_t mock_open(const void *self, const char *path, const char *member, strait_reader **reader) {
  (void)self;
  called(strcmp(path, "/some/file") == 0 && strcmp(member, "member") == 0 ? "open " : "open? ");
  *reader = &only_reader;
  return STRAIT_OK;
}
static int32_t mock_fingerprint(const void *self, const void *data, size_t bytes) {
  (void)self;
  called(bytes == 8 && memcmp(data, "\5\5\5\5\5\5\5\5", 8) == 0 ? "fingerprint " : "fingerprint? ");
  return STRAIT_OK;
}

static int32_t mock_fingerprint_file(const void *self, const char *folder, const char *name) {
  (void)self;
  called(strcmp(folder, "/some") == 0 && strcmp(name, "file") == 0 ? "file " : "file? ");
  return STRAIT_OK;
}

/* A host of 1.0, whose table ends before what 1.1 appended. */
static const strait_host mock = {.size = offsetof(strait_host, fingerprint_file),
                                 .log = mock_log,
                                 .fail = mock_fail,
                                 .alloc = mock_alloc,
                                 .random = mock_random,
                                 .gemm = mock_gemm,
                                 .open = mock_open,
                                 .fingerprint = mock_fingerprint};

static unsigned char element[8];
static int64_t label;
static void *sample_reserve(strait_sample *sample, uint32_t rank, const int64_t *dims) {
  (void)sample;
  return rank == 1 && dims[0] == 8 ? element : NULL;
}
static int32_t sample_label(strait_sample *sample, int64_t value) {
  (void)sample;
  label = value;
  return STRAIT_OK;
}
static const strait_sample_ops sample_ops = {
    .size = offsetof(strait_sample_ops, labels), .reserve = sample_reserve, .label = sample_label};

/* The same host some versions later: its table is longer, and what was there is where it was. */
static void later(void) { called("later "); }
static const struct {
  strait_host first;
  void (*later)(void);
} grown = {{.size = sizeof grown,
            .minor = 7,
            .log = mock_log,
            .fail = mock_fail,
            .alloc = mock_alloc,
            .random = mock_random,
            .gemm = mock_gemm,
            .open = mock_open,
            .fingerprint = mock_fingerprint,
            .fingerprint_file = mock_fingerprint_file},
           later};

static const strait_class *load(void) {
  char path[4096];
  const char *built = getenv("builddir");
  strait_entry *entry;
  snprintf(path, sizeof path, "%s/tests/plugins/.libs/dataset-services.so", built ? built : ".");
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(handle != NULL, "%s", dlerror());
  void *symbol = dlsym(handle, "strait_plugin_v1");
  ck_assert_ptr_nonnull(symbol);
  memcpy(&entry, &symbol, sizeof entry);
  return entry(&mock);
}

/* An instance by hand, its fields at the offsets that its option table tells. */
static strait_object *make(const strait_class *cls, const char *file, int32_t refuse) {
  strait_object *object = calloc(1, cls->instance_size);
  ck_assert_ptr_nonnull(object);
  *object = (strait_object){cls, &mock, "mocked", NULL};
  ck_assert_uint_eq(cls->option_count, 2);
  memcpy((char *)object + cls->options[0].offset, &file, sizeof file);
  memcpy((char *)object + cls->options[1].offset, &refuse, sizeof refuse);
  return object;
}

START_TEST(test_class) {
  const strait_class *cls = load();
  ck_assert_uint_eq(cls->size, sizeof *cls);
  ck_assert_uint_eq(cls->kind, STRAIT_DATASET);
  ck_assert_str_eq(cls->name, "services");
  ck_assert_uint_eq(cls->option_size, sizeof(strait_option));
  ck_assert_str_eq(calls, ""); /* the entry does nothing but return the class */
}
END_TEST

START_TEST(test_services) {
  const strait_class *cls = load();
  const strait_dataset_ops *ops = cls->ops;
  strait_object *object = make(cls, "/some/file", 0);
  ck_assert_int_eq(ops->open(object), STRAIT_OK);
  ck_assert_str_eq(calls, "log(warning) alloc open read close random gemm fingerprint ");
  ck_assert_str_eq(message, "reading /some/file");
  ck_assert(product == 11); /* 1*3 + 2*4, exact in float32 */

  strait_split split = {.size = sizeof split};
  ck_assert_int_eq(ops->describe(object, STRAIT_TRAIN, &split), STRAIT_OK);
  ck_assert_int_eq(split.count, 2);
  strait_sample sample = {&sample_ops};
  ck_assert_int_eq(ops->read(object, STRAIT_TEST, 1, &sample), STRAIT_OK);
  ck_assert_int_eq(element[0], 11); /* 10 * STRAIT_TEST + 1 */
  ck_assert_int_eq(label, 1);
  free(object);
}
END_TEST

/* An older plugin on a newer host: it finds every service that it knows, and calls no other. */
START_TEST(test_newer_host) {
  const strait_class *cls = load();
  const strait_dataset_ops *ops = cls->ops;
  strait_object *object = make(cls, "/some/file", 0);
  object->host = &grown.first;
  ck_assert_int_eq(ops->open(object), STRAIT_OK);
  ck_assert_str_eq(calls, "log(warning) alloc open read close random gemm fingerprint ");
  free(object);
}
END_TEST

/* A service of 1.1 on a host that has it, and on one of 1.0. */
START_TEST(test_later_service) {
  strait_object object = {NULL, &grown.first, "mocked", NULL};
  ck_assert_int_eq(strait_fingerprint_file(&object, "/some", "file"), STRAIT_OK);
  ck_assert_str_eq(calls, "file ");
  object.host = &mock;
  ck_assert_int_eq(strait_fingerprint_file(&object, "/some", "file"), STRAIT_ENOTSUP);
  ck_assert_str_eq(calls, "file fail ");
  ck_assert_ptr_nonnull(strstr(message, "plugin ABI 1.1"));
}
END_TEST

/* A newer plugin on an older host: a service of 1.1 is refused, and nothing behind the table is called. */
START_TEST(test_older_host) {
  static const strait_slots_ops slots_1_0 = {.size = offsetof(strait_slots_ops, fold)};
  strait_slots slots = {&slots_1_0};
  strait_object object = {NULL, &mock, "mocked", NULL};
  strait_source source = {.size = sizeof source, .given_budget = 10};
  ck_assert_int_eq(strait_share_starts(&object, 0, &source), STRAIT_ENOTSUP);
  ck_assert_int_eq(strait_share_rounds(&object, 1, 0, &source), STRAIT_ENOTSUP);
  ck_assert_int_eq(strait_share_runs(&object, 1, 0, &source), STRAIT_ENOTSUP);
  ck_assert_int_eq(strait_slots_fold(&slots, &product), STRAIT_ENOTSUP);
  ck_assert_int_eq(strait_slots_mean(&slots), STRAIT_ENOTSUP);
  ck_assert_str_eq(calls, "fail fail fail ");
  ck_assert_ptr_nonnull(strstr(message, "plugin ABI 1.1"));
}
END_TEST

START_TEST(test_failure) {
  const strait_class *cls = load();
  const strait_dataset_ops *ops = cls->ops;
  strait_object *object = make(cls, "/some/file", 1);
  ck_assert_int_eq(ops->open(object), STRAIT_ENOENT);
  ck_assert_str_eq(calls, "fail ");
  ck_assert_str_eq(message, "no data at /some/file, 3 files wanted");
  free(object);
}
END_TEST

static void setup(void) { calls[0] = message[0] = 0; }

int main(void) {
  Suite *suite = suite_create("mock host");
  TCase *tests = tcase_create("mock host");
  tcase_add_checked_fixture(tests, setup, NULL);
  tcase_add_test(tests, test_class);
  tcase_add_test(tests, test_services);
  tcase_add_test(tests, test_newer_host);
  tcase_add_test(tests, test_later_service);
  tcase_add_test(tests, test_older_host);
  tcase_add_test(tests, test_failure);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
