/* mnist and fashion-mnist: IDX files made here, read back, and every way they can be damaged. */
#include "files.h"

#include <sys/resource.h>

enum { TRAIN = 23, TEST = 9, ROWS = 4, COLUMNS = 3, PIXELS = ROWS * COLUMNS };

static const char *const train_images = "train-images-idx3-ubyte", *const train_labels = "train-labels-idx1-ubyte",
                         *const test_images = "t10k-images-idx3-ubyte", *const test_labels = "t10k-labels-idx1-ubyte";
static unsigned char buffer[4096];

static unsigned char pixel(int which, int i, int e) { return (unsigned char)(which * 50 + i * 13 + e * 7); }
static unsigned char label(int which, int i) { return (unsigned char)((i * 3 + which) % 10); }

static size_t number(size_t at, unsigned value) {
  for (int i = 0; i < 4; i++)
    buffer[at + (size_t)i] = (unsigned char)(value >> (24 - 8 * i));
  return at + 4;
}
/* The bytes of the two kinds of file, in `buffer`; returns how many. */
static size_t images_file(int which, int count) {
  size_t at = number(number(number(number(0, 0x803), (unsigned)count), ROWS), COLUMNS);
  for (int i = 0; i < count * PIXELS; i++)
    buffer[at++] = pixel(which, i / PIXELS, i % PIXELS);
  return at;
}
static size_t labels_file(int which, int count) {
  size_t at = number(number(0, 0x801), (unsigned)count);
  for (int i = 0; i < count; i++)
    buffer[at++] = label(which, i);
  return at;
}

typedef void writer(const char *name, const void *data, size_t bytes);
static void write_set(writer *write_file) {
  write_file(train_images, buffer, images_file(0, TRAIN));
  write_file(train_labels, buffer, labels_file(0, TRAIN));
  write_file(test_images, buffer, images_file(1, TEST));
  write_file(test_labels, buffer, labels_file(1, TEST));
}

static void check_sample(const struct source *source, int which, int i) {
  unsigned char read[PIXELS];
  int32_t got;
  ck_assert_msg(source_read(source, which, i, &(struct reading){(unsigned char *)read, sizeof read, 0, 0}, &got,
                            NULL) == STRAIT_OK,
                "%s", error_text());
  ck_assert_int_eq(got, label(which, i));
  for (int e = 0; e < PIXELS; e++)
    ck_assert_uint_eq(read[e], pixel(which, i, e));
}

static void check_set(const char *name, const char *path) {
  struct source source;
  strait_object *object = create_set(name, path, NULL, NULL);
  open_source(&source, object);
  const strait_split *split = &source.split[STRAIT_TRAIN];
  ck_assert_int_eq(split->count, TRAIN);
  ck_assert_int_eq(source.split[STRAIT_TEST].count, TEST);
  ck_assert_int_eq(split->rank, 3);
  ck_assert_int_eq(split->dims[0], 1);
  ck_assert_int_eq(split->dims[1], ROWS);
  ck_assert_int_eq(split->dims[2], COLUMNS);
  ck_assert_int_eq(split->element, STRAIT_U8);
  ck_assert_int_eq(split->classes, 10);
  for (int i = 0; i < TRAIN; i++)
    check_sample(&source, STRAIT_TRAIN, i);
  for (int i = TEST - 1; i >= 0; i--) /* in any order, and again */
    check_sample(&source, STRAIT_TEST, i);
  check_sample(&source, STRAIT_TRAIN, 7);
  object_free(object);
}

START_TEST(plain_and_gz_and_tar) {
  static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                      "t10k-labels-idx1-ubyte", NULL};
  folder_make();
  write_set(write_plain);
  check_set("mnist", folder);
  check_set("fashion-mnist", folder);
  write_tar("set.tar.gz", "raw", names);
  check_set("mnist", in_folder("set.tar.gz"));
  for (int i = 0; i < 4; i++)
    ck_assert_int_eq(unlink(in_folder(names[i])), 0);
  write_set(write_gz);
  check_set("mnist", folder);
  folder_remove();
}
END_TEST

/* The fingerprint is of the bytes: the same however they are packed, another for other bytes. */
START_TEST(the_fingerprint_is_of_the_bytes) {
  char plain[33], packed[33], changed[33];
  folder_make();
  write_set(write_plain);
  for (int i = 0; i < 3; i++) {
    struct source source;
    strait_object *object = create_set("mnist", folder, NULL, NULL);
    open_source(&source, object);
    object_fingerprint(object, i == 0 ? plain : i == 1 ? packed : changed);
    object_free(object);
    if (i == 0) {
      unlink(in_folder(train_images));
      write_gz(train_images, buffer, images_file(0, TRAIN));
    } else if (i == 1) {
      size_t bytes = labels_file(1, TEST);
      buffer[bytes - 1] ^= 1;
      write_plain(test_labels, buffer, bytes);
    }
  }
  ck_assert_str_eq(plain, packed);
  ck_assert_str_ne(plain, changed);
  folder_remove();
}
END_TEST

START_TEST(names_are_given) {
  static const struct {
    const char *set, *first, *last;
  } sets[] = {{"mnist", "0", "9"}, {"fashion-mnist", "T-shirt/top", "Ankle boot"}};
  folder_make();
  write_set(write_plain);
  for (int i = 0; i < 2; i++) {
    struct source source;
    strait_object *object = create_set(sets[i].set, folder, NULL, NULL);
    open_source(&source, object);
    ck_assert_str_eq(source.split[0].class_names[0], sets[i].first);
    ck_assert_str_eq(source.split[0].class_names[9], sets[i].last);
    object_free(object);
  }
  folder_remove();
}
END_TEST

/* A small set whose labels go round from `first` to `last`, under names made of `format` (a printf's, for the split's
 * word, the kind and the end), with the test split called `test`. */
static void write_labelled(const char *format, const char *test, int first, int last) {
  char name[128];
  for (int which = 0; which < 2; which++)
    for (int kind = 0; kind < 2; kind++) {
      const int count = 2 * (last - first + 1);
      size_t bytes = kind ? labels_file(which, count) : images_file(which, count);
      for (int i = 0; kind && i < count; i++)
        buffer[8 + i] = (unsigned char)(first + i % (last - first + 1));
      snprintf(name, sizeof name, format, which ? test : "train", kind ? "labels" : "images", kind ? "idx1" : "idx3");
      char parent[256];
      snprintf(parent, sizeof parent, "%s", in_folder(name));
      *strrchr(parent, '/') = 0;
      ck_assert_int_eq(file_make_folders(parent), STRAIT_OK);
      write_plain(name, buffer, bytes);
    }
}

/* Opens, and checks that class c is label first + c. */
static void check_labelled(const char *set, const char *path, const char *prefix, int first, int classes) {
  struct source source;
  char name[16];
  strait_object *object = create_set(set, path, prefix ? "prefix" : NULL, prefix);
  open_source(&source, object);
  ck_assert_int_eq(source.split[0].classes, classes);
  for (int i = 0; i < 2 * classes; i++) {
    unsigned char read[PIXELS];
    int32_t got;
    ck_assert_int_eq(source_read(&source, STRAIT_TEST, i, &(struct reading){read, sizeof read, 0, 0}, &got, NULL),
                     STRAIT_OK);
    ck_assert_int_eq(got, i % classes);
    ck_assert_uint_eq(read[1], pixel(1, i, 1));
  }
  if (classes != 10 || first) {
    snprintf(name, sizeof name, "%d", first);
    ck_assert_str_eq(source.split[0].class_names[0], name);
    snprintf(name, sizeof name, "%d", first + classes - 1);
    ck_assert_str_eq(source.split[0].class_names[classes - 1], name);
  }
  object_free(object);
}

/* EMNIST's letters are 1 to 26, its classes 0 to 46 or 0 to 61; sets of one's own have what they have. */
START_TEST(any_number_of_classes) {
  static const int range[][2] = {{1, 26}, {0, 46}, {0, 61}, {0, 1}, {3, 3}, {10, 35}, {0, 9}, {1, 9}};
  folder_make();
  for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
    write_labelled("%s-%s-%s-ubyte", "t10k", range[i][0], range[i][1]);
    check_labelled("mnist", folder, NULL, range[i][0], range[i][1] - range[i][0] + 1);
    check_labelled("fashion-mnist", folder, NULL, range[i][0], range[i][1] - range[i][0] + 1);
  }
  folder_remove();
}
END_TEST

START_TEST(classes_that_are_given) {
  struct source source;
  folder_make();
  write_labelled("%s-%s-%s-ubyte", "t10k", 1, 26);
  strait_object *object = create_set("mnist", folder, "classes", "27");
  open_source(&source, object);
  ck_assert_int_eq(source.split[0].classes, 27);
  ck_assert_str_eq(source.split[0].class_names[26], "26");
  int32_t got;
  unsigned char read[PIXELS];
  ck_assert_int_eq(source_read(&source, STRAIT_TEST, 25, &(struct reading){read, sizeof read, 0, 0}, &got, NULL),
                   STRAIT_OK);
  ck_assert_int_eq(got, 26); /* as it is in the file */
  object_free(object);
  object = create_set("mnist", folder, "classes", "26");
  ck_assert_int_eq(source_open(&source, object), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "label 26 of image 25 is outside 0..25"));
  object_free(object);
  folder_remove();
}
END_TEST

START_TEST(names_that_files_have) {
  static const struct {
    const char *format, *test, *below;
  } kinds[] = {{"%s-%s.%s-ubyte", "t10k", ""},
               {"emnist-letters-%s-%s-%s-ubyte", "test", ""},
               {"emnist.mnist.%s.%s.%s.ubyte", "t10k", ""},
               {"raw/%s-%s-%s-ubyte", "t10k", ""},
               {"MNIST/raw/%s-%s-%s-ubyte", "t10k", ""},
               {"EMNIST/raw/emnist-digits-%s-%s-%s-ubyte", "test", "EMNIST"}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    folder_make();
    write_labelled(kinds[i].format, kinds[i].test, 0, 4);
    ck_assert_int_eq(file_make_folders(in_folder("train-images-idx3-ubyte")), STRAIT_OK); /* as some archives have it */
    check_labelled("mnist", in_folder(kinds[i].below), NULL, 0, 5);
    folder_remove();
  }
}
END_TEST

START_TEST(sets_beside_each_other_are_told_apart) {
  char first[64], second[64];
  folder_make();
  write_labelled("emnist-letters-%s-%s-%s-ubyte", "test", 1, 26);
  write_labelled("a-emnist-letters-%s-%s-%s-ubyte", "test", 0, 2);
  open_refuses("mnist", folder, STRAIT_EINVAL, "several sets", "emnist-letters-", "a-emnist-letters-", "dataset.prefix",
               NULL);
  check_labelled("mnist", folder, "emnist-letters", 1, 26);
  check_labelled("mnist", folder, "emnist-letters-", 1, 26);
  check_labelled("mnist", folder, "a-emnist-letters", 0, 3);
  write_labelled("%s-%s-%s-ubyte", "t10k", 0, 6);
  check_labelled("mnist", folder, NULL, 0, 7); /* the one that has MNIST's own names */
  const char *const names[] = {"emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte",
                               "emnist-letters-test-images-idx3-ubyte", "emnist-letters-test-labels-idx1-ubyte", NULL};
  write_tar("all.tar.gz", "gzip", names);
  check_labelled("mnist", in_folder("all.tar.gz"), "emnist-letters", 1, 26);
  snprintf(first, sizeof first, "emnist-letters-test-labels-idx1-ubyte");
  unlink(in_folder(first));
  snprintf(second, sizeof second, "emnist-letters");
  struct source source;
  strait_object *object = create_set("mnist", folder, "prefix", second);
  ck_assert_int_eq(source_open(&source, object), STRAIT_ENOENT);
  ck_assert_ptr_nonnull(strstr(error_text(), "emnist-letters-"));
  object_free(object);
  folder_remove();
}
END_TEST

START_TEST(other_types_are_refused) {
  folder_make();
  write_set(write_plain);
  size_t bytes = labels_file(0, TRAIN);
  buffer[2] = 0x0c;
  write_plain(train_labels, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_ENOTSUP, train_labels, "32-bit integers (type 0c)", NULL);
  bytes = images_file(0, TRAIN);
  buffer[2] = 0x0d;
  write_plain(train_images, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_ENOTSUP, train_images, "floats (type 0d)", NULL);
  folder_remove();
}
END_TEST

START_TEST(missing_files_tell_where_to_get_them) {
  folder_make();
  open_refuses("mnist", folder, STRAIT_ENOENT, "train-images-idx3-ubyte.gz", "https://", folder, NULL);
  open_refuses("mnist", NULL, STRAIT_ENOENT, "t10k-labels-idx1-ubyte.gz", "set dataset.path", NULL);
  open_refuses("mnist", in_folder("nowhere"), STRAIT_ENOENT, "nowhere", NULL);
  open_refuses("fashion-mnist", folder, STRAIT_ENOENT, "dataset-fashion-mnist", folder, NULL);
  write_set(write_plain);
  unlink(in_folder(test_labels));
  open_refuses("mnist", folder, STRAIT_ENOENT, "t10k-labels-idx1-ubyte", NULL);
  folder_remove();
}
END_TEST

START_TEST(damaged_files_are_refused) {
  size_t bytes;
  folder_make();
  write_set(write_plain);
  check_set("mnist", folder);

  bytes = images_file(0, TRAIN);
  write_plain(train_images, buffer, bytes - 1);                                    /* cut short */
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "276", "275", NULL); /* 23 * 12 */
  write_plain(train_images, buffer, 10);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "ends inside its header, after 10 bytes", NULL);
  write_plain(train_images, buffer, 0);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "after 0 bytes", NULL);
  buffer[bytes] = 0;
  write_plain(train_images, buffer, bytes + 1); /* trailing byte */
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "has more data after the 276 bytes", NULL);
  number(4, TRAIN + 1); /* count one too high */
  write_plain(train_images, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "288", "276", NULL);
  number(4, 0xffffffff);
  write_plain(train_images, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "4294967295", "cannot be right", NULL);
  number(4, 0);
  write_plain(train_images, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "dimension 1 is 0", NULL);

  write_plain(train_images, buffer, labels_file(0, TRAIN)); /* labels where images belong */
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "00000801", "00000803", NULL);
  write_plain(train_images, "PK\3\4garbage of some length", 24);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images, "begins with 504b0304", NULL);
  write_plain(train_images, buffer, images_file(0, TRAIN - 1)); /* one image less than labels */
  open_refuses("mnist", folder, STRAIT_EFORMAT, "says 22 for its images", "23 for its labels", train_labels, NULL);

  write_set(write_plain);
  bytes = labels_file(1, TEST);
  buffer[8 + 5] = 10;
  write_plain(test_labels, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_EFORMAT, test_labels, "label 10 of image 5 is outside 0..9", NULL);
  buffer[8 + 5] = 9;
  write_plain(test_labels, buffer, bytes - 2);
  open_refuses("mnist", folder, STRAIT_EFORMAT, test_labels, "9 bytes", "7", NULL);

  write_set(write_plain);
  bytes = images_file(1, TEST);
  number(8, COLUMNS); /* 3 x 4 in the test split */
  number(12, ROWS);
  write_plain(test_images, buffer, bytes);
  open_refuses("mnist", folder, STRAIT_EFORMAT, "1 x 4 x 3", "1 x 3 x 4", NULL);
  folder_remove();
}
END_TEST

START_TEST(damaged_gz_files_are_refused) {
  char *data;
  size_t length;
  folder_make();
  write_set(write_gz);
  const char *name = "train-images-idx3-ubyte.gz";
  ck_assert_int_eq(file_read(in_folder(name), 1 << 20, &data, &length), STRAIT_OK);
  write_plain(name, data, length / 2);
  open_refuses("mnist", folder, STRAIT_EFORMAT, name, "too early", NULL);
  data[length / 2] ^= 0x55;
  write_plain(name, data, length);
  open_refuses("mnist", folder, STRAIT_EFORMAT, name, NULL);
  memory_free(data);
  folder_remove();
}
END_TEST

/* Images that lie in two pieces of memory, and files that end where a piece does. */
START_TEST(large_files) {
  static const int sides[][2] = {{4096, 4096}, {3000, 3001}};
  const int64_t count = 3, pixels = (int64_t)sides[_i][0] * sides[_i][1];
  unsigned char *read = memory_alloc(1, (size_t)pixels), *written = memory_alloc(1, (size_t)(16 + count * pixels));
  ck_assert(read && written);
  number(number(number(number(0, 0x803), (unsigned)count), (unsigned)sides[_i][0]), (unsigned)sides[_i][1]);
  memcpy(written, buffer, 16);
  for (int64_t e = 0; e < count * pixels; e++)
    written[16 + e] = (unsigned char)(e * 7 + e / 4099);
  folder_make();
  write_plain(train_images, written, (size_t)(16 + count * pixels));
  write_plain(test_images, written, (size_t)(16 + count * pixels));
  write_plain(train_labels, buffer, labels_file(0, (int)count));
  write_plain(test_labels, buffer, labels_file(1, (int)count));
  struct source source;
  strait_object *object = create_set("mnist", folder, "classes", "10");
  open_source(&source, object);
  for (int i = (int)count - 1; i >= 0; i--) {
    struct reading reading = {read, (size_t)pixels, 0, 0};
    int32_t got;
    ck_assert_msg(source_read(&source, STRAIT_TEST, i, &reading, &got, NULL) == STRAIT_OK, "%s", error_text());
    ck_assert_int_eq(got, label(1, i));
    ck_assert_mem_eq(read, written + 16 + i * pixels, (size_t)pixels);
  }
  object_free(object);
  memory_free(read);
  memory_free(written);
  folder_remove();
}
END_TEST

static long most_memory(void) {
  struct rusage usage;
  ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
  return usage.ru_maxrss;
}

/* 19 bytes that promise a gigabyte do not cost one. */
START_TEST(a_header_is_not_believed) {
  folder_make();
  write_set(write_plain);
  const long before = most_memory();
  number(number(number(number(0, 0x803), 1024), 1024), 1024);
  write_plain(train_images, buffer, 19);
  open_refuses("mnist", folder, STRAIT_EFORMAT, train_images,
               "its header says 1073741824 bytes of data, the file has 3", NULL);
  ck_assert_int_lt(most_memory() - before, 100000); /* kB; with the tools that watch memory, several times a piece */
  folder_remove();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("IDX");
  TCase *tests = tcase_create("IDX");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, plain_and_gz_and_tar);
  tcase_add_test(tests, the_fingerprint_is_of_the_bytes);
  tcase_add_test(tests, names_are_given);
  tcase_add_test(tests, any_number_of_classes);
  tcase_add_test(tests, classes_that_are_given);
  tcase_add_test(tests, names_that_files_have);
  tcase_add_test(tests, sets_beside_each_other_are_told_apart);
  tcase_add_test(tests, other_types_are_refused);
  tcase_add_test(tests, missing_files_tell_where_to_get_them);
  tcase_add_test(tests, damaged_files_are_refused);
  tcase_add_test(tests, damaged_gz_files_are_refused);
  tcase_add_loop_test(tests, large_files, 0, 2);
  tcase_add_test(tests, a_header_is_not_believed);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
