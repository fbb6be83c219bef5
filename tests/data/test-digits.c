/* digits: the samples held in the plugin against the published files they were made from, read here independently. */
#include <config.h>

#include <pthread.h>

#include "files.h"

/* The files have 64 numbers and a digit a line. */
static void check_file(const struct source *source, int which, const char *name, int expected_count,
                       const int64_t *expected_histogram, int64_t expected_sum) {
  char path[1024];
  float pixels[64];
  int32_t label;
  int64_t histogram[10] = {0}, sum = 0;
  int number, index = 0;
  const char *top = getenv("srcdir");
  snprintf(path, sizeof path, "%s/datasets/digits/%s", top ? top : ".", name);
  FILE *file = fopen(path, "r");
  ck_assert_msg(file != NULL, "cannot open %s", path);
  for (; fscanf(file, "%d", &number) == 1; index++) {
    ck_assert_msg(source_read(source, which, index, &(struct reading){(unsigned char *)pixels, sizeof pixels, 0, 0},
                              &label, NULL) == STRAIT_OK,
                  "%s", error_text());
    for (int e = 0; e < 64; e++) {
      ck_assert_float_eq(pixels[e], (float)number / 16);
      sum += number;
      ck_assert_int_eq(fscanf(file, ",%d", &number), 1);
    }
    ck_assert_int_eq(label, number);
    histogram[number]++;
  }
  fclose(file);
  ck_assert_int_eq(index, expected_count);
  ck_assert_int_eq(source->split[which].count, expected_count);
  ck_assert_int_eq(sum, expected_sum);
  for (int c = 0; c < 10; c++)
    ck_assert_int_eq(histogram[c], expected_histogram[c]);
}

/* Counts of the classes as the data's own documentation (optdigits.names) gives them; sums of all pixels by numpy. */
START_TEST(all_samples_are_the_published_ones) {
  static const int64_t train[10] = {376, 389, 380, 389, 387, 376, 377, 387, 380, 382},
                       test[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
  struct source source;
  strait_object *object = create_set("digits", NULL, NULL, NULL);
  open_source(&source, object);
  ck_assert_int_eq(source.split[0].rank, 3);
  ck_assert_int_eq(source.elements, 64);
  ck_assert_str_eq(source.split[0].class_names[7], "7");
  check_file(&source, STRAIT_TRAIN, "optdigits.tra", 3823, train, 1204758);
  check_file(&source, STRAIT_TEST, "optdigits.tes", 1797, test, 561718);
  object_free(object);
}
END_TEST

/* The mean and deviation of all training pixels by numpy: 0.307748, 0.377280. Normalised, they must be 0 and 1 to the
 * four digits that the plugin gives: .00005 / .377 = .00013 each. */
START_TEST(normalised_data_has_mean_0_and_deviation_1) {
  strait_object *object = create_set("digits", NULL, NULL, NULL);
  struct data *data;
  struct feeder *feeder;
  struct batch batch;
  double sum = 0, squares = 0, n = 0;
  struct data_keys keys = {.normalise = "dataset"};
  ck_assert_msg(data_open(&data, object, registry, &keys, 1) == STRAIT_OK, "%s", error_text());
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 100};
  ck_assert_int_eq(feeder_create(&feeder, data, &feeding), STRAIT_OK);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  while (feeder_next(feeder, &batch) == STRAIT_OK && batch.samples) {
    for (int64_t i = 0; i < batch.samples * 64; i++) {
      sum += (double)batch.x[i];
      squares += (double)batch.x[i] * (double)batch.x[i];
      n++;
    }
  }
  ck_assert_double_eq(n, 3823. * 64);
  ck_assert_double_le(sum / n < 0 ? -sum / n : sum / n, .0003);
  ck_assert_double_le(squares / n - 1 < 0 ? 1 - squares / n : squares / n - 1, .0006);
  feeder_free(feeder);
  data_free(data);
  object_free(object);
}
END_TEST

struct job {
  const struct source *source;
  int start;
  double sum;
};
static void *read_all(void *context) {
  struct job *job = context;
  float pixels[64];
  int32_t label;
  for (int i = 0; i < 1797; i++) {
    int index = (job->start + i * 611) % 1797; /* 611 and 1797 have no common divisor: every sample once */
    if (source_read(job->source, STRAIT_TEST, index, &(struct reading){(unsigned char *)pixels, sizeof pixels, 0, 0},
                    &label, NULL) < 0)
      return context;
    for (int e = 0; e < 64; e++)
      job->sum += (double)pixels[e] * (index + 1) * (e + 1);
  }
  return NULL;
}

/* Sums of integers over 16, exact in double in any order: so equality is exact. */
START_TEST(threads_read_the_same_in_any_order) {
  struct source source;
  struct job jobs[4];
  pthread_t threads[4];
  void *failed;
  strait_object *object = create_set("digits", NULL, NULL, NULL);
  open_source(&source, object);
  for (int i = 0; i < 4; i++) {
    jobs[i] = (struct job){&source, i * 450, 0};
    ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all, &jobs[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
    ck_assert_ptr_null(failed);
    ck_assert_double_eq(jobs[i].sum, jobs[0].sum);
  }
  ck_assert_double_gt(jobs[0].sum, 0);
  object_free(object);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("digits");
  TCase *tests = tcase_create("digits");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, all_samples_are_the_published_ones);
  tcase_add_test(tests, normalised_data_has_mean_0_and_deviation_1);
  tcase_add_test(tests, threads_read_the_same_in_any_order);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
