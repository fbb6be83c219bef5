/* The feeder: order, subsets, resuming, restarting, failures of its thread. Expected values come from the formulas of
 * fake.h; everything is compared exactly. */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "data/internal.h"

#include "fake.h"

enum { ELEMENTS = 3 * 5 * 6 };

static struct feeding shuffled(int64_t batch, uint64_t seed) {
  return (struct feeding){.split = SPLIT_TRAIN, .batch = batch, .shuffle = 1, .order_seed = seed};
}

static void check_permutation(const int64_t *order, int64_t n) {
  char seen[100] = {0};
  for (int64_t i = 0; i < n; i++) {
    ck_assert(order[i] >= 0 && order[i] < n && !seen[order[i]]);
    seen[order[i]] = 1;
  }
}

START_TEST(the_order_is_a_permutation_of_seed_and_epoch) {
  int64_t a[100], b[100], c[100];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeding first = shuffled(16, 1), second = shuffled(7, 1), third = shuffled(16, 2);
  struct feeder *feeder = feed(data, &first), *same = feed(data, &second), *other = feed(data, &third);
  feeder_order(feeder, 1, a);
  feeder_order(same, 1, b);
  feeder_order(other, 1, c);
  check_permutation(a, 100);
  check_permutation(c, 100);
  ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
  ck_assert_int_ne(memcmp(a, c, sizeof a), 0);
  feeder_order(feeder, 2, b);
  check_permutation(b, 100);
  ck_assert_int_ne(memcmp(a, b, sizeof a), 0);
  feeder_free(feeder);
  feeder_free(same);
  feeder_free(other);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(batches_hold_the_samples_of_the_order) {
  static float x[100 * ELEMENTS];
  int64_t order[100];
  int32_t labels[100];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.normalise = "none";
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = shuffled(16, 4);
  struct feeder *feeder = feed(data, &feeding);
  ck_assert_int_eq(feeder_samples(feeder), 100);
  ck_assert_int_eq(feeder_batches(feeder), 7);
  for (int epoch = 1; epoch < 4; epoch++) {
    ck_assert_int_eq(collect(feeder, epoch, 0, ELEMENTS, x, labels), 100);
    feeder_order(feeder, epoch, order);
    for (int i = 0; i < 100; i++) {
      ck_assert_int_eq(labels[i], order[i] % 10);
      ck_assert_float_eq(x[i * ELEMENTS], (float)(fake_byte(STRAIT_TRAIN, order[i], 0) / 255.));
    }
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(a_resumed_epoch_is_the_tail_of_the_whole) {
  static float whole[100 * ELEMENTS], tail[100 * ELEMENTS];
  static const char *const words[] = {"crop", "flip"};
  int32_t labels[100], rest[100];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.augment = (strait_strings){2, words};
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = shuffled(16, 4);
  feeding.augment = 1;
  struct feeder *feeder = feed(data, &feeding), *fresh = feed(data, &feeding);
  collect(feeder, 3, 0, ELEMENTS, whole, labels);
  for (int64_t first = 0; first <= 7; first++) {
    int64_t done = first * 16 < 100 ? first * 16 : 100;
    ck_assert_int_eq(collect(fresh, 3, first, ELEMENTS, tail, rest), 100 - done);
    ck_assert_int_eq(memcmp(tail, whole + done * ELEMENTS, (size_t)(100 - done) * ELEMENTS * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(rest, labels + done, (size_t)(100 - done) * sizeof *labels), 0);
  }
  feeder_free(feeder);
  feeder_free(fresh);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* Starting anew at any moment, with batches half made and one held. */
START_TEST(an_epoch_can_be_left_at_any_moment) {
  static float whole[100 * ELEMENTS], again[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = shuffled(3, 4);
  struct feeder *feeder = feed(data, &feeding);
  struct batch batch;
  collect(feeder, 2, 0, ELEMENTS, whole, NULL);
  for (int taken = 0; taken < 34; taken++) {
    ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
    for (int i = 0; i < taken; i++)
      ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_OK);
    collect(feeder, 2, 0, ELEMENTS, again, NULL);
    ck_assert_int_eq(memcmp(whole, again, sizeof whole), 0);
  }
  feeder_start(feeder, 1, 0); /* and be freed */
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* The same while eight threads are surely in the middle of pieces. */
START_TEST(a_piece_under_way_does_no_harm) {
  static float whole[100 * ELEMENTS], again[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data;
  struct feeding feeding = shuffled(50, 4);
  setenv("STRAIT_THREADS", "8", 1);
  ck_assert_int_eq(data_open_within(&data, &fake->object, NULL, &keys, 1, 0), STRAIT_OK);
  struct feeder *feeder = feed(data, &feeding);
  unsetenv("STRAIT_THREADS");
  collect(feeder, 2, 0, ELEMENTS, whole, NULL);
  fake->slow = 200;
  for (int round = 0; round < 5; round++) {
    ck_assert_int_eq(feeder_start(feeder, 1, round % 2), STRAIT_OK);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* some samples on */
    collect(feeder, 2, 0, ELEMENTS, again, NULL);
    ck_assert_int_eq(memcmp(whole, again, sizeof whole), 0);
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(a_batch_stays_until_the_next_call) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = shuffled(5, 1);
  struct feeder *feeder = feed(data, &feeding);
  struct batch batch;
  float kept[5 * ELEMENTS];
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  for (int i = 0; i < 20; i++) {
    ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_OK);
    memcpy(kept, batch.x, sizeof kept);
    for (volatile int wait = 0; wait < 200000; wait++) /* time for the thread to write where it must not */
      ;
    ck_assert_int_eq(memcmp(kept, batch.x, sizeof kept), 0);
  }
  for (int i = 0; i < 2; i++) { /* the end stays the end */
    ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_OK);
    ck_assert_int_eq(batch.samples, 0);
  }
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(a_subset_is_fixed_random_and_ascending) {
  int64_t a[30], b[30], all[100];
  int32_t labels[30];
  int counted = 0;
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 8, .subset = 30, .subset_seed = 5};
  struct feeder *feeder = feed(data, &feeding);
  ck_assert_int_eq(feeder_samples(feeder), 30);
  ck_assert_int_eq(feeder_batches(feeder), 4);
  feeder_order(feeder, 1, a);
  feeder_order(feeder, 9, b);
  ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
  for (int i = 0; i < 30; i++) {
    ck_assert(a[i] >= 0 && a[i] < 100 && (i == 0 || a[i] > a[i - 1]));
    counted += a[i] < 30;
  }
  ck_assert_int_lt(counted, 30); /* not simply the first 30 */
  collect(feeder, 1, 0, 0, NULL, labels);
  for (int i = 0; i < 30; i++)
    ck_assert_int_eq(labels[i], a[i] % 10);
  feeder_free(feeder);
  feeding.subset_seed = 6;
  feeder = feed(data, &feeding);
  feeder_order(feeder, 1, b);
  ck_assert_int_ne(memcmp(a, b, sizeof a), 0);
  feeder_free(feeder);
  feeding.subset = 100;
  feeder = feed(data, &feeding);
  feeder_order(feeder, 1, all);
  for (int i = 0; i < 100; i++)
    ck_assert_int_eq(all[i], i);
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

START_TEST(impossible_feedings_are_refused) {
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeder *feeder;
  struct batch batch;
  ck_assert_int_eq(feeder_create(&feeder, data, &(struct feeding){.split = SPLIT_VALIDATION, .batch = 1}),
                   STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "validation split is empty; set holdout"));
  ck_assert_int_eq(feeder_create(&feeder, data, &(struct feeding){.split = SPLIT_TEST, .batch = 0}), STRAIT_EINVAL);
  ck_assert_int_eq(feeder_create(&feeder, data, &(struct feeding){.split = SPLIT_TEST, .batch = 4, .subset = 21}),
                   STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "the test split has 20"));
  ck_assert_ptr_null(feeder);
  feeder = feed(data, &(struct feeding){.split = SPLIT_TEST, .batch = 4});
  ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_EBUG); /* not started */
  ck_assert_int_eq(feeder_start(feeder, 1, 6), STRAIT_EBUG);
  ck_assert_int_eq(feeder_start(feeder, 0, 0), STRAIT_EBUG);
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

/* Elements beyond the memory for them are read again for every batch: same batches, and failures come through. */
START_TEST(elements_that_are_not_kept_are_read_each_time) {
  static float kept[100 * ELEMENTS], read[100 * ELEMENTS];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  struct feeding feeding = shuffled(8, 4);
  struct feeder *feeder = feed(data, &feeding);
  collect(feeder, 1, 0, ELEMENTS, kept, NULL);
  feeder_free(feeder);
  data_free(data);

  keys.label_noise = 1;
  data = open_with(fake, &keys, 1);
  int32_t noisy[100], labels[100];
  split_labels(data, SPLIT_TRAIN, noisy);
  data_free(data);

  ck_assert_int_eq(data_open_within(&data, &fake->object, NULL, &keys, 1, 0), STRAIT_OK);
  feeder = feed(data, &feeding);
  collect(feeder, 1, 0, ELEMENTS, read, NULL);
  ck_assert_int_eq(memcmp(kept, read, sizeof kept), 0);
  split_labels(data, SPLIT_TRAIN, labels);
  ck_assert_int_eq(memcmp(noisy, labels, sizeof labels), 0);

  fake->broken = 50; /* sample 50 breaks now: the batches before it still come */
  struct feeding straight = {.split = SPLIT_TRAIN, .batch = 8};
  struct feeder *failing = feed(data, &straight);
  struct batch batch;
  for (int round = 0; round < 2; round++) {
    int status, batches = 0;
    ck_assert_int_eq(feeder_start(failing, 1, 1), STRAIT_OK);
    while ((status = feeder_next(failing, &batch)) == STRAIT_OK)
      batches++;
    ck_assert_int_eq(batches, 5); /* 8..47 */
    ck_assert_int_eq(status, STRAIT_EFORMAT);
    ck_assert_ptr_nonnull(strstr(error_text(), "file-50 is damaged"));
    ck_assert_int_eq(feeder_next(failing, &batch), STRAIT_EFORMAT); /* and again */
  }
  fake->broken = 0;
  ck_assert_int_eq(collect(failing, 1, 0, 0, NULL, NULL), 100);
  feeder_free(failing);
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}
END_TEST

struct reader {
  const struct data *data;
  float x[100 * ELEMENTS];
};
static void *read_all(void *context) {
  struct reader *reader = context;
  struct feeding feeding = shuffled(9, 4);
  struct feeder *feeder = feed(reader->data, &feeding);
  for (int epoch = 5; epoch > 0; epoch--)
    collect(feeder, epoch, 0, ELEMENTS, reader->x, NULL);
  feeder_free(feeder);
  return NULL;
}

START_TEST(feeders_share_one_data) {
  static struct reader readers[4];
  pthread_t threads[4];
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  struct data *data = open_with(fake, &keys, 1);
  for (int i = 0; i < 4; i++) {
    readers[i].data = data;
    ck_assert_int_eq(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
  }
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  for (int i = 1; i < 4; i++)
    ck_assert_int_eq(memcmp(readers[0].x, readers[i].x, sizeof readers[0].x), 0);
  data_free(data);
  fake_free(fake);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("feeder");
  TCase *tests = tcase_create("feeder");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, the_order_is_a_permutation_of_seed_and_epoch);
  tcase_add_test(tests, batches_hold_the_samples_of_the_order);
  tcase_add_test(tests, a_resumed_epoch_is_the_tail_of_the_whole);
  tcase_add_test(tests, an_epoch_can_be_left_at_any_moment);
  tcase_add_test(tests, a_piece_under_way_does_no_harm);
  tcase_add_test(tests, a_batch_stays_until_the_next_call);
  tcase_add_test(tests, a_subset_is_fixed_random_and_ascending);
  tcase_add_test(tests, impossible_feedings_are_refused);
  tcase_add_test(tests, elements_that_are_not_kept_are_read_each_time);
  tcase_add_test(tests, feeders_share_one_data);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
