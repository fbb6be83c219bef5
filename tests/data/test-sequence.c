/* Data that are one long sequence: how it is cut into splits, streams, windows and pieces. What must come out follows
 * from the rules of strait/dataset.h, written out here as loops over the tokens of sequence.h. */
#include <config.h>

#include <stdlib.h>

#include "data/internal.h"

#include "fake.h"
#include "sequence.h"

struct opened {
  strait_object *object;
  struct data *data;
};

static struct opened open_sequence(const struct data_keys *keys) {
  struct opened o;
  ck_assert_int_eq(object_create(&o.object, &sequence_class, "sequence", 1, NULL, 0), STRAIT_OK);
  ck_assert_msg(data_open(&o.data, o.object, NULL, keys, 1) == STRAIT_OK, "%s", error_text());
  return o;
}

static void close_sequence(struct opened *o) {
  data_free(o->data);
  object_free(o->object);
}

/* The sample in row `row` of the batch starts at this place of the data set's split. */
static void check_row(const struct batch *batch, int64_t row, uint32_t which, int64_t place) {
  const int32_t *x = (const int32_t *)(const void *)batch->x + row * sequence.steps;
  const int32_t *y = (const int32_t *)batch->target + row * sequence.steps;
  for (int64_t i = 0; i < sequence.steps; i++) {
    const int there = place + i + 1 < sequence.tokens[which];
    ck_assert_int_eq(x[i], there ? sequence_token(which, place + i) : 0);
    ck_assert_int_eq(y[i], there ? sequence_token(which, place + i + 1) : -1);
  }
}

static struct batch next_batch(struct feeder *feeder) {
  struct batch batch;
  ck_assert_msg(feeder_next(feeder, &batch) == STRAIT_OK, "%s", error_text());
  return batch;
}

/* 41 tokens in 3 streams of 13: (13 - 1) / 4 = 3 steps; the 2 tokens behind are dropped. Each epoch is the same. */
START_TEST(streams_are_those_of_the_published_reader) {
  const struct data_keys keys = default_keys();
  struct opened o = open_sequence(&keys);
  struct feeder *feeder = feed(o.data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 3, .shuffle = 1});
  ck_assert_int_eq(feeder_batches(feeder), 3);
  ck_assert_int_eq(data_epoch(o.data, 3), 3);
  for (int epoch = 1; epoch <= 2; epoch++) {
    ck_assert_int_eq(feeder_start(feeder, epoch, 0), STRAIT_OK);
    for (int64_t i = 0; i < 3; i++) {
      const struct batch batch = next_batch(feeder);
      ck_assert_int_eq(batch.samples, 3);
      for (int64_t b = 0; b < 3; b++)
        check_row(&batch, b, STRAIT_TRAIN, 13 * b + 4 * i);
    }
    ck_assert_int_eq(next_batch(feeder).samples, 0);
  }
  ck_assert_int_eq(feeder_start(feeder, 2, 2), STRAIT_OK); /* resumed inside the epoch */
  const struct batch batch = next_batch(feeder);
  check_row(&batch, 1, STRAIT_TRAIN, 13 + 8);
  feeder_free(feeder);
  close_sequence(&o);
}
END_TEST

/* Starts are drawn with replacement from those with a full sample, 0..36; an epoch is 10 samples (41 - 1 places in
 * pieces of 4), or as many as the data set says. */
START_TEST(windows_are_drawn) {
  const struct data_keys keys = default_keys();
  sequence.order = STRAIT_ORDER_WINDOWS;
  sequence.epoch = _i ? 1000 : 0;
  const int64_t n = _i ? 1000 : 10;
  struct opened o = open_sequence(&keys);
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 8, .shuffle = 1, .order_seed = 3};
  struct feeder *feeder = feed(o.data, &feeding), *same = feed(o.data, &feeding);
  int64_t a[1000], b[1000], seen[37] = {0};
  ck_assert_int_eq(feeder_samples(feeder), n);
  ck_assert_int_eq(feeder_batches(feeder), (n + 7) / 8);
  ck_assert_int_eq(data_epoch(o.data, 8), (n + 7) / 8);
  feeder_order(feeder, 1, a);
  feeder_order(same, 1, b);
  ck_assert_mem_eq(a, b, (size_t)n * sizeof *a);
  feeder_order(feeder, 2, b);
  ck_assert_mem_ne(a, b, (size_t)n * sizeof *a);
  for (int64_t i = 0; i < n; i++) {
    ck_assert(a[i] >= 0 && a[i] <= 36);
    seen[a[i]]++;
  }
  for (int64_t k = 0; _i && k < 37; k++) /* 27 expected, deviation 5.1: this is 5 of them */
    ck_assert(seen[k] >= 2 && seen[k] <= 53);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  const struct batch batch = next_batch(feeder);
  for (int64_t r = 0; r < 8; r++)
    check_row(&batch, r, STRAIT_TRAIN, a[r]);
  feeder_free(feeder);
  feeder_free(same);
  close_sequence(&o);
}
END_TEST

/* Each place that has a target counts once, in any number of streams, and stream b's samples follow one another. */
START_TEST(every_place_counts_once) {
  const struct data_keys keys = default_keys();
  struct opened o = open_sequence(&keys);
  for (int64_t streams = 0; streams <= 12; streams++) {
    struct feeder *feeder = feed(o.data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 3, .streams = streams});
    int64_t order[10], at = 0, seen[40] = {0}, before[12];
    ck_assert_int_eq(feeder_samples(feeder), 10);
    feeder_order(feeder, 1, order);
    ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
    for (int64_t i = 0, last = 12;; i++) {
      const struct batch batch = next_batch(feeder);
      if (batch.samples == 0)
        break;
      ck_assert_int_le(batch.samples, streams ? streams : 3);
      ck_assert_int_le(batch.samples, last); /* streams end from the last one on */
      last = batch.samples;
      for (int64_t b = 0; b < batch.samples; b++, at++) {
        check_row(&batch, b, STRAIT_TRAIN, order[at]);
        if (streams && i)
          ck_assert_int_eq(order[at], before[b] + 4);
        before[b] = order[at];
        for (int64_t k = order[at]; k < order[at] + 4 && k < 40; k++)
          seen[k]++;
      }
    }
    ck_assert_int_eq(at, 10);
    for (int64_t k = 0; k < 40; k++)
      ck_assert_int_eq(seen[k], 1);
    feeder_free(feeder);
  }
  close_sequence(&o);
}
END_TEST

/* The published validation: as training, in streams whose ends are dropped. 23 tokens in 2 streams of 11: 2 steps. */
START_TEST(streams_of_evaluation_can_drop_their_ends) {
  const struct data_keys keys = default_keys();
  struct opened o = open_sequence(&keys);
  struct feeding feeding = {.split = SPLIT_TEST, .batch = 1, .streams = 2, .drop = 1};
  struct feeder *feeder = feed(o.data, &feeding), *none;
  ck_assert_int_eq(feeder_batches(feeder), 2);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  for (int64_t i = 0; i < 2; i++) {
    const struct batch batch = next_batch(feeder);
    for (int64_t b = 0; b < 2; b++)
      check_row(&batch, b, STRAIT_TEST, 11 * b + 4 * i);
  }
  feeder_free(feeder);
  feeding.streams = 5; /* 4 tokens each: a sample needs 5 */
  ck_assert_int_eq(feeder_create(&none, o.data, &feeding), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "23 test tokens in 5 streams leave 4 to each"));
  close_sequence(&o);
}
END_TEST

/* limit and holdout count pieces of 4 places; what is held out follows what is trained on. */
START_TEST(limit_and_holdout_cut_the_sequence) {
  struct data_keys keys = default_keys();
  keys.limit = 7, keys.holdout = 3;
  struct opened o = open_sequence(&keys);
  ck_assert_int_eq(data_count(o.data, SPLIT_TRAIN), 4);
  ck_assert_int_eq(data_count(o.data, SPLIT_VALIDATION), 3);
  ck_assert_int_eq(data_count(o.data, SPLIT_TEST), 6);
  struct feeder *feeder = feed(o.data, &(struct feeding){.split = SPLIT_VALIDATION, .batch = 3});
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  const struct batch batch = next_batch(feeder);
  for (int64_t r = 0; r < 3; r++)
    check_row(&batch, r, STRAIT_TRAIN, 16 + 4 * r);
  feeder_free(feeder);
  feeder = feed(o.data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 2, .shuffle = 1});
  ck_assert_int_eq(feeder_batches(feeder), 1); /* 17 tokens in 2 streams of 8 */
  feeder_free(feeder);
  close_sequence(&o);
}
END_TEST

START_TEST(a_data_set_may_have_a_validation_split) {
  struct data_keys keys = default_keys();
  sequence.validation = 1;
  struct opened o = open_sequence(&keys);
  ck_assert_int_eq(data_count(o.data, SPLIT_TRAIN), 10);
  ck_assert_int_eq(data_count(o.data, SPLIT_VALIDATION), 5); /* 18 tokens, 17 places */
  struct feeder *feeder = feed(o.data, &(struct feeding){.split = SPLIT_VALIDATION, .batch = 5});
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  const struct batch batch = next_batch(feeder);
  for (int64_t r = 0; r < 5; r++)
    check_row(&batch, r, STRAIT_VALIDATION, 4 * r);
  feeder_free(feeder);
  close_sequence(&o);
}
END_TEST

/* data_open fails with STRAIT_EINVAL or STRAIT_EFORMAT, and says this. */
static void refuses_sequence(const struct data_keys *keys, const char *words) {
  strait_object *object;
  struct data *data;
  ck_assert_int_eq(object_create(&object, &sequence_class, "sequence", 1, NULL, 0), STRAIT_OK);
  ck_assert_int_lt(data_open(&data, object, NULL, keys, 1), 0);
  ck_assert_msg(strstr(error_text(), words) != NULL, "\"%s\" does not say \"%s\"", error_text(), words);
  object_free(object);
}

START_TEST(what_cannot_be_is_refused) {
  struct data_keys keys = default_keys();
  keys.limit = 11;
  refuses_sequence(&keys, "limit = 11: data set sequence has 10 training samples");
  keys.limit = 0, keys.holdout = 10;
  refuses_sequence(&keys, "holdout = 10 leaves nothing of 10");
  sequence.validation = 1, keys.holdout = 2;
  refuses_sequence(&keys, "has a validation split of its own");
  sequence.validation = 0, keys.holdout = 0, keys.label_noise = .5;
  refuses_sequence(&keys, "label-noise");
  keys.label_noise = 0, keys.normalise = ".5 / .5";
  refuses_sequence(&keys, "holds integers");
  keys.normalise = "dataset", keys.balanced = 1, keys.limit = 5;
  refuses_sequence(&keys, "limit-balanced");
  sequence.epoch = 5, keys.limit = 0;
  refuses_sequence(&keys, "samples per epoch");
}
END_TEST

START_TEST(a_batch_that_is_too_large_is_refused) {
  const struct data_keys keys = default_keys();
  struct opened o = open_sequence(&keys);
  struct feeder *feeder;
  ck_assert_int_eq(data_check_batch(o.data, 8), STRAIT_OK); /* 5 tokens each */
  ck_assert_int_eq(data_check_batch(o.data, 9), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "batch = 9: 41 training tokens in 9 streams leave 4 to each"));
  ck_assert_int_eq(data_epoch(o.data, 9), 1); /* until it is refused */
  ck_assert_int_eq(feeder_create(&feeder, o.data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 9, .shuffle = 1}),
                   STRAIT_EINVAL);
  close_sequence(&o);
  sequence.order = STRAIT_ORDER_WINDOWS, sequence.tokens[0] = 4;
  o = open_sequence(&keys);
  ck_assert_int_eq(data_check_batch(o.data, 1), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "4 training tokens are too few"));
  close_sequence(&o);
}
END_TEST

/* A token or a label outside of the classes is found when it is read. */
START_TEST(tokens_must_be_classes) {
  const struct data_keys keys = default_keys();
  struct batch batch;
  sequence.odd = 9;
  struct opened o = open_sequence(&keys);
  struct feeder *feeder = feed(o.data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 10});
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "7"));
  feeder_free(feeder);
  close_sequence(&o);
}
END_TEST

static void reset(void) { sequence = usual_sequence; }

int main(void) {
  Suite *suite = suite_create("sequence");
  TCase *tests = tcase_create("sequence");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_checked_fixture(tests, reset, NULL);
  tcase_add_test(tests, streams_are_those_of_the_published_reader);
  tcase_add_loop_test(tests, windows_are_drawn, 0, 2);
  tcase_add_test(tests, every_place_counts_once);
  tcase_add_test(tests, streams_of_evaluation_can_drop_their_ends);
  tcase_add_test(tests, limit_and_holdout_cut_the_sequence);
  tcase_add_test(tests, a_data_set_may_have_a_validation_split);
  tcase_add_test(tests, what_cannot_be_is_refused);
  tcase_add_test(tests, a_batch_that_is_too_large_is_refused);
  tcase_add_test(tests, tokens_must_be_classes);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
