/* Normalisation, layout and augmentation: what the network is given, against the definitions written out here. */
#include <config.h>

#include <math.h>

#include "data/transform.h"
#include "plugin/registry.h"

#include "fake.h"

enum { C = 3, H = 5, W = 6, ELEMENTS = C * H * W };

/* The batch element (y, x, c) of training sample i, by definition: rounding differs by at most one unit in the last
 * place of an exactly rounded result, hence the tolerance of 1e-6 for values up to 6. */
static double expected(int64_t i, int c, int y, int x, double mean, double deviation) {
  return (fake_byte(STRAIT_TRAIN, i, (c * H + y) * W + x) / 255. - mean) / deviation;
}

static void check_normalised(const char *normalise, uint32_t element, const float *mean, const float *deviation) {
  static float x[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  fake->split[0].element = fake->split[1].element = element;
  keys.normalise = normalise;
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder = feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 33});
  ck_assert_int_eq(feeder_batches(feeder), 4); /* 33 + 33 + 33 + 1 */
  ck_assert_int_eq(collect(feeder, 1, 0, ELEMENTS, x, NULL), 100);
  for (int i = 0; i < 100; i++) {
    for (int y = 0; y < H; y++) {
      for (int column = 0; column < W; column++) {
        for (int c = 0; c < C; c++) {
          double want = expected(i, c, y, column, (double)mean[c], (double)deviation[c]);
          ck_assert_double_le(fabs((double)x[((i * H + y) * W + column) * C + c] - want), 1e-6);
        }
      }
    }
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}

START_TEST(images_are_normalised_and_interleaved) {
  static const float zero[] = {0, 0, 0}, one[] = {1, 1, 1}, half[] = {.5f, .5f, .5f}, third[] = {.3f, .3f, .3f},
                     means[] = {.1f, .2f, .3f}, deviations[] = {.4f, 1.5f, 2};
  static const uint32_t elements[] = {STRAIT_U8, STRAIT_F32};
  for (int i = 0; i < 2; i++) {
    check_normalised("dataset", elements[i], fake_mean, fake_deviation);
    check_normalised("none", elements[i], zero, one);
    check_normalised(".5 / .3", elements[i], half, third);
    check_normalised(".1 .2 .3 / .4 1.5 2", elements[i], means, deviations);
    check_normalised(" .1  .2 .3/.4 1.5 2 ", elements[i], means, deviations);
  }
}
END_TEST

START_TEST(mean_and_deviation_are_told) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  for (int c = 0; c < 3; c++) {
    ck_assert_float_eq(data_mean(data)[c], fake_mean[c]);
    ck_assert_float_eq(data_deviation(data)[c], fake_deviation[c]);
  }
  data_free(data);
  keys.normalise = "none";
  data = open_with(fake, &keys, 1);
  ck_assert_ptr_null(data_mean(data));
  ck_assert_ptr_null(data_deviation(data));
  data_free(data);
  fake_free(fake);
}
END_TEST

/* The numbers of shipped data sets: .4914 .4822 .4465 / .2023 .1994 .2010 are CIFAR-10's in every published recipe,
 * .1307 / .3081 MNIST's. */
START_TEST(another_set_s_numbers_by_name) {
  struct registry *registry;
  struct data *data;
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
  keys.normalise = "cifar10";
  ck_assert_msg(data_open(&data, &fake->object, registry, &keys, 1) == STRAIT_OK, "%s", error_text());
  ck_assert_float_eq(data_mean(data)[0], .4914f);
  ck_assert_float_eq(data_mean(data)[2], .4465f);
  ck_assert_float_eq(data_deviation(data)[1], .1994f);
  data_free(data);
  keys.normalise = "mnist"; /* one channel's numbers serve all */
  ck_assert_msg(data_open(&data, &fake->object, registry, &keys, 1) == STRAIT_OK, "%s", error_text());
  ck_assert_float_eq(data_mean(data)[2], .1307f);
  ck_assert_float_eq(data_deviation(data)[2], .3081f);
  data_free(data);
  keys.normalise = "mnits";
  ck_assert_int_eq(data_open(&data, &fake->object, registry, &keys, 1), STRAIT_ENOENT);
  ck_assert_ptr_nonnull(strstr(error_text(), "normalise = mnits"));
  ck_assert_ptr_nonnull(strstr(error_text(), "mnist"));
  fake->split[0].dims[0] = fake->split[1].dims[0] = 2;
  keys.normalise = "cifar10";
  ck_assert_int_eq(data_open(&data, &fake->object, registry, &keys, 1), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "3 means and deviations for 2 channels"));
  registry_free(registry);
  fake_free(fake);
}
END_TEST

START_TEST(bad_numbers_are_refused) {
  static const char *const texts[] = {".1 .2 / .3 .4", "/",    ".1 .2 .3 / .1 .2", ".5 / 0", ".5 / -1",
                                      "inf / 1",       "a / b"};
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    keys.normalise = texts[i];
    refuses(fake, &keys, STRAIT_EINVAL, "normalise = ");
  }
  fake_free(fake);
}
END_TEST

/* Vectors stay as they are; means and deviations are a number a feature. */
START_TEST(vectors_are_normalised) {
  static float x[100 * 4];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  for (int which = 0; which < 2; which++) {
    fake->split[which].rank = 1;
    fake->split[which].dims[0] = 4;
    fake->split[which].dims[1] = 0;
  }
  keys.normalise = ".1 .2 .3 .4 / 1 2 3 4";
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder = feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 8});
  ck_assert_int_eq(collect(feeder, 1, 0, 4, x, NULL), 100);
  for (int i = 0; i < 100; i++) {
    for (int e = 0; e < 4; e++) {
      double want = (fake_byte(STRAIT_TRAIN, i, e) / 255. - .1 * (e + 1)) / (e + 1);
      ck_assert_double_le(fabs((double)x[4 * i + e] - want), 1e-6);
    }
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* The image after crop at (row, column) of the zero-padded raw image and a flip, normalised, written out element by
 * element. */
static int is_shifted(const float *x, int64_t i, int row, int column, int flip) {
  for (int y = 0; y < H; y++) {
    for (int at = 0; at < W; at++) {
      int from_y = y + row - 4, from_x = (flip ? W - 1 - at : at) + column - 4;
      int inside = from_y >= 0 && from_y < H && from_x >= 0 && from_x < W;
      for (int c = 0; c < C; c++) {
        double want = inside ? expected(i, c, from_y, from_x, (double)fake_mean[c], (double)fake_deviation[c])
                             : (0 - (double)fake_mean[c]) / (double)fake_deviation[c];
        if (fabs((double)x[(y * W + at) * C + c] - want) > 1e-6)
          return 0;
      }
    }
  }
  return 1;
}

/* Counts which of the 9*9*2 possibilities each augmented image is. */
static void count_shifts(uint32_t element, const char *const *words, size_t n, int counts[9][9][2]) {
  static float x[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  fake->split[0].element = fake->split[1].element = element;
  keys.augment = (strait_strings){n, words};
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder =
      feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 32, .augment = 1, .augment_seed = 3});
  memset(counts, 0, 9 * 9 * 2 * sizeof(int));
  for (int epoch = 1; epoch <= 20; epoch++) {
    ck_assert_int_eq(collect(feeder, epoch, 0, ELEMENTS, x, NULL), 100);
    for (int i = 0; i < 100; i++) {
      int found = 0;
      for (int s = 0; s < 9 * 9 * 2 && !found; s++) {
        found = is_shifted(x + i * ELEMENTS, i, s / 18, s / 2 % 9, s % 2);
        counts[s / 18][s / 2 % 9][s % 2] += found;
      }
      ck_assert_msg(found, "epoch %d, image %d is none of the possibilities", epoch, i);
    }
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}

/* 2000 draws: each row and column has mean 222, deviation 14.05; each flip 1000, deviation 22.4; 5 deviations. Some
 * pairs of crops show the same image (all padding but equal rows); the formulas of fake.h make that impossible for
 * these sizes only where an element is left, which every crop here has. */
START_TEST(crops_and_flips_are_uniform) {
  static const char *const words[] = {"crop", "flip"};
  static const uint32_t elements[] = {STRAIT_U8, STRAIT_F32};
  int counts[9][9][2];
  for (int e = 0; e < 2; e++) {
    int flips = 0;
    count_shifts(elements[e], words, 2, counts);
    for (int a = 0; a < 9; a++) {
      int rows = 0, columns = 0, flipped = 0;
      for (int b = 0; b < 9; b++) {
        rows += counts[a][b][0] + counts[a][b][1];
        flipped += counts[a][b][1];
        columns += counts[b][a][0] + counts[b][a][1];
        flips += counts[a][b][1];
      }
      ck_assert_double_le(fabs(rows - 2000 / 9.), 5 * 14.05);
      ck_assert_double_le(fabs(columns - 2000 / 9.), 5 * 14.05);
      ck_assert_double_le(fabs(flipped - 1000 / 9.), 5 * 10.25); /* in each row alike: n = 2000, p = 1/18 */
    }
    ck_assert_double_le(fabs(flips - 1000.), 5 * 22.4);
  }
}
END_TEST

START_TEST(each_word_does_its_own) {
  static const char *const flip[] = {"flip"}, *const crop[] = {"crop"}, *const none[] = {"none"};
  int counts[9][9][2];
  count_shifts(STRAIT_U8, flip, 1, counts);
  ck_assert_int_eq(counts[4][4][0] + counts[4][4][1], 2000);
  ck_assert_int_gt(counts[4][4][1], 800);
  count_shifts(STRAIT_U8, crop, 1, counts);
  for (int s = 0; s < 81; s++)
    ck_assert_int_eq(counts[s / 9][s % 9][1], 0);
  ck_assert_int_lt(counts[4][4][0], 100);
  count_shifts(STRAIT_U8, none, 1, counts);
  ck_assert_int_eq(counts[4][4][0], 2000);
}
END_TEST

/* The draw belongs to (seed, epoch, sample): the order of the batches does not matter. */
START_TEST(augmentation_follows_the_sample) {
  static const char *const words[] = {"crop", "flip"};
  static float straight[100 * ELEMENTS], shuffled[100 * ELEMENTS], other[100 * ELEMENTS];
  int64_t order[100];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.augment = (strait_strings){2, words};
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 10, .augment = 1, .augment_seed = 3, .order_seed = 8};
  struct feeder *feeder = feed(data, &feeding);
  collect(feeder, 2, 0, ELEMENTS, straight, NULL);
  collect(feeder, 3, 0, ELEMENTS, other, NULL);
  ck_assert_int_ne(memcmp(straight, other, sizeof other), 0);
  feeder_free(feeder);
  feeding.shuffle = 1;
  feeding.batch = 7;
  feeder = feed(data, &feeding);
  collect(feeder, 2, 0, ELEMENTS, shuffled, NULL);
  feeder_order(feeder, 2, order);
  for (int i = 0; i < 100; i++)
    ck_assert_mem_eq(shuffled + i * ELEMENTS, straight + order[i] * ELEMENTS, ELEMENTS * sizeof(float));
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* What is drawn is what is done: row and column say where the crop begins in the padded image. */
START_TEST(the_crop_is_the_one_drawn) {
  static const char *const words[] = {"crop", "flip"};
  static float x[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.augment = (strait_strings){2, words};
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder =
      feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 10, .augment = 1, .augment_seed = 3});
  struct stream stream = stream_of(3, "augment", 2);
  collect(feeder, 2, 0, ELEMENTS, x, NULL);
  for (int i = 0; i < 100; i++) {
    struct shift shift = shift_draw(&stream, i, 1, 1);
    ck_assert(is_shifted(x + i * ELEMENTS, i, shift.row, shift.column, shift.flip));
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(bad_augment_words_are_refused) {
  static const char *const typo[] = {"flop"}, *const both[] = {"crop", "none"}, *const crop[] = {"crop"};
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.augment = (strait_strings){1, typo};
  refuses(fake, &keys, STRAIT_EINVAL, "did you mean \"flip\"");
  keys.augment = (strait_strings){2, both};
  refuses(fake, &keys, STRAIT_EINVAL, "stands alone");
  fake->split[0].rank = fake->split[1].rank = 1;
  keys.normalise = "none";
  keys.augment = (strait_strings){1, crop};
  refuses(fake, &keys, STRAIT_EINVAL, "are not images");
  fake_free(fake);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("transform");
  TCase *tests = tcase_create("transform");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, images_are_normalised_and_interleaved);
  tcase_add_test(tests, mean_and_deviation_are_told);
  tcase_add_test(tests, another_set_s_numbers_by_name);
  tcase_add_test(tests, bad_numbers_are_refused);
  tcase_add_test(tests, vectors_are_normalised);
  tcase_add_test(tests, crops_and_flips_are_uniform);
  tcase_add_test(tests, each_word_does_its_own);
  tcase_add_test(tests, augmentation_follows_the_sample);
  tcase_add_test(tests, the_crop_is_the_one_drawn);
  tcase_add_test(tests, bad_augment_words_are_refused);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
