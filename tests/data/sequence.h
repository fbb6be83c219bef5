/* sequence.h: a data set that is one long sequence, made of a formula, for the tests of data/ and train/. */
#ifndef TESTS_DATA_SEQUENCE_H
#define TESTS_DATA_SEQUENCE_H

#include <string.h>
#include <strait/dataset.h>

/* What it is; a test sets it before it makes the object. tokens: of the training, test and validation split. */
struct sequence_plan {
  int64_t tokens[3], steps, classes, epoch;
  uint32_t order;
  int validation;
  int64_t odd; /* > 0: the token at this place of the training split is no class */
};
static const struct sequence_plan usual_sequence = {
    .tokens = {41, 23, 18}, .steps = 4, .classes = 7, .order = STRAIT_ORDER_STREAMS};
static struct sequence_plan sequence;

static inline int32_t sequence_token(uint32_t which, int64_t at) {
  if (sequence.odd && which == STRAIT_TRAIN && at == sequence.odd)
    return (int32_t)sequence.classes;
  return (int32_t)((at * at * 5 + at * 3 + which * 11 + at / 3) % sequence.classes);
}

static int32_t sequence_open(void *object) {
  return strait_fingerprint(object, &sequence.order, sizeof sequence.order);
}

static int32_t sequence_describe(const void *object, uint32_t which, strait_split *split) {
  (void)object;
  split->element = STRAIT_I32;
  split->target = STRAIT_TARGET_CLASSES;
  split->order = sequence.order;
  split->rank = 1;
  split->dims[0] = sequence.steps;
  split->count = sequence.tokens[which] - 1;
  split->classes = sequence.classes;
  split->epoch = sequence.epoch;
  split->validation = (uint32_t)sequence.validation;
  return STRAIT_OK;
}

static int32_t sequence_read(const void *object, uint32_t which, int64_t index, strait_sample *sample) {
  const int64_t dims[] = {sequence.steps};
  int32_t *x = strait_sample_reserve(sample, 1, dims), *y = strait_sample_labels(sample, sequence.steps);
  (void)object;
  if (!x || !y)
    return STRAIT_EBUG;
  for (int64_t i = 0; i < sequence.steps; i++) {
    const int there = index + i + 1 < sequence.tokens[which];
    x[i] = there ? sequence_token(which, index + i) : 0;
    y[i] = there ? sequence_token(which, index + i + 1) : -1;
  }
  return STRAIT_OK;
}

struct sequence {
  strait_object object;
};
static const strait_dataset_ops sequence_ops = {
    .size = sizeof sequence_ops, .open = sequence_open, .describe = sequence_describe, .read = sequence_read};
static const strait_class sequence_class = {
    STRAIT_CLASS_BARE(STRAIT_DATASET, "sequence", "1.0", "a formula", struct sequence, &sequence_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

#endif
