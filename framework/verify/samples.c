/* verify/samples.c: the laws of reading samples (strait/dataset.h), seen through a sample of our own that remembers
 * what read() did to it. */
#include <config.h> /* _GNU_SOURCE */

#include "verify/dataset.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

enum { GUARD = 64, GUARD_BYTE = 0x3c, SAMPLES = 256 };

/* Bytes between two guards. */
struct room {
  unsigned char *data; /* GUARD bytes, the room, GUARD bytes */
  size_t capacity, bytes;
};

static void *room_make(struct room *room, size_t bytes, int fill) {
  if (memory_grow(&room->data, &room->capacity, bytes + 2 * GUARD, 1))
    return NULL;
  memset(room->data, GUARD_BYTE, bytes + 2 * GUARD);
  memset(room->data + GUARD, fill, bytes);
  room->bytes = bytes;
  return room->data + GUARD;
}

static int room_is_guarded(const struct room *room) {
  for (size_t i = 0; i < GUARD && room->bytes; i++)
    if (room->data[i] != GUARD_BYTE || room->data[GUARD + room->bytes + i] != GUARD_BYTE)
      return 0;
  return 1;
}

/* The handle that read() fills, and what it did to it. */
struct reading {
  strait_sample sample; /* first: the plugin's view */
  struct room elements, target, labels;
  int fill; /* what the rooms held before */
  uint32_t element, rank;
  int64_t dims[STRAIT_MAX_DIMS];
  int reserved, labelled;
  int64_t label;
  int64_t targets;   /* numbers asked for; -1: none */
  int64_t positions; /* classes asked for; -1: none */
};

static void *reserve(strait_sample *sample, uint32_t rank, const int64_t *dims) {
  struct reading *r = (struct reading *)sample;
  int64_t elements = 1;
  r->reserved = 1;
  r->rank = rank;
  for (uint32_t i = 0; i < rank && i < STRAIT_MAX_DIMS; i++) {
    r->dims[i] = dims[i];
    if (dims[i] < 1 || dims[i] > LARGEST_SAMPLE || (elements *= dims[i]) > LARGEST_SAMPLE)
      return error_set(STRAIT_EFORMAT, "a sample with a dimension of %lld", (long long)dims[i]), NULL;
  }
  if (rank < 1 || rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_EFORMAT, "a sample of %u dimensions", rank), NULL;
  return room_make(&r->elements, (size_t)elements * (r->element == STRAIT_U8 ? 1 : 4), r->fill);
}

static int32_t label(strait_sample *sample, int64_t value) {
  struct reading *r = (struct reading *)sample;
  r->labelled = 1;
  r->label = value;
  return STRAIT_OK;
}

static float *target(strait_sample *sample, int64_t count) {
  struct reading *r = (struct reading *)sample;
  if (count < 1 || count > LARGEST_SAMPLE)
    return error_set(STRAIT_EFORMAT, "a target of %lld numbers", (long long)count), NULL;
  r->targets = count;
  return room_make(&r->target, (size_t)count * sizeof(float), r->fill);
}

static int32_t *labels(strait_sample *sample, int64_t count) {
  struct reading *r = (struct reading *)sample;
  if (count < 1 || count > LARGEST_SAMPLE)
    return error_set(STRAIT_EFORMAT, "a class for each of %lld positions", (long long)count), NULL;
  r->positions = count;
  return room_make(&r->labels, (size_t)count * sizeof(int32_t), r->fill);
}

static const strait_sample_ops reading_ops = {sizeof reading_ops, 0, reserve, label, target, labels};

static void reading_free(struct reading *r) {
  memory_free(r->elements.data);
  memory_free(r->target.data);
  memory_free(r->labels.data);
}

static int read_sample(struct reading *r, const struct dataset *dataset, int which, int64_t index, int fill) {
  r->sample.ops = &reading_ops;
  r->fill = fill;
  r->element = dataset->split[which].element;
  r->reserved = r->labelled = 0;
  r->elements.bytes = r->target.bytes = r->labels.bytes = 0;
  r->targets = r->positions = -1;
  r->label = -1;
  error_clear();
  return dataset->ops->read(dataset->object, (uint32_t)which, index, &r->sample);
}

/* --- which samples --- */

/* The k-th of a split's samples: the first, the last, then all of them, spread so that a part of them comes from all
 * over: steps of about 0.618 of their number, which has no factor in common with it. */
static int64_t index_of(const strait_split *split, int64_t k) {
  int64_t count = split->count, step = (int64_t)(0.618 * (double)count) | 1;
  if (k < 2 || count < 4)
    return k == 0 ? 0 : k == 1 ? count - 1 : 1;
  for (;; step++) {
    int64_t a = count, b = step;
    while (b) {
      int64_t rest = a % b;
      a = b, b = rest;
    }
    if (a == 1)
      return (int64_t)((uint64_t)(k - 1) % (uint64_t)count * (uint64_t)step % (uint64_t)count);
  }
}
static int64_t looks(const strait_split *split) { return split->count < SAMPLES ? split->count : SAMPLES; }

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef int sample_check(struct trial *t, const struct dataset *dataset, int which, int64_t index, int status,
                         const struct reading *r);

/* SAMPLES of each split, and as many more as half a second is enough for. */
static int for_samples(struct trial *t, sample_check *check) {
  struct dataset dataset;
  struct reading r = {0};
  int verdict = dataset_open(t, &dataset);
  for (int which = 0; which < dataset.splits && verdict == LAW_HOLDS; which++) {
    double until = seconds() + 0.5;
    for (int64_t k = 0; k < dataset.split[which].count + 1 && verdict == LAW_HOLDS; k++) {
      int64_t index = index_of(&dataset.split[which], k);
      if (index >= dataset.split[which].count || (k >= SAMPLES && seconds() > until))
        break;
      if (k < SAMPLES || k % 64 == 0)
        law_note(t, "%s sample %lld", split_names[which], (long long)index);
      int status = read_sample(&r, &dataset, which, index, 0xa5);
      verdict = check(t, &dataset, which, index, status, &r);
    }
  }
  reading_free(&r);
  object_free(dataset.object);
  return verdict;
}

/* --- what read() gives --- */

static int check_shape(struct trial *t, const struct dataset *dataset, int which, int64_t index, int status,
                       const struct reading *r) {
  const strait_split *split = &dataset->split[which];
  const char *name = split_names[which];
  if (status < 0)
    return *error_text()
               ? law_fails(t, "%s sample %lld cannot be read: %s", name, (long long)index, error_text())
               : law_fails(t, "%s sample %lld cannot be read, and it does not say why", name, (long long)index);
  if (!r->reserved)
    return law_fails(t, "%s sample %lld: read() did not call strait_sample_reserve", name, (long long)index);
  if (r->rank != split->rank)
    return law_fails(t, "%s sample %lld has rank %u where %u is described", name, (long long)index, r->rank,
                     split->rank);
  for (uint32_t i = 0; i < split->rank; i++)
    if (split->dims[i] && r->dims[i] != split->dims[i])
      return law_fails(t, "%s sample %lld: dimension %u is %lld where %lld is described", name, (long long)index, i,
                       (long long)r->dims[i], (long long)split->dims[i]);
  if (!room_is_guarded(&r->elements))
    return law_fails(t, "%s sample %lld: it writes outside the %zu bytes of the sample", name, (long long)index,
                     r->elements.bytes);
  if (!room_is_guarded(&r->target))
    return law_fails(t, "%s sample %lld: it writes outside the %lld numbers of the target", name, (long long)index,
                     (long long)r->targets);
  if (!room_is_guarded(&r->labels))
    return law_fails(t, "%s sample %lld: it writes outside the %lld classes of its positions", name, (long long)index,
                     (long long)r->positions);
  return law_holds(t);
}
int samples_shapes(struct trial *t) { return for_samples(t, check_shape); }

/* The i-th of some int32 numbers. */
static int32_t integer_at(const struct room *room, int64_t i) {
  int32_t x;
  memcpy(&x, room->data + GUARD + (size_t)i * sizeof x, sizeof x);
  return x;
}

/* A class, or -1, for each position; integers are classes too. */
static int check_positions(struct trial *t, const strait_split *split, const char *name, int64_t index,
                           const struct reading *r) {
  if (r->positions != split->dims[0])
    return law_fails(t, "%s sample %lld: %lld classes for %lld positions", name, (long long)index,
                     (long long)r->positions, (long long)split->dims[0]);
  for (int64_t i = 0; i < r->positions; i++) {
    const int32_t given = integer_at(&r->labels, i);
    if (given < -1 || given >= split->classes)
      return law_fails(t, "%s sample %lld: position %lld has the label %d, which is neither -1 nor in 0..%lld", name,
                       (long long)index, (long long)i, (int)given, (long long)split->classes - 1);
  }
  const int64_t integers = split->element == STRAIT_I32 ? (int64_t)(r->elements.bytes / sizeof(int32_t)) : 0;
  for (int64_t i = 0; i < integers; i++) {
    const int32_t given = integer_at(&r->elements, i);
    if (given < 0 || given >= split->classes)
      return law_fails(t, "%s sample %lld: element %lld is %d, outside 0..%lld", name, (long long)index, (long long)i,
                       (int)given, (long long)split->classes - 1);
  }
  return law_holds(t);
}

static int check_label(struct trial *t, const struct dataset *dataset, int which, int64_t index, int status,
                       const struct reading *r) {
  const strait_split *split = &dataset->split[which];
  const char *name = split_names[which];
  int64_t own = -1;
  if (status < 0) /* of another law */
    return law_holds(t);
  if (split->target == STRAIT_TARGET_REAL)
    return r->targets == split->classes ? law_holds(t)
                                        : law_fails(t, "%s sample %lld: %lld numbers of a target of %lld", name,
                                                    (long long)index, (long long)r->targets, (long long)split->classes);
  if (split->target == STRAIT_TARGET_CLASSES)
    return check_positions(t, split, name, index, r);
  if (!r->labelled)
    return law_fails(t, "%s sample %lld: read() did not call strait_sample_label", name, (long long)index);
  if (r->label < 0 || r->label >= split->classes)
    return law_fails(t, "%s sample %lld has the label %lld, outside 0..%lld", name, (long long)index,
                     (long long)r->label, (long long)split->classes - 1);
  if (dataset->ops->label &&
      (dataset->ops->label(dataset->object, (uint32_t)which, index, &own) < 0 || own != r->label))
    return law_fails(t, "%s sample %lld: read() gives the label %lld, label() %lld", name, (long long)index,
                     (long long)r->label, (long long)own);
  return law_holds(t);
}
int samples_labels(struct trial *t) { return for_samples(t, check_label); }

/* The first of some float32 numbers that is not finite; -1: all are. */
static int64_t first_not_finite(const struct room *room) {
  for (size_t i = 0; i < room->bytes / sizeof(float); i++) {
    float x;
    memcpy(&x, room->data + GUARD + i * sizeof x, sizeof x);
    if (!isfinite(x))
      return (int64_t)i;
  }
  return -1;
}

static int check_finite(struct trial *t, const struct dataset *dataset, int which, int64_t index, int status,
                        const struct reading *r) {
  int64_t element = dataset->split[which].element == STRAIT_F32 ? first_not_finite(&r->elements) : -1;
  if (status < 0)
    return law_holds(t);
  if (element >= 0)
    return law_fails(t, "%s sample %lld: element %lld is not finite, or was not written", split_names[which],
                     (long long)index, (long long)element);
  if (r->targets > 0 && (element = first_not_finite(&r->target)) >= 0)
    return law_fails(t, "%s sample %lld: number %lld of its target is not finite, or was not written",
                     split_names[which], (long long)index, (long long)element);
  return law_holds(t);
}
int samples_finite(struct trial *t) { return for_samples(t, check_finite); }

/* --- one long sequence --- */

/* Was a sample read that has the shape that is described? Else another law says so. */
static int read_whole_sample(struct reading *r, const struct dataset *dataset, int which, int64_t index) {
  const int64_t positions = dataset->split[which].dims[0];
  return read_sample(r, dataset, which, index, 0xa5) >= 0 && r->reserved && r->rank == 1 && r->dims[0] == positions &&
         r->positions == positions;
}

/* Of two samples, the second a place after the first: is what lies between the same, and has what is behind the end no
 * target? */
static int check_next(struct trial *t, const strait_split *split, const char *name, int64_t index,
                      const struct reading *a, const struct reading *b) {
  const size_t element = split->element == STRAIT_U8 ? 1 : 4;
  for (int64_t i = 0; i < split->dims[0]; i++) {
    const int32_t given = integer_at(&a->labels, i);
    if (index + i >= split->count && given != -1)
      return law_fails(t, "%s sample %lld: position %lld is behind the end of the sequence, and has the label %d", name,
                       (long long)index, (long long)i, (int)given);
    if (i == 0 || index + i >= split->count || index + 1 >= split->count)
      continue;
    if (given != integer_at(&b->labels, i - 1) ||
        memcmp(a->elements.data + GUARD + (size_t)i * element, b->elements.data + GUARD + (size_t)(i - 1) * element,
               element) != 0)
      return law_fails(t, "%s sample %lld: position %lld is not position %lld of the next sample", name,
                       (long long)index, (long long)i, (long long)i - 1);
  }
  return law_holds(t);
}

int samples_sequence(struct trial *t) {
  struct dataset dataset;
  struct reading a = {0}, b = {0};
  int verdict = dataset_open(t, &dataset);
  if (verdict == LAW_HOLDS && dataset.split[STRAIT_TRAIN].order == STRAIT_ORDER_SHUFFLED)
    verdict = law_void(t, "the samples are no places of one sequence");
  for (int which = 0; which < dataset.splits && verdict == LAW_HOLDS; which++) {
    const strait_split *split = &dataset.split[which];
    for (int64_t k = 0; k < looks(split) && verdict == LAW_HOLDS; k++) {
      const int64_t index = index_of(split, k);
      law_note(t, "%s sample %lld", split_names[which], (long long)index);
      if (read_whole_sample(&a, &dataset, which, index) &&
          (index + 1 >= split->count || read_whole_sample(&b, &dataset, which, index + 1)))
        verdict = check_next(t, split, split_names[which], index, &a, &b);
    }
  }
  reading_free(&a);
  reading_free(&b);
  object_free(dataset.object);
  return verdict;
}

/* --- the same bytes again --- */

/* Elements, label and target of a sample, and what label() says. */
static int hash_sample(struct hash *hash, struct reading *r, const struct dataset *dataset, int which, int64_t index,
                       int fill) {
  int64_t own = -1;
  int status = read_sample(r, dataset, which, index, fill);
  hash_integer(hash, status);
  if (dataset->ops->label)
    hash_integer(hash, dataset->ops->label(dataset->object, (uint32_t)which, index, &own));
  hash_integer(hash, own);
  if (status < 0)
    return status;
  hash_bytes(hash, r->dims, r->rank * sizeof *r->dims);
  hash_bytes(hash, r->elements.data + GUARD, r->elements.bytes);
  hash_integer(hash, r->label);
  if (r->target.bytes)
    hash_bytes(hash, r->target.data + GUARD, r->target.bytes);
  if (r->labels.bytes)
    hash_bytes(hash, r->labels.data + GUARD, r->labels.bytes);
  return STRAIT_OK;
}

static int digest_sample(struct reading *r, const struct dataset *dataset, int which, int64_t index, int fill,
                         char digest[33]) {
  struct hash *hash = hash_create();
  if (!hash)
    return error_set(STRAIT_ENOMEM, "out of memory");
  hash_sample(hash, r, dataset, which, index, fill);
  hash_digest(hash, digest);
  hash_free(hash);
  return STRAIT_OK;
}

/* Each sample twice running; then all in another order. The rooms held something else each time: what is not written
 * shows too. */
static int reread_split(struct trial *t, const struct dataset *dataset, int which, struct reading *r) {
  const strait_split *split = &dataset->split[which];
  int64_t n = looks(split), order[SAMPLES];
  char first[SAMPLES][33] = {""}, again[33] = "";
  law_shuffle(order, n, 0);
  for (int64_t k = 0; k < 3 * n; k++) {
    int64_t at = k < 2 * n ? k / 2 : order[k - 2 * n], index = index_of(split, at);
    int once = k < 2 * n && k % 2 == 0;
    law_note(t, "%s sample %lld%s", split_names[which], (long long)index, once ? "" : ", again");
    if (digest_sample(r, dataset, which, index, k < 2 * n ? once ? 0xa5 : 0x5a : 0xc3, once ? first[at] : again))
      return law_not_run(t, "%s", error_text());
    if (!once && strcmp(again, first[at]) != 0)
      return law_fails(t, "%s sample %lld has other bytes at the %s reading, or does not write them all",
                       split_names[which], (long long)index, k < 2 * n ? "second" : "third");
  }
  return law_holds(t);
}

int samples_rereading(struct trial *t) {
  struct dataset dataset;
  struct reading r = {0};
  int verdict = dataset_open(t, &dataset);
  for (int which = 0; which < dataset.splits && verdict == LAW_HOLDS; which++)
    verdict = reread_split(t, &dataset, which, &r);
  reading_free(&r);
  object_free(dataset.object);
  return verdict;
}

/* --- several threads --- */

enum { PARTS = 64 };

static int read_part(void *context, int64_t part, int worker, struct hash *hash) {
  const struct dataset *dataset = context;
  struct reading r = {0};
  int status = STRAIT_OK;
  (void)worker;
  for (int which = 0; which < dataset->splits && status >= 0; which++)
    for (int64_t k = part; k < looks(&dataset->split[which]) && k < part + 2 * PARTS && status >= 0; k += PARTS)
      status = hash_sample(hash, &r, dataset, which, index_of(&dataset->split[which], k), 0xa5);
  reading_free(&r);
  return status;
}

int samples_threads(struct trial *t) {
  struct dataset dataset;
  const struct parts parts = {&dataset, read_part, PARTS};
  int verdict = dataset_open(t, &dataset);
  verdict = verdict ? verdict : law_threads(t, &parts);
  object_free(dataset.object);
  return verdict;
}

int samples_hash(struct trial *t, struct dataset *dataset, struct hash *hash) {
  int status = STRAIT_OK;
  for (int64_t part = 0; part < 4 && status >= 0; part++) {
    status = read_part(dataset, part, 0, hash);
    trial_watch(t);
  }
  return status;
}
