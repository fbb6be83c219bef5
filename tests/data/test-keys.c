/* The data keys: limit, balanced limit, holdout, label noise, broken samples, and what is refused. Expected values come
 * from the formulas of fake.h. */
#include <config.h>

#include <math.h>

#include "base/log.h"

#include "fake.h"

START_TEST(tables_are_sound) {
  ck_assert_msg(options_check(&data_options, sizeof(struct data_keys)) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(options_check(&seeds_options, sizeof(struct seeds)) == STRAIT_OK, "%s", error_text());
}
END_TEST

START_TEST(one_seed_sets_all_unless_overridden) {
  struct seeds seeds;
  struct arena *arena = arena_create();
  memset(&seeds, 0, sizeof seeds);
  ck_assert_int_eq(options_default(&seeds_options, &seeds, arena), STRAIT_OK);
  ck_assert_uint_eq(seed_of(&seeds, seeds.init), 1);
  struct setting setting = {.key = "seed.order", .value = "7"};
  ck_assert_int_eq(options_set(&seeds_options, &seeds, "seed.order", &setting, arena), STRAIT_OK);
  seeds.seed = 5;
  ck_assert_uint_eq(seed_of(&seeds, seeds.order), 7);
  ck_assert_uint_eq(seed_of(&seeds, seeds.augment), 5);
  seeds.noise = 0; /* a seed like any other */
  ck_assert_uint_eq(seed_of(&seeds, seeds.noise), 0);
  arena_free(arena);
}
END_TEST

START_TEST(everything_is_used_by_default) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  int32_t labels[100];
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 100);
  ck_assert_int_eq(data_count(data, SPLIT_VALIDATION), 0);
  ck_assert_int_eq(data_count(data, SPLIT_TEST), 20);
  ck_assert_int_eq(data_describe(data)->count, 100);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, labels), 100);
  for (int i = 0; i < 100; i++)
    ck_assert_int_eq(labels[i], i % 10);
  ck_assert_str_eq(split_name(SPLIT_TRAIN), "train");
  ck_assert_str_eq(split_name(SPLIT_VALIDATION), "validation");
  ck_assert_str_eq(split_name(SPLIT_TEST), "test");
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(limit_then_holdout) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int32_t labels[100];
  keys.limit = 47;
  keys.holdout = 5;
  struct data *data = open_with(fake, &keys, 1);
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 42);
  ck_assert_int_eq(data_count(data, SPLIT_VALIDATION), 5);
  ck_assert_int_eq(data_count(data, SPLIT_TEST), 20);
  ck_assert_int_eq(split_labels(data, SPLIT_VALIDATION, labels), 5);
  for (int i = 0; i < 5; i++)
    ck_assert_int_eq(labels[i], (42 + i) % 10);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* 1 of 4 samples is of class 1: the first 8 of it are 0, 4, ..., 28; the first 8 of class 0 are 1 2 3 5 6 7 9 10. */
START_TEST(balanced_limit_takes_the_first_of_each_class) {
  static const int expected[16] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1};
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int32_t labels[100];
  fake->skew = 4;
  fake->split[0].classes = fake->split[1].classes = 2;
  keys.limit = 16;
  keys.balanced = 1;
  struct data *data = open_with(fake, &keys, 1);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, labels), 16);
  for (int i = 0; i < 16; i++)
    ck_assert_int_eq(labels[i], expected[i]);
  data_free(data);

  keys.limit = 60; /* class 1 has 25 */
  refuses(fake, &keys, STRAIT_EINVAL, "class 1 of data set fake has 25");
  keys.limit = 15;
  refuses(fake, &keys, STRAIT_EINVAL, "multiple");
  fake_free(fake);
}
END_TEST

START_TEST(limits_out_of_reach_are_refused) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.limit = 101;
  refuses(fake, &keys, STRAIT_EINVAL, "has 100 training samples");
  keys.limit = 50;
  keys.holdout = 50;
  refuses(fake, &keys, STRAIT_EINVAL, "holdout = 50 leaves nothing of 50");
  fake_free(fake);
}
END_TEST

/* How many of each of 10 classes a split has. */
static void count_classes(const struct data *data, int split, int counts[10]) {
  int32_t labels[1000];
  int64_t n = split_labels(data, split, labels);
  memset(counts, 0, 10 * sizeof *counts);
  for (int64_t i = 0; i < n; i++)
    counts[labels[i]]++;
}

static char said[2048];
static void hear(void *context, unsigned level, const char *message) {
  (void)context, (void)level;
  strncat(said, message, sizeof said - strlen(said) - 1);
}
static void listen(void) {
  said[0] = 0;
  log_to(hear, NULL);
}

/* 100 samples of 10 classes: each part has n/10 of each class, or one more. */
START_TEST(classes_in_order_are_not_parted) {
  static const struct {
    int64_t limit, holdout;
    int balanced;
  } cuts[] = {{40, 0, 0}, {0, 20, 0}, {47, 13, 0}, {10, 0, 0}, {60, 20, 1}, {99, 1, 0}, {0, 99, 0}};
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  for (fake->sorted = 1; fake->sorted <= 2; fake->sorted++)
    for (int i = 0; i < (fake->sorted == 1 ? 7 : 5); i++) { /* of halves the last two are no worse than by chance */
      keys.limit = cuts[i].limit, keys.holdout = cuts[i].holdout, keys.balanced = cuts[i].balanced;
      listen();
      struct data *data = open_with(fake, &keys, 3);
      log_to(NULL, NULL);
      ck_assert_ptr_nonnull(strstr(said, "are drawn by seed.noise, class by class"));
      for (int split = SPLIT_TRAIN; split <= SPLIT_VALIDATION; split++) {
        int counts[10], n = (int)data_count(data, split);
        if (n == 0)
          continue;
        count_classes(data, split, counts);
        for (int c = 0; c < 10; c++)
          ck_assert_msg(counts[c] >= n / 10 && counts[c] <= (n + 9) / 10 + (cuts[i].limit == 47), "%d: %d of %d", c,
                        counts[c], n);
      }
      data_free(data);
    }
  fake_free(fake);
}
END_TEST

/* What is all of a split, or is balanced already, stays in its order. */
START_TEST(what_is_fair_stays) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int32_t labels[100];
  listen();
  fake->sorted = 1;
  struct data *data = open_with(fake, &keys, 3);
  split_labels(data, SPLIT_TRAIN, labels);
  for (int i = 0; i < 100; i++)
    ck_assert_int_eq(labels[i], i / 10);
  data_free(data);
  keys.limit = 20;
  keys.balanced = 1;
  data = open_with(fake, &keys, 3);
  split_labels(data, SPLIT_TRAIN, labels);
  for (int i = 0; i < 20; i++)
    ck_assert_int_eq(labels[i], i / 2);
  data_free(data);
  ck_assert_str_eq(said, "");
  log_to(NULL, NULL);
  fake_free(fake);
}
END_TEST

/* 270 of class 0, then 30 of class 1: every part has both, a tenth being of class 1, and so has the smallest of two. */
START_TEST(rare_classes_are_kept) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int counts[10];
  fake->split[0].count = 300;
  fake->rare = 270;
  for (int which = 0; which < 2; which++)
    fake->split[which].classes = 2;
  log_level(STRAIT_LOG_WARNING);
  for (keys.holdout = 2; keys.holdout < 299; keys.holdout += 37) {
    struct data *data = open_with(fake, &keys, 5);
    for (int split = SPLIT_TRAIN; split <= SPLIT_VALIDATION; split++) {
      count_classes(data, split, counts);
      ck_assert_int_ge(counts[0], 1);
      ck_assert_int_ge(counts[1], 1);
      ck_assert_double_le(fabs(counts[1] - .1 * (double)data_count(data, split)), 2);
    }
    data_free(data);
  }
  log_level(STRAIT_LOG_INFO);
  fake_free(fake);
}
END_TEST

/* Within a class it is the seed that draws. */
START_TEST(the_draw_is_the_seed_s) {
  float x[3][100 * 90];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.limit = 30;
  log_level(STRAIT_LOG_WARNING);
  for (int real = 0; real < 2; real++) { /* real targets have no classes: any order may be theirs */
    fake->sorted = !real;
    for (int which = 0; real && which < 2; which++)
      fake->split[which].target = STRAIT_TARGET_REAL;
    for (int i = 0; i < 3; i++) {
      struct data *data = open_with(fake, &keys, i == 2 ? 8 : 7);
      struct feeder *feeder = feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 30});
      ck_assert_int_eq(collect(feeder, 1, 0, 90, x[i], NULL), 30);
      feeder_free(feeder);
      data_free(data);
    }
    ck_assert_mem_eq(x[0], x[1], 30 * 90 * sizeof(float));
    ck_assert_mem_ne(x[0], x[2], 30 * 90 * sizeof(float));
  }
  log_level(STRAIT_LOG_INFO);
  fake_free(fake);
}
END_TEST

START_TEST(missing_classes_are_told) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.limit = 7;
  listen();
  data_free(open_with(fake, &keys, 1));
  ck_assert_ptr_nonnull(strstr(said, "limit = 7: 3 of the 10 classes of data set fake have no sample in the training"));
  keys.limit = 0;
  keys.holdout = 4;
  listen();
  data_free(open_with(fake, &keys, 1));
  ck_assert_ptr_nonnull(strstr(said, "holdout = 4: 6 of the 10 classes of data set fake have no sample in the valid"));
  keys.holdout = 10;
  listen();
  data_free(open_with(fake, &keys, 1));
  ck_assert_str_eq(said, "");
  log_to(NULL, NULL);
  fake_free(fake);
}
END_TEST

/* Every 10th sample is broken, the first of each class: the other 90 come as before. */
START_TEST(broken_samples_of_classes_in_order) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int counts[10];
  fake->sorted = 1;
  fake->broken = 10;
  keys.limit = 50;
  keys.broken = 1;
  listen();
  struct data *data = open_with(fake, &keys, 1);
  log_to(NULL, NULL);
  count_classes(data, SPLIT_TRAIN, counts);
  for (int c = 0; c < 10; c++)
    ck_assert_int_eq(counts[c], 5);
  data_free(data);
  fake_free(fake);
}
END_TEST

static void ignore(void *context, unsigned level, const char *message) { (void)context, (void)level, (void)message; }

/* A label is redrawn with probability p, and then differs with probability 9/10. With n = 20000 and p = .3 the number
 * that differs is binomial with mean 5400 and deviation sqrt(n q (1-q)) = 62.8, q = .27; 5 deviations fail by chance
 * once in two million seeds, and the seed is fixed. The same bound holds for each of the classes among what changed. */
START_TEST(label_noise_has_its_rate) {
  enum { N = 20000 };
  static int32_t labels[N], again[N], other[N], held[N];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  fake->split[0].count = N;
  keys.label_noise = .3;
  struct data *data = open_with(fake, &keys, 11);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, labels), N);
  int changed = 0, to[10] = {0};
  for (int i = 0; i < N; i++) {
    changed += labels[i] != i % 10;
    to[labels[i]] += labels[i] != i % 10;
  }
  ck_assert_double_le(fabs(changed - 5400.), 5 * 62.8);
  for (int c = 0; c < 10; c++) /* each of 10 classes: n .3 .9 / 10 = 540, deviation 22.9 */
    ck_assert_double_le(fabs(to[c] - 540.), 5 * 22.9);
  ck_assert_int_eq(split_labels(data, SPLIT_TEST, again), 20);
  for (int i = 0; i < 20; i++)
    ck_assert_int_eq(again[i], i % 10); /* test labels stay */
  data_free(data);

  data = open_with(fake, &keys, 12);
  split_labels(data, SPLIT_TRAIN, other);
  data_free(data);
  ck_assert_int_ne(memcmp(labels, other, sizeof labels), 0);

  /* The draw belongs to the sample: with a limit and a holdout, the same labels; those held out are clean. */
  keys.limit = 15000;
  keys.holdout = 5000;
  data = open_with(fake, &keys, 11);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, again), 10000);
  ck_assert_int_eq(memcmp(labels, again, 10000 * sizeof *labels), 0);
  ck_assert_int_eq(split_labels(data, SPLIT_VALIDATION, held), 5000);
  for (int i = 0; i < 5000; i++)
    ck_assert_int_eq(held[i], (10000 + i) % 10);
  data_free(data);

  /* So it is when samples before it are left out. */
  keys.limit = keys.holdout = 0;
  keys.broken = 1;
  fake->broken = 100;
  log_to(ignore, NULL);
  data = open_with(fake, &keys, 11);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, again), N - N / 100);
  for (int i = 0, j = 0; i < N; i++) {
    if (i % 100)
      ck_assert_int_eq(again[j++], labels[i]);
  }
  data_free(data);
  log_to(NULL, NULL);
  fake_free(fake);
}
END_TEST

static void count_warnings(void *context, unsigned level, const char *message) {
  int *counted = context;
  *counted += level == STRAIT_LOG_WARNING && strstr(message, "10 broken samples of 100") != NULL;
}

START_TEST(broken_samples_fail_or_are_left_out) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  int32_t labels[100];
  int warnings = 0;
  fake->broken = 10; /* 0, 10, ..., 90: all of class 0 */
  refuses(fake, &keys, STRAIT_EFORMAT, "train sample 0 of data set fake");
  refuses(fake, &keys, STRAIT_EFORMAT, "file-0 is damaged");

  keys.broken = 1;
  log_to(count_warnings, &warnings);
  struct data *data = open_with(fake, &keys, 1);
  ck_assert_int_eq(warnings, 1);
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 90);
  ck_assert_int_eq(split_labels(data, SPLIT_TRAIN, labels), 90);
  for (int i = 0; i < 90; i++)
    ck_assert_int_eq(labels[i], 1 + i % 9);
  data_free(data);

  keys.limit = 91;
  refuses(fake, &keys, STRAIT_EINVAL, "has 90 training samples that can be read");
  fake->broken = 1;
  keys.limit = 0;
  refuses(fake, &keys, STRAIT_EFORMAT, "all 100 samples are broken");
  log_to(NULL, NULL);
  fake_free(fake);
}
END_TEST

/* Numbers that are none are told as what they are, by sample; and may be left out as broken ones may. */
START_TEST(data_that_are_no_numbers) {
  static const float odd[] = {NAN, INFINITY, -INFINITY};
  struct data_keys keys = default_keys();
  for (int i = 0; i < 3; i++) {
    struct fake *fake = fake_create();
    fake->odd = odd[i];
    for (int which = 0; which < 2; which++)
      fake->split[which].element = STRAIT_F32;
    refuses(fake, &keys, STRAIT_EFORMAT, "train sample 21 of data set fake: element 4 is ");
    refuses(fake, &keys, STRAIT_EFORMAT, i ? "inf; data must be finite" : "nan; data must be finite");
    keys.broken = 1;
    log_to(ignore, NULL);
    struct data *data = open_with(fake, &keys, 1);
    ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 99);
    data_free(data);
    log_to(NULL, NULL);
    keys.broken = 0;
    for (int which = 0; which < 2; which++) {
      fake->split[which].element = STRAIT_U8;
      fake->split[which].target = STRAIT_TARGET_REAL;
      fake->split[which].classes = 3;
    }
    refuses(fake, &keys, STRAIT_EFORMAT, "train sample 21 of data set fake: number 0 of the target is");
    fake_free(fake);
  }
}
END_TEST

START_TEST(broken_promises_are_refused) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  fake->wide = 1;
  refuses(fake, &keys, STRAIT_EFORMAT, "a sample of 3 x 6 x 6, where 3 x 5 x 6 is described");
  fake->wide = 0;
  fake->silent = 1;
  refuses(fake, &keys, STRAIT_EBUG, "no target");
  fake->silent = 0;
  fake->split[0].classes = fake->split[1].classes = 9;
  fake->skew = 0;
  fake->split[1].classes = 10;
  refuses(fake, &keys, STRAIT_EFORMAT, "9 classes in training, 10 in the test split");
  fake->split[0].classes = 10;
  fake->split[1].dims[2] = 7;
  refuses(fake, &keys, STRAIT_EFORMAT, "training samples are 3 x 5 x 6, test samples 3 x 5 x 7");
  fake->split[1].dims[2] = 6;
  fake->split[0].rank = 7;
  refuses(fake, &keys, STRAIT_EBUG, "rank");
  fake->split[0].rank = 3;
  fake->split[0].dims[0] = -3;
  refuses(fake, &keys, STRAIT_EBUG, "dimensions");
  fake->split[0].dims[0] = 0;
  refuses(fake, &keys, STRAIT_ENOTSUP, "different sizes");
  fake->split[0].dims[0] = 3;
  fake->split[0].order = STRAIT_ORDER_STREAMS;
  refuses(fake, &keys, STRAIT_ENOTSUP, "without a class per position");
  fake->split[0].order = 0;
  fake->split[0].count = 0;
  refuses(fake, &keys, STRAIT_EFORMAT, "no training samples");
  fake->split[0].count = 100;
  fake->lost = 1;
  refuses(fake, &keys, STRAIT_ENOENT, "fake: no file; get it");
  fake_free(fake);
}
END_TEST

/* fake_label() goes to 9: with 9 classes, sample 9 is outside. */
START_TEST(labels_out_of_range_are_refused) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  fake->skew = 1; /* every label is 1 */
  fake->split[0].classes = fake->split[1].classes = 1;
  refuses(fake, &keys, STRAIT_EFORMAT, "label 1 is outside 0..0");
  fake_free(fake);
}
END_TEST

START_TEST(the_fingerprint_is_the_data_s_alone) {
  char plain[33], limited[33], marked[33], counted[33];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  data_fingerprint(data, plain);
  data_free(data);
  fake_free(fake);

  fake = fake_create();
  keys.limit = 50;
  keys.label_noise = .5;
  keys.normalise = "none";
  data = open_with(fake, &keys, 2);
  data_fingerprint(data, limited);
  data_free(data);
  fake_free(fake);
  ck_assert_str_eq(plain, limited);

  fake = fake_create();
  fake->mark = 1;
  data = open_with(fake, &keys, 1);
  data_fingerprint(data, marked);
  data_free(data);
  fake_free(fake);
  ck_assert_str_ne(plain, marked);

  fake = fake_create();
  fake->split[1].count = 19;
  data = open_with(fake, &keys, 1);
  data_fingerprint(data, counted);
  data_free(data);
  fake_free(fake);
  ck_assert_str_ne(plain, counted);
}
END_TEST

START_TEST(real_targets_are_kept) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct batch batch;
  for (int which = 0; which < 2; which++) {
    fake->split[which].target = STRAIT_TARGET_REAL;
    fake->split[which].classes = 2;
  }
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder = feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 7});
  ck_assert_int_eq(feeder_start(feeder, 1, 2), STRAIT_OK);
  ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_OK);
  const float *target = batch.target; /* samples 14..20, as fake_read says */
  for (int i = 0; i < 7; i++) {
    ck_assert_float_eq(target[2 * i], (float)(10 * (14 + i)));
    ck_assert_float_eq(target[2 * i + 1], (float)(10 * (14 + i) + 1));
  }
  feeder_free(feeder);
  data_free(data);
  keys.label_noise = .1;
  refuses(fake, &keys, STRAIT_EINVAL, "label-noise");
  keys.label_noise = 0;
  keys.limit = 10;
  keys.balanced = 1;
  refuses(fake, &keys, STRAIT_EINVAL, "limit-balanced");
  fake_free(fake);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("data keys");
  TCase *tests = tcase_create("keys");
  tcase_add_test(tests, tables_are_sound);
  tcase_add_test(tests, one_seed_sets_all_unless_overridden);
  tcase_add_test(tests, everything_is_used_by_default);
  tcase_add_test(tests, limit_then_holdout);
  tcase_add_test(tests, balanced_limit_takes_the_first_of_each_class);
  tcase_add_test(tests, limits_out_of_reach_are_refused);
  tcase_add_test(tests, classes_in_order_are_not_parted);
  tcase_add_test(tests, what_is_fair_stays);
  tcase_add_test(tests, rare_classes_are_kept);
  tcase_add_test(tests, the_draw_is_the_seed_s);
  tcase_add_test(tests, missing_classes_are_told);
  tcase_add_test(tests, broken_samples_of_classes_in_order);
  tcase_add_test(tests, label_noise_has_its_rate);
  tcase_add_test(tests, broken_samples_fail_or_are_left_out);
  tcase_add_test(tests, data_that_are_no_numbers);
  tcase_add_test(tests, broken_promises_are_refused);
  tcase_add_test(tests, labels_out_of_range_are_refused);
  tcase_add_test(tests, the_fingerprint_is_the_data_s_alone);
  tcase_add_test(tests, real_targets_are_kept);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
