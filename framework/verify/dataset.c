/* verify/dataset.c: the laws of data sets (strait/dataset.h): opening and describing; reading is in samples.c. */
#include "verify/dataset.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

const char *const split_names[3] = {"train", "test", "validation"};

int dataset_describe(struct dataset *dataset) {
  dataset->splits = 2;
  for (int which = 0; which < dataset->splits; which++) {
    strait_split *split = &dataset->split[which];
    *split = (strait_split){.size = sizeof *split};
    error_clear();
    int status = dataset->ops->describe(dataset->object, (uint32_t)which, split);
    if (status < 0)
      return status;
    if (which == STRAIT_TRAIN && split->validation)
      dataset->splits = 3;
  }
  return STRAIT_OK;
}

int dataset_open(struct trial *t, struct dataset *dataset) {
  *dataset = (struct dataset){0};
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  dataset->object = trial_object(t, &t->variant[0]);
  if (!dataset->object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  dataset->ops = object_ops(dataset->object);
  error_clear();
  int status = dataset->ops->open(dataset->object);
  if (status < 0)
    return law_not_run(t, "its data could not be opened: %s", *error_text() ? error_text() : "it did not say why");
  status = dataset_describe(dataset);
  return status < 0 ? law_not_run(t, "describe() failed: %s", error_text()) : LAW_HOLDS;
}

/* --- opening --- */

/* Data that are not there are no fault of the plugin; that it does not say why is. */
static int dataset_opens(struct trial *t) {
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  const strait_dataset_ops *ops = object_ops(object);
  int32_t status = ops->open(object);
  int verdict = law_holds(t);
  if (status < 0 && error_status() == STRAIT_OK)
    verdict = law_fails(t, "open() failed, and did not say why (strait_fail does)");
  else if (status == STRAIT_EBUG)
    verdict = law_fails_with_error(t, "open()");
  else if (status < 0)
    verdict = law_not_run(t, "%s", error_text());
  object_free(object);
  return verdict;
}

/* --- what describe() says --- */

static int check_split(struct trial *t, const strait_split *s, const char *name) {
  if (s->rank < 1 || s->rank > STRAIT_MAX_DIMS)
    return law_fails(t, "the %s split has rank %u; 1 to 6 are there", name, s->rank);
  if (s->element != STRAIT_U8 && s->element != STRAIT_F32 && s->element != STRAIT_I32)
    return law_fails(t, "the %s split's elements are of type %u, not u8, f32 or i32", name, s->element);
  if (s->target < STRAIT_TARGET_CLASS || s->target > STRAIT_TARGET_REAL)
    return law_fails(t, "the %s split's target is %u, which is not known", name, s->target);
  if (s->order > STRAIT_ORDER_WINDOWS)
    return law_fails(t, "the %s split's order is %u, which is not known", name, s->order);
  if (s->target == STRAIT_TARGET_CLASSES && (s->rank != 1 || s->dims[0] < 1))
    return law_fails(t, "the %s split has a class per position of samples that are no vectors of one length", name);
  if (s->target != STRAIT_TARGET_CLASSES && (s->order != STRAIT_ORDER_SHUFFLED || s->element == STRAIT_I32))
    return law_fails(t, "the %s split has streams, windows or integers without a class per position", name);
  if (s->epoch < 0 || (s->epoch && s->order != STRAIT_ORDER_WINDOWS))
    return law_fails(t, "the %s split has %lld samples per epoch; only windows say how many", name,
                     (long long)s->epoch);
  if (s->classes < 1 || s->classes > INT32_MAX)
    return law_fails(t, "the %s split has %lld classes", name, (long long)s->classes);
  for (uint32_t i = 0; i < s->rank; i++)
    if (s->dims[i] < 0 || s->dims[i] > LARGEST_SAMPLE || (s->dims[i] == 0 && (i == 0 || s->element != STRAIT_U8)))
      return law_fails(t, "the %s split's dimension %u is %lld; 0 is for the sizes of images of bytes", name, i,
                       (long long)s->dims[i]);
  return law_holds(t);
}

static int check_counts(struct trial *t, struct dataset *dataset) {
  const strait_split *train = &dataset->split[0];
  for (int i = 0; i < dataset->splits; i++) {
    const strait_split *other = &dataset->split[i];
    if (other->count < (i == STRAIT_TRAIN))
      return law_fails(t, "%lld %s samples", (long long)other->count, split_names[i]);
    if (train->rank != other->rank || train->element != other->element || train->target != other->target ||
        train->classes != other->classes || train->order != other->order ||
        memcmp(train->dims, other->dims, sizeof train->dims) != 0)
      return law_fails(t, "the %s split differs from the training split in more than its count", split_names[i]);
  }
  strait_split before[3];
  memcpy(before, dataset->split, sizeof before);
  if (dataset_describe(dataset) < 0)
    return law_fails_with_error(t, "describe(), asked again");
  for (int i = 0; i < dataset->splits; i++)
    if (before[i].count != dataset->split[i].count ||
        memcmp(before[i].dims, dataset->split[i].dims, sizeof before[i].dims))
      return law_fails(t, "describe() gives %lld samples of the %s split, then %lld", (long long)before[i].count,
                       split_names[i], (long long)dataset->split[i].count);
  return law_holds(t);
}

/* The usual normalisation, where one is given: a number for each channel. */
static int check_normalisation(struct trial *t, const struct dataset *dataset) {
  const strait_dataset_ops *ops = dataset->ops;
  if (!ops->mean && !ops->deviation)
    return law_holds(t);
  if (!ops->mean || !ops->deviation || ops->channels < 1)
    return law_fails(t, "of mean, deviation and channels one is missing");
  for (int64_t i = 0; i < ops->channels; i++)
    if (!isfinite(ops->mean[i]) || !isfinite(ops->deviation[i]) || ops->deviation[i] <= 0)
      return law_fails(t, "channel %lld has mean %g and deviation %g", (long long)i, (double)ops->mean[i],
                       (double)ops->deviation[i]);
  if (dataset->split[0].rank == 3 && ops->channels != dataset->split[0].dims[0])
    return law_fails(t, "mean and deviation have %lld channels, the samples %lld", (long long)ops->channels,
                     (long long)dataset->split[0].dims[0]);
  return law_holds(t);
}

/* Names of the classes, where there are any: each class has one of its own. */
static int check_names(struct trial *t, const struct dataset *dataset) {
  const strait_split *split = &dataset->split[0];
  if (!split->class_names || split->target == STRAIT_TARGET_REAL)
    return law_holds(t);
  for (int64_t i = 0; i < split->classes; i++) {
    if (!split->class_names[i] || !*split->class_names[i])
      return law_fails(t, "class %lld of %lld has no name", (long long)i, (long long)split->classes);
    for (int64_t k = 0; k < i && split->classes <= 10000; k++)
      if (strcmp(split->class_names[i], split->class_names[k]) == 0)
        return law_fails(t, "classes %lld and %lld are both called \"%s\"", (long long)k, (long long)i,
                         split->class_names[i]);
  }
  return law_holds(t);
}

static int dataset_counts(struct trial *t) {
  struct dataset dataset;
  int verdict = dataset_open(t, &dataset);
  for (int i = 0; i < dataset.splits && verdict == LAW_HOLDS; i++)
    verdict = check_split(t, &dataset.split[i], split_names[i]);
  verdict = verdict ? verdict : check_counts(t, &dataset);
  verdict = verdict ? verdict : check_normalisation(t, &dataset);
  verdict = verdict ? verdict : check_names(t, &dataset);
  object_free(dataset.object);
  return verdict;
}

/* --- for the common laws --- */

static int dataset_start(strait_object *object) {
  return ((const strait_dataset_ops *)object_ops(object))->open(object);
}

static int dataset_exercise(struct trial *t, strait_object *object, struct hash *hash) {
  struct dataset dataset = {.object = object, .ops = object_ops(object)};
  char print[33];
  int status = dataset_describe(&dataset);
  object_fingerprint(object, print);
  hash_text(hash, print);
  for (int which = 0; which < dataset.splits && status >= 0; which++) {
    hash_integer(hash, dataset.split[which].count);
    hash_integer(hash, dataset.split[which].classes);
    hash_bytes(hash, dataset.split[which].dims, sizeof dataset.split[which].dims);
  }
  return status < 0 ? status : samples_hash(t, &dataset, hash);
}

static const struct law laws[] = {
    {"opens", "open() finds its data, or says why not", dataset_opens},
    {"counts", "describe() gives the same sound description of each split every time", dataset_counts},
    {"shapes", "samples have the shape that is described, and nothing is written around them", samples_shapes},
    {"labels", "labels are in range, and label() agrees with read()", samples_labels},
    {"finite", "numbers are finite", samples_finite},
    {"sequence", "of streams and windows, the next sample is the same, one place further on", samples_sequence},
    {"rereading", "a sample is the same bytes at every reading, in any order", samples_rereading},
    {"threads", "several threads at once read the same", samples_threads},
};
const struct kind_laws dataset_laws = {
    .law = laws, .count = sizeof laws / sizeof *laws, .start = dataset_start, .exercise = dataset_exercise};
