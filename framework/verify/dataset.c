/* verify/dataset.c: the laws of data sets (strait/dataset.h): what read() gives, seen through a sample of our own that
 * remembers everything. Samples are the first, the last, and some between. */
#include "verify/law.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum { GUARD = 64, SAMPLES = 256 };
#define LARGEST ((int64_t)1 << 28) /* elements of one sample: as large as anything that is an image */

static const char *const split_names[] = {"train", "test"};

/* The handle that read() fills, and what it did to it. */
struct glass {
  strait_sample sample; /* first: the plugin's view */
  unsigned char fill;   /* what the room held before */
  unsigned char *room;  /* bytes, then GUARD bytes */
  size_t capacity, bytes;
  uint32_t element, rank;
  int64_t dims[STRAIT_MAX_DIMS];
  int reserved, labelled;
  int64_t label;
  float *target;
  size_t target_capacity;
  int64_t targets; /* numbers asked for; -1: none */
};

static void *reserve(strait_sample *sample, uint32_t rank, const int64_t *dims) {
  struct glass *g = (struct glass *)sample;
  int64_t elements = 1;
  g->reserved = 1;
  g->rank = rank;
  for (uint32_t i = 0; i < rank && i < STRAIT_MAX_DIMS; i++) {
    g->dims[i] = dims[i];
    if (dims[i] < 1 || dims[i] > LARGEST || (elements *= dims[i]) > LARGEST)
      return error_set(STRAIT_EFORMAT, "a sample with a dimension of %lld", (long long)dims[i]), NULL;
  }
  g->bytes = (size_t)elements * (g->element == STRAIT_U8 ? 1 : 4);
  if (rank < 1 || rank > STRAIT_MAX_DIMS || memory_grow(&g->room, &g->capacity, g->bytes + GUARD, 1))
    return NULL;
  memset(g->room, g->fill, g->bytes + GUARD);
  return g->room;
}

static int32_t label(strait_sample *sample, int64_t value) {
  struct glass *g = (struct glass *)sample;
  g->labelled = 1;
  g->label = value;
  return STRAIT_OK;
}

static float *target(strait_sample *sample, int64_t count) {
  struct glass *g = (struct glass *)sample;
  if (count < 1 || count > LARGEST ||
      memory_grow(&g->target, &g->target_capacity, (size_t)count + GUARD, sizeof *g->target))
    return NULL;
  g->targets = count;
  memset(g->target, g->fill, ((size_t)count + GUARD) * sizeof *g->target);
  return g->target;
}

static const strait_sample_ops glass_ops = {sizeof glass_ops, 0, reserve, label, target};

/* An instance that is open, with its splits described. */
struct shelf {
  strait_object *object;
  const strait_dataset_ops *ops;
  strait_split split[2];
};

static void glass_free(struct glass *g) {
  memory_free(g->room);
  memory_free(g->target);
}

/* Reads one sample into the glass. */
static int look(struct glass *g, const struct shelf *shelf, uint32_t which, int64_t index, unsigned char fill) {
  g->sample.ops = &glass_ops;
  g->fill = fill;
  g->element = shelf->split[which].element;
  g->reserved = g->labelled = 0;
  g->bytes = 0;
  g->targets = -1;
  g->label = -1;
  error_clear();
  return shelf->ops->read(shelf->object, which, index, &g->sample);
}

static int describe(struct shelf *shelf) {
  for (uint32_t which = 0; which < 2; which++) {
    memset(&shelf->split[which], 0, sizeof shelf->split[which]);
    shelf->split[which].size = sizeof shelf->split[which];
    error_clear();
    int status = shelf->ops->describe(shelf->object, which, &shelf->split[which]);
    if (status < 0)
      return status;
  }
  return STRAIT_OK;
}

/* Opens it and describes its splits: LAW_HOLDS; or the law is not run, as data are missing. */
static int shelf_open(struct trial *t, struct shelf *shelf) {
  *shelf = (struct shelf){0};
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  shelf->object = trial_object(t, &t->variant[0]);
  if (!shelf->object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  shelf->ops = object_ops(shelf->object);
  error_clear();
  int status = shelf->ops->open(shelf->object);
  if (status < 0)
    return law_not_run(t, "its data could not be opened: %s", *error_text() ? error_text() : "it did not say why");
  status = describe(shelf);
  return status < 0 ? law_not_run(t, "describe() failed: %s", error_text()) : LAW_HOLDS;
}

/* The k-th index to look at, of at most SAMPLES. */
static int64_t index_of(const strait_split *split, int64_t k) {
  if (split->count <= SAMPLES)
    return k;
  return k == 0 ? 0 : k == 1 ? split->count - 1 : (int64_t)(law_unit("sample", (uint64_t)k) * (double)split->count);
}
static int64_t looks(const strait_split *split) { return split->count < SAMPLES ? split->count : SAMPLES; }

/* Calls `check` with each sample read; a sample that cannot be read fails the law "reads" alone. */
static int for_samples(struct trial *t, struct shelf *shelf,
                       int (*check)(struct trial *t, const struct shelf *shelf, uint32_t which, int64_t index,
                                    int status, const struct glass *g)) {
  struct glass g = {0};
  int verdict = LAW_HOLDS;
  for (uint32_t which = 0; which < 2 && verdict == LAW_HOLDS; which++)
    for (int64_t k = 0; k < looks(&shelf->split[which]) && verdict == LAW_HOLDS; k++) {
      int64_t index = index_of(&shelf->split[which], k);
      law_note(t, "%s sample %lld", split_names[which], (long long)index);
      int status = look(&g, shelf, which, index, 0xa5);
      verdict = check(t, shelf, which, index, status, &g);
    }
  glass_free(&g);
  return verdict;
}

/* --- opening --- */

/* Data that are not there are no fault of the plugin; that it does not say why is. */
static int opens(struct trial *t) {
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
  if (s->order > STRAIT_ORDER_STREAMS)
    return law_fails(t, "the %s split's order is %u, which is not known", name, s->order);
  if (s->classes < 1 || s->classes > INT32_MAX)
    return law_fails(t, "the %s split has %lld classes", name, (long long)s->classes);
  for (uint32_t i = 0; i < s->rank; i++)
    if (s->dims[i] < 0 || s->dims[i] > LARGEST || (s->dims[i] == 0 && (i == 0 || s->element != STRAIT_U8)))
      return law_fails(t, "the %s split's dimension %u is %lld; 0 is for the sizes of images of bytes", name, i,
                       (long long)s->dims[i]);
  return law_holds(t);
}

static int check_counts(struct trial *t, struct shelf *shelf) {
  const strait_split *train = &shelf->split[0], *test = &shelf->split[1];
  if (train->count < 1 || test->count < 0)
    return law_fails(t, "%lld training samples and %lld test samples", (long long)train->count, (long long)test->count);
  if (train->rank != test->rank || train->element != test->element || train->target != test->target ||
      train->classes != test->classes || train->order != test->order ||
      memcmp(train->dims, test->dims, sizeof train->dims) != 0)
    return law_fails(t, "the two splits differ in more than their counts");
  strait_split before[2] = {*train, *test};
  if (describe(shelf) < 0)
    return law_fails_with_error(t, "describe(), asked again");
  for (int i = 0; i < 2; i++)
    if (before[i].count != shelf->split[i].count || memcmp(before[i].dims, shelf->split[i].dims, sizeof before[i].dims))
      return law_fails(t, "describe() gives %lld samples of the %s split, then %lld", (long long)before[i].count,
                       split_names[i], (long long)shelf->split[i].count);
  return law_holds(t);
}

/* The usual normalisation, where one is given: a number for each channel. */
static int check_normalisation(struct trial *t, const struct shelf *shelf) {
  const strait_dataset_ops *ops = shelf->ops;
  if (!ops->mean && !ops->deviation)
    return law_holds(t);
  if (!ops->mean || !ops->deviation || ops->channels < 1)
    return law_fails(t, "of mean, deviation and channels one is missing");
  for (int64_t i = 0; i < ops->channels; i++)
    if (!isfinite(ops->mean[i]) || !isfinite(ops->deviation[i]) || ops->deviation[i] <= 0)
      return law_fails(t, "channel %lld has mean %g and deviation %g", (long long)i, (double)ops->mean[i],
                       (double)ops->deviation[i]);
  if (shelf->split[0].rank == 3 && ops->channels != shelf->split[0].dims[0])
    return law_fails(t, "mean and deviation have %lld channels, the samples %lld", (long long)ops->channels,
                     (long long)shelf->split[0].dims[0]);
  return law_holds(t);
}

static int counts(struct trial *t) {
  struct shelf shelf;
  int verdict = shelf_open(t, &shelf);
  for (int i = 0; i < 2 && verdict == LAW_HOLDS; i++)
    verdict = check_split(t, &shelf.split[i], split_names[i]);
  verdict = verdict ? verdict : check_counts(t, &shelf);
  verdict = verdict ? verdict : check_normalisation(t, &shelf);
  object_free(shelf.object);
  return verdict;
}

/* --- what read() gives --- */

static int is_guarded(const unsigned char *guard, unsigned char fill) {
  for (int i = 0; i < GUARD; i++)
    if (guard[i] != fill)
      return 0;
  return 1;
}

static int check_shape(struct trial *t, const struct shelf *shelf, uint32_t which, int64_t index, int status,
                       const struct glass *g) {
  const strait_split *split = &shelf->split[which];
  const char *name = split_names[which];
  if (status < 0)
    return *error_text()
               ? law_fails(t, "%s sample %lld cannot be read: %s", name, (long long)index, error_text())
               : law_fails(t, "%s sample %lld cannot be read, and it does not say why", name, (long long)index);
  if (!g->reserved)
    return law_fails(t, "%s sample %lld: read() did not call strait_sample_reserve", name, (long long)index);
  if (g->rank != split->rank)
    return law_fails(t, "%s sample %lld has rank %u where %u is described", name, (long long)index, g->rank,
                     split->rank);
  for (uint32_t i = 0; i < split->rank; i++)
    if (split->dims[i] && g->dims[i] != split->dims[i])
      return law_fails(t, "%s sample %lld: dimension %u is %lld where %lld is described", name, (long long)index, i,
                       (long long)g->dims[i], (long long)split->dims[i]);
  if (!is_guarded(g->room + g->bytes, g->fill))
    return law_fails(t, "%s sample %lld: it writes behind the %zu bytes of the sample", name, (long long)index,
                     g->bytes);
  return law_holds(t);
}

static int check_label(struct trial *t, const struct shelf *shelf, uint32_t which, int64_t index, int status,
                       const struct glass *g) {
  const strait_split *split = &shelf->split[which];
  const char *name = split_names[which];
  int64_t own = -1;
  if (status < 0) /* of another law */
    return law_holds(t);
  if (split->target == STRAIT_TARGET_REAL) {
    if (g->targets != split->classes)
      return law_fails(t, "%s sample %lld: %lld numbers of a target of %lld", name, (long long)index,
                       (long long)g->targets, (long long)split->classes);
    for (int64_t i = 0; i < split->classes; i++)
      if (!isfinite(g->target[i]))
        return law_fails(t, "%s sample %lld: its target is not finite", name, (long long)index);
    return law_holds(t);
  }
  if (split->target != STRAIT_TARGET_CLASS)
    return law_not_run(t, "targets of one class a position are not checked");
  if (!g->labelled)
    return law_fails(t, "%s sample %lld: read() did not call strait_sample_label", name, (long long)index);
  if (g->label < 0 || g->label >= split->classes)
    return law_fails(t, "%s sample %lld has the label %lld, outside 0..%lld", name, (long long)index,
                     (long long)g->label, (long long)split->classes - 1);
  if (shelf->ops->label && (shelf->ops->label(shelf->object, which, index, &own) < 0 || own != g->label))
    return law_fails(t, "%s sample %lld: read() gives the label %lld, label() %lld", name, (long long)index,
                     (long long)g->label, (long long)own);
  return law_holds(t);
}

static int shapes(struct trial *t) {
  struct shelf shelf;
  int verdict = shelf_open(t, &shelf);
  verdict = verdict ? verdict : for_samples(t, &shelf, check_shape);
  object_free(shelf.object);
  return verdict;
}

static int labels(struct trial *t) {
  struct shelf shelf;
  int verdict = shelf_open(t, &shelf);
  verdict = verdict ? verdict : for_samples(t, &shelf, check_label);
  object_free(shelf.object);
  return verdict;
}

/* --- the same bytes again --- */

/* Elements and target of a sample, as a digest. */
static void digest_sample(struct hash *hash, const struct glass *g, int status) {
  hash_integer(hash, status);
  if (status < 0)
    return;
  hash_bytes(hash, g->room, g->bytes);
  hash_integer(hash, g->label);
  if (g->targets > 0)
    hash_bytes(hash, g->target, (size_t)g->targets * sizeof *g->target);
}

static int read_digest(struct glass *g, const struct shelf *shelf, uint32_t which, int64_t index, unsigned char fill,
                       char digest[33]) {
  struct hash *hash = hash_create();
  if (!hash)
    return error_failure();
  digest_sample(hash, g, look(g, shelf, which, index, fill));
  hash_digest(hash, digest);
  hash_free(hash);
  return STRAIT_OK;
}

/* Forwards, then backwards into a room that held something else: what is not written shows too. */
static int reread_split(struct trial *t, const struct shelf *shelf, uint32_t which, struct glass *g) {
  int64_t n = looks(&shelf->split[which]);
  char(*first)[33] = memory_alloc((size_t)n, sizeof *first), again[33];
  if (!first)
    return law_not_run(t, "%s", error_text());
  int verdict = LAW_HOLDS;
  for (int64_t k = 0; k < n && verdict == LAW_HOLDS; k++)
    if (read_digest(g, shelf, which, index_of(&shelf->split[which], k), 0xa5, first[k]))
      verdict = law_not_run(t, "%s", error_text());
  for (int64_t k = n - 1; k >= 0 && verdict == LAW_HOLDS; k--) {
    int64_t index = index_of(&shelf->split[which], k);
    law_note(t, "%s sample %lld, again", split_names[which], (long long)index);
    if (read_digest(g, shelf, which, index, 0x5a, again))
      verdict = law_not_run(t, "%s", error_text());
    else if (strcmp(again, first[k]) != 0)
      verdict = law_fails(t, "%s sample %lld has other bytes at the second reading, or does not write them all",
                          split_names[which], (long long)index);
  }
  memory_free(first);
  return verdict;
}

static int rereading(struct trial *t) {
  struct shelf shelf;
  struct glass g = {0};
  int verdict = shelf_open(t, &shelf);
  for (uint32_t which = 0; which < 2 && verdict == LAW_HOLDS; which++)
    verdict = reread_split(t, &shelf, which, &g);
  glass_free(&g);
  object_free(shelf.object);
  return verdict;
}

/* --- for the common laws --- */

static int start(strait_object *object) { return ((const strait_dataset_ops *)object_ops(object))->open(object); }

static int exercise(struct trial *t, strait_object *object, struct hash *hash) {
  struct shelf shelf = {.object = object, .ops = object_ops(object)};
  struct glass g = {0};
  char print[33];
  int status = describe(&shelf);
  (void)t;
  object_fingerprint(object, print);
  hash_text(hash, print);
  for (uint32_t which = 0; which < 2 && status >= 0; which++)
    for (int64_t k = 0; k < looks(&shelf.split[which]) && k < 8; k++)
      digest_sample(hash, &g, look(&g, &shelf, which, index_of(&shelf.split[which], k), 0xa5));
  glass_free(&g);
  return status;
}

static const struct law laws[] = {
    {"opens", "open() finds its data, or says why not", opens},
    {"counts", "describe() gives the same sound description of both splits every time", counts},
    {"shapes", "samples have the shape that is described, and nothing is written behind them", shapes},
    {"labels", "labels are in range, and label() agrees with read()", labels},
    {"rereading", "a sample is the same bytes at every reading, in any order", rereading},
};
const struct kind_laws dataset_laws = {laws, sizeof laws / sizeof *laws, start, exercise, NULL};
