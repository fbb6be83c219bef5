/* fashion-mnist as Debian ships it: counts, and the published mean and deviation. Skipped (77) where it is not
 * installed. */
#include <config.h>

#include <math.h>

#include "files.h"

/* Its documentation: 60,000 and 10,000 images, each class equally often. The published normalisation is .2860, .3530;
 * so the normalised training set has mean 0 and deviation 1 to .00005 / .353 = .00014. */
START_TEST(the_published_counts_and_moments) {
  strait_object *object = create_set("fashion-mnist", NULL, NULL, NULL);
  struct data *data;
  struct feeder *feeder;
  struct batch batch;
  int64_t histogram[10] = {0}, n = 0;
  double sum = 0, squares = 0;
  struct data_keys keys = {.normalise = "dataset"};
  ck_assert_msg(data_open(&data, object, registry, &keys, 1) == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 60000);
  ck_assert_int_eq(data_count(data, SPLIT_TEST), 10000);
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 500, .shuffle = 1};
  ck_assert_int_eq(feeder_create(&feeder, data, &feeding), STRAIT_OK);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  while (feeder_next(feeder, &batch) == STRAIT_OK && batch.samples) {
    for (int64_t i = 0; i < batch.samples * 784; i++) {
      sum += (double)batch.x[i];
      squares += (double)batch.x[i] * (double)batch.x[i];
    }
    for (int64_t i = 0; i < batch.samples; i++)
      histogram[((const int32_t *)batch.target)[i]]++;
    n += batch.samples;
  }
  ck_assert_int_eq(n, 60000);
  for (int c = 0; c < 10; c++)
    ck_assert_int_eq(histogram[c], 6000);
  ck_assert_double_le(fabs(sum / 60000 / 784), .0003);
  ck_assert_double_le(fabs(squares / 60000 / 784 - 1), .0006);
  feeder_free(feeder);
  data_free(data);
  object_free(object);
}
END_TEST

int main(void) {
  if (!file_exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) {
    printf("skipped: Debian's package dataset-fashion-mnist is not installed\n");
    return 77;
  }
  Suite *suite = suite_create("fashion-mnist");
  TCase *tests = tcase_create("fashion-mnist");
  tcase_set_timeout(tests, 300); /* of a run under valgrind */
  tcase_add_test(tests, the_published_counts_and_moments);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
