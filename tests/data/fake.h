/* fake.h: a data set made of formulas, for the tests of data/: what a sample holds is known without reading anything.
 */
#include <config.h>

#include <string.h>
#include <time.h>
#include <strait/dataset.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/data.h"
#include "data/feeder.h"

#include <check.h> /* last: its macro `fail` takes a word of the headers above */

struct fake {
  strait_object object;
  strait_split split[2];
  int64_t broken; /* > 0: every broken-th training sample cannot be read */
  int64_t skew;   /* > 0: only every skew-th sample is of class 1; the others are of class 0 */
  int32_t sorted; /* 1: classes come one after the other; 2: the lower half of them, mixed, then the upper half */
  int64_t rare;   /* > 0: the samples from this one on are of class 1, those before of class 0 */
  int32_t wide;   /* samples come one row too high */
  int32_t lost;   /* open() finds no file */
  int32_t slow;   /* microseconds that read() takes */
  int32_t silent; /* read() gives no label */
  float odd;      /* not 0: stands in element 4 of training sample 21, or (with real targets of bytes) in its target */
  uint8_t mark;   /* a byte for the fingerprint */
  int32_t opened;
};

static inline int64_t fake_label(const struct fake *self, int64_t index) {
  const int64_t classes = self->split[0].classes, half = self->split[0].count / 2;
  if (self->rare)
    return index >= self->rare;
  if (self->sorted == 1)
    return index * classes / self->split[0].count;
  if (self->sorted == 2)
    return index % (classes / 2) + (index < half ? 0 : classes / 2);
  return self->skew ? index % self->skew == 0 : index % self->split[0].classes;
}
/* Element e of a sample, as a byte. */
static inline unsigned fake_byte(uint32_t which, int64_t index, int64_t e) {
  return (unsigned)(which * 101 + index * 37 + e * 11 + (e / 7) * 5) & 255;
}

static int32_t fake_open(void *object) {
  struct fake *self = object;
  if (self->lost)
    return strait_fail(self, STRAIT_ENOENT, "no file; get it");
  if (self->opened++) /* the tests open one again and again; the host asks for the fingerprint at the first time only */
    return STRAIT_OK;
  return strait_fingerprint(self, &self->mark, 1);
}

static int32_t fake_describe(const void *object, uint32_t which, strait_split *split) {
  *split = ((const struct fake *)object)->split[which];
  return STRAIT_OK;
}

static int32_t fake_read(const void *object, uint32_t which, int64_t index, strait_sample *sample) {
  const struct fake *self = object;
  const strait_split *split = &self->split[which];
  int64_t dims[STRAIT_MAX_DIMS], elements = 1;
  if (self->slow)
    nanosleep(&(struct timespec){.tv_nsec = self->slow * 1000L}, NULL);
  memcpy(dims, split->dims, sizeof dims);
  for (uint32_t i = 0; i < split->rank; i++)
    elements *= dims[i];
  if (which == STRAIT_TRAIN && self->broken && index % self->broken == 0)
    return strait_fail(self, STRAIT_EFORMAT, "file-%d is damaged", (int)index);
  dims[1] += self->wide;
  void *to = strait_sample_reserve(sample, split->rank, dims);
  if (!to)
    return STRAIT_EIO; /* what the host found counts, not what is made of it here */
  for (int64_t e = 0; e < elements; e++) {
    if (split->element == STRAIT_U8)
      ((uint8_t *)to)[e] = (uint8_t)fake_byte(which, index, e);
    else
      ((float *)to)[e] = self->odd != 0 && which == STRAIT_TRAIN && index == 21 && e == 4
                             ? self->odd
                             : (float)fake_byte(which, index, e) / 255;
  }
  if (self->silent)
    return STRAIT_OK;
  if (split->target != STRAIT_TARGET_REAL)
    return strait_sample_label(sample, fake_label(self, index));
  float *target = strait_sample_target(sample, split->classes);
  for (int64_t c = 0; target && c < split->classes; c++)
    target[c] = self->odd != 0 && split->element == STRAIT_U8 && index == 21 ? self->odd : (float)(index * 10 + c);
  return target ? STRAIT_OK : STRAIT_EBUG;
}

static const float fake_mean[] = {.25f, .5f, .75f}, fake_deviation[] = {.5f, .25f, .125f};
static const strait_dataset_ops fake_ops = {.size = sizeof fake_ops,
                                            .open = fake_open,
                                            .describe = fake_describe,
                                            .read = fake_read,
                                            .mean = fake_mean,
                                            .deviation = fake_deviation,
                                            .channels = 3};
static const strait_class fake_class = {
    STRAIT_CLASS_BARE(STRAIT_DATASET, "fake", "1.0", "formulas", struct fake, &fake_ops), STRAIT_NO_PRESETS, NULL,
    NULL};

/* 3 x 5 x 6 images of bytes, 100 for training and 20 for the test, in 10 classes. */
static inline struct fake *fake_create(void) {
  strait_object *object;
  ck_assert_int_eq(object_create(&object, &fake_class, "fake", 1, NULL, 0), STRAIT_OK);
  struct fake *fake = (struct fake *)object;
  for (int which = 0; which < 2; which++)
    fake->split[which] = (strait_split){.size = sizeof(strait_split),
                                        .element = STRAIT_U8,
                                        .target = STRAIT_TARGET_CLASS,
                                        .rank = 3,
                                        .dims = {3, 5, 6},
                                        .count = which == STRAIT_TRAIN ? 100 : 20,
                                        .classes = 10};
  return fake;
}
static inline void fake_free(struct fake *fake) { object_free(&fake->object); }

/* The defaults of the data keys. */
static inline struct data_keys default_keys(void) {
  struct data_keys keys = {0};
  struct arena *arena = arena_create(); /* only lists and strings of defaults: none is freed wrongly with it */
  ck_assert_ptr_nonnull(arena);
  ck_assert_int_eq(options_default(&data_options, &keys, arena), STRAIT_OK);
  keys.normalise = "dataset";
  arena_free(arena);
  return keys;
}

static inline struct data *open_with(struct fake *fake, const struct data_keys *keys, uint64_t noise_seed) {
  struct data *data;
  int status = data_open(&data, &fake->object, NULL, keys, noise_seed);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  return data;
}

/* data_open fails with this status, and its text holds these words. */
static inline void refuses(struct fake *fake, const struct data_keys *keys, int status, const char *words) {
  struct data *data;
  ck_assert_int_eq(data_open(&data, &fake->object, NULL, keys, 1), status);
  ck_assert_ptr_null(data);
  ck_assert_msg(strstr(error_text(), words) != NULL, "\"%s\" does not say \"%s\"", error_text(), words);
}

static inline struct feeder *feed(const struct data *data, const struct feeding *feeding) {
  struct feeder *feeder;
  int status = feeder_create(&feeder, data, feeding);
  ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  return feeder;
}

/* One epoch from batch `first` on, put together: x: (rest, elements), labels: (rest), each if not NULL. Returns how
 * many samples there were. */
static inline int64_t collect(struct feeder *feeder, int64_t epoch, int64_t first, int64_t elements, float *x,
                              int32_t *labels) {
  struct batch batch;
  int64_t n = 0;
  ck_assert_int_eq(feeder_start(feeder, epoch, first), STRAIT_OK);
  for (;;) {
    ck_assert_msg(feeder_next(feeder, &batch) == STRAIT_OK, "%s", error_text());
    if (batch.samples == 0)
      return n;
    if (x)
      memcpy(x + n * elements, batch.x, (size_t)(batch.samples * elements) * sizeof *x);
    if (labels)
      memcpy(labels + n, batch.target, (size_t)batch.samples * sizeof *labels);
    n += batch.samples;
  }
}

/* The labels of a split in index order. */
static inline int64_t split_labels(const struct data *data, int split, int32_t *labels) {
  struct feeder *feeder = feed(data, &(struct feeding){.split = split, .batch = 16});
  int64_t n = collect(feeder, 1, 0, 0, NULL, labels);
  feeder_free(feeder);
  return n;
}

static inline int run_suite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
