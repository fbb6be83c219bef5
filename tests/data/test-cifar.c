/* cifar10 and cifar100: files of the published sizes made here (all zero but where a test looks, and sparse), in a
 * folder and in a tar.gz, and every way they can be damaged. */
#include <config.h>

#include <fcntl.h>

#include "files.h"

enum { IMAGE = 3072 };

static const char *const cifar10_files[] = {
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
    "data_batch_5.bin", "test_batch.bin",   "batches.meta.txt", NULL};
static const char *const cifar100_files[] = {"train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt",
                                             NULL};

static void write_sparse(const char *name, off_t bytes) {
  int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(ftruncate(fd, bytes), 0);
  close(fd);
}
static void put(const char *name, off_t at, const void *data, size_t bytes) {
  int fd = open(in_folder(name), O_WRONLY);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(pwrite(fd, data, bytes, at), (ssize_t)bytes);
  close(fd);
}

static unsigned char pixel(int seed, int e) { return (unsigned char)(seed * 31 + e * 7 + e / 251); }
/* Writes record `index` of a file: its label bytes, then an image that `seed` tells apart. */
static void put_record(const char *name, int64_t index, int labels, const unsigned char *label, int seed) {
  unsigned char record[2 + IMAGE];
  memcpy(record, label, (size_t)labels);
  for (int e = 0; e < IMAGE; e++)
    record[labels + e] = pixel(seed, e);
  put(name, index * (labels + IMAGE), record, (size_t)(labels + IMAGE));
}

static void check_record(const struct source *source, int which, int64_t index, int label, int seed) {
  unsigned char read[IMAGE];
  int32_t got;
  ck_assert_msg(source_read(source, which, index, &(struct reading){(unsigned char *)read, sizeof read, 0, 0}, &got,
                            NULL) == STRAIT_OK,
                "%s", error_text());
  ck_assert_int_eq(got, label);
  for (int e = 0; e < IMAGE; e++)
    ck_assert_uint_eq(read[e], seed < 0 ? 0 : pixel(seed, e));
}

static void write_cifar10(void) {
  folder_make();
  for (int i = 0; i < 6; i++)
    write_sparse(cifar10_files[i], 10000 * (1 + IMAGE));
  put_record("data_batch_1.bin", 0, 1, (const unsigned char[]){6}, 1);
  put_record("data_batch_1.bin", 9999, 1, (const unsigned char[]){9}, 2);
  put_record("data_batch_4.bin", 17, 1, (const unsigned char[]){3}, 3);
  put_record("data_batch_5.bin", 9999, 1, (const unsigned char[]){1}, 4);
  put_record("test_batch.bin", 5, 1, (const unsigned char[]){8}, 5);
  static const char names[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
  write_plain("batches.meta.txt", names, sizeof names - 1);
}

static void check_cifar10(const char *path, int named) {
  struct source source;
  strait_object *object = create_set("cifar10", path, NULL, NULL);
  open_source(&source, object);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].count, 50000);
  ck_assert_int_eq(source.split[STRAIT_TEST].count, 10000);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].classes, 10);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].dims[0], 3);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].dims[1], 32);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].dims[2], 32);
  check_record(&source, STRAIT_TRAIN, 0, 6, 1);
  check_record(&source, STRAIT_TRAIN, 9999, 9, 2);
  check_record(&source, STRAIT_TRAIN, 30017, 3, 3);
  check_record(&source, STRAIT_TRAIN, 49999, 1, 4);
  check_record(&source, STRAIT_TRAIN, 10000, 0, -1);
  check_record(&source, STRAIT_TEST, 5, 8, 5);
  if (named) {
    ck_assert_str_eq(source.split[0].class_names[0], "airplane");
    ck_assert_str_eq(source.split[1].class_names[9], "truck");
  } else
    ck_assert_ptr_null(source.split[0].class_names);
  object_free(object);
}

START_TEST(cifar10_from_a_folder_and_the_archive) {
  write_cifar10();
  check_cifar10(folder, 1);
  write_tar("cifar-10-binary.tar.gz", "cifar-10-batches-bin", cifar10_files);
  check_cifar10(in_folder("cifar-10-binary.tar.gz"), 1);
  unlink(in_folder("batches.meta.txt"));
  check_cifar10(folder, 0);
  folder_remove();
}
END_TEST

START_TEST(cifar10_damaged) {
  const off_t bytes = 10000 * (1 + IMAGE);
  write_cifar10();
  write_sparse("data_batch_3.bin", bytes - 1);
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "data_batch_3.bin", "30729999 bytes", "10000 images of 3073", NULL);
  write_sparse("data_batch_3.bin", bytes - 1 - IMAGE); /* a whole image is missing */
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "data_batch_3.bin", "30726927 bytes", NULL);
  write_sparse("data_batch_3.bin", 0);
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "data_batch_3.bin", "0 bytes", NULL);
  write_sparse("data_batch_3.bin", bytes + 1);
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "data_batch_3.bin", "has more data after 10000 images", NULL);
  write_sparse("data_batch_3.bin", bytes);
  put("test_batch.bin", 77 * (1 + IMAGE), "\12", 1);
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "test_batch.bin", "label 10 of image 77 is outside 0..9", NULL);
  put("test_batch.bin", 77 * (1 + IMAGE), "\11", 1);
  write_plain("batches.meta.txt", "cat\ndog\n", 8);
  open_refuses("cifar10", folder, STRAIT_EFORMAT, "batches.meta.txt", "2 names for 10 classes", NULL);
  unlink(in_folder("batches.meta.txt"));
  unlink(in_folder("data_batch_5.bin"));
  open_refuses("cifar10", folder, STRAIT_ENOENT, "data_batch_5.bin", "cs.toronto.edu", NULL);
  open_refuses("cifar10", in_folder("nowhere"), STRAIT_ENOENT, "nowhere", NULL);
  open_refuses("cifar10", NULL, STRAIT_ENOENT, "set dataset.path", NULL);
  folder_remove();
}
END_TEST

START_TEST(a_cut_archive_is_refused) {
  char *data;
  size_t length;
  write_cifar10();
  write_tar("cifar.tar.gz", "cifar-10-batches-bin", cifar10_files);
  ck_assert_int_eq(file_read(in_folder("cifar.tar.gz"), (int64_t)1 << 30, &data, &length), STRAIT_OK);
  write_plain("cifar.tar.gz", data, length * 2 / 3);
  open_refuses("cifar10", in_folder("cifar.tar.gz"), STRAIT_EFORMAT, "cifar.tar.gz", NULL);
  memory_free(data);
  folder_remove();
}
END_TEST

static void write_cifar100(void) {
  folder_make();
  write_sparse("train.bin", 50000 * (2 + IMAGE));
  write_sparse("test.bin", 10000 * (2 + IMAGE));
  put_record("train.bin", 12345, 2, (const unsigned char[]){19, 99}, 1);
  put_record("test.bin", 9999, 2, (const unsigned char[]){4, 30}, 2);
  FILE *fine = fopen(in_folder("fine_label_names.txt"), "w"), *coarse = fopen(in_folder("coarse_label_names.txt"), "w");
  for (int i = 0; i < 100; i++)
    fprintf(fine, "fine %d\n", i);
  for (int i = 0; i < 20; i++)
    fprintf(coarse, "coarse %d\n", i);
  fclose(fine);
  fclose(coarse);
}

static void check_cifar100(const char *path, const char *labels) {
  struct source source;
  const int fine = !strcmp(labels, "fine");
  strait_object *object = create_set("cifar100", path, "dataset.labels", labels);
  open_source(&source, object);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].count, 50000);
  ck_assert_int_eq(source.split[STRAIT_TEST].count, 10000);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].classes, fine ? 100 : 20);
  ck_assert_str_eq(source.split[0].class_names[19], fine ? "fine 19" : "coarse 19");
  check_record(&source, STRAIT_TRAIN, 12345, fine ? 99 : 19, 1);
  check_record(&source, STRAIT_TEST, 9999, fine ? 30 : 4, 2);
  check_record(&source, STRAIT_TRAIN, 0, 0, -1);
  object_free(object);
}

START_TEST(cifar100_fine_and_coarse) {
  write_cifar100();
  check_cifar100(folder, "fine");
  check_cifar100(folder, "coarse");
  write_tar("cifar-100-binary.tar.gz", "cifar-100-binary", cifar100_files);
  check_cifar100(in_folder("cifar-100-binary.tar.gz"), "fine");
  folder_remove();
}
END_TEST

START_TEST(cifar100_damaged) {
  write_cifar100();
  put("train.bin", 7 * (2 + IMAGE) + 1, "\144", 1); /* fine label 100 */
  open_refuses("cifar100", folder, STRAIT_EFORMAT, "train.bin", "label 100 of image 7 is outside 0..99", NULL);
  write_sparse("train.bin", 50000 * (1 + IMAGE)); /* records of the wrong size */
  open_refuses("cifar100", folder, STRAIT_EFORMAT, "train.bin", "153650000 bytes", "50000 images of 3074", NULL);
  unlink(in_folder("train.bin"));
  open_refuses("cifar100", folder, STRAIT_ENOENT, "train.bin", "cifar-100-binary.tar.gz", NULL);
  folder_remove();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("CIFAR");
  TCase *tests = tcase_create("CIFAR");
  tcase_set_timeout(tests, 300); /* of a run under valgrind */
  tcase_add_test(tests, cifar10_from_a_folder_and_the_archive);
  tcase_add_test(tests, cifar10_damaged);
  tcase_add_test(tests, a_cut_archive_is_refused);
  tcase_add_test(tests, cifar100_fine_and_coarse);
  tcase_add_test(tests, cifar100_damaged);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
