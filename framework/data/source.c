/* data/source.c: the host's side of a data set plugin: what it promises is checked here, once, for everything above. */
#include "data/source.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "plugin/registry.h"

/* No sample is larger; so products of dimensions cannot overflow. */
#define LARGEST_SAMPLE ((int64_t)1 << 31)

static const char *const which_name[3] = {"train", "test", "validation"};

static int64_t element_bytes(uint32_t element) { return element == STRAIT_U8 ? 1 : 4; }

/* The dimensions as "1 x 28 x 28". */
static const char *dims_text(uint32_t rank, const int64_t *dims, char *text, size_t size) {
  size_t used = 0;
  text[0] = 0;
  for (uint32_t i = 0; i < rank && i < STRAIT_MAX_DIMS && used < size; i++) {
    int n = snprintf(text + used, size - used, "%s%" PRId64, i ? " x " : "", dims[i]);
    used += n > 0 ? (size_t)n : 0;
  }
  return text;
}

/* A promise of dataset.h that this data set breaks. */
static int broken_promise(const struct source *source, int which, const char *what) {
  return error_set(STRAIT_EBUG, "data set %s, %s split: describe() gave %s", source->object->name, which_name[which],
                   what);
}

static int check_split(const struct source *source, int which) {
  const strait_split *s = &source->split[which];
  if (s->rank < 1 || s->rank > STRAIT_MAX_DIMS)
    return broken_promise(source, which, "a rank outside 1..6");
  if (s->element != STRAIT_U8 && s->element != STRAIT_F32 && s->element != STRAIT_I32)
    return broken_promise(source, which, "an element type that is not u8, f32 or i32");
  if (s->target < STRAIT_TARGET_CLASS || s->target > STRAIT_TARGET_REAL)
    return broken_promise(source, which, "an unknown kind of target");
  if (s->order > STRAIT_ORDER_WINDOWS)
    return broken_promise(source, which, "an unknown order");
  if (s->epoch < 0 || (s->epoch && s->order != STRAIT_ORDER_WINDOWS))
    return broken_promise(source, which, "samples per epoch, which windows alone have");
  if (s->classes < 1 || s->classes > INT32_MAX)
    return broken_promise(source, which, "no number of classes");
  if (s->count < 0)
    return broken_promise(source, which, "a negative count");
  int64_t elements = 1;
  for (uint32_t i = 0; i < s->rank; i++) {
    if (s->dims[i] < 0 || s->dims[i] > LARGEST_SAMPLE || (elements *= s->dims[i]) > LARGEST_SAMPLE)
      return broken_promise(source, which, "dimensions that are negative or too large");
  }
  return STRAIT_OK;
}

static int dims_vary(const strait_split *split) {
  for (uint32_t i = 0; i < split->rank; i++) {
    if (split->dims[i] == 0)
      return 1;
  }
  return 0;
}

/* What dataset.h allows and this version of the host does not do yet. */
static int check_supported(const struct source *source, int which) {
  const strait_split *s = &source->split[which];
  const char *name = source->object->name;
  const int positions = s->target == STRAIT_TARGET_CLASSES;
  if (positions && (s->rank != 1 || dims_vary(s)))
    return error_set(STRAIT_ENOTSUP,
                     "data set %s has a class per position of samples that are no vectors of one length", name);
  if (!positions && (s->order != STRAIT_ORDER_SHUFFLED || s->element == STRAIT_I32))
    return error_set(STRAIT_ENOTSUP, "data set %s has streams, windows or integers without a class per position", name);
  if (s->rank != 1 && s->rank != 3)
    return error_set(STRAIT_ENOTSUP, "data set %s has samples of %u dimensions; this version takes 3 (images) or 1",
                     name, s->rank);
  if (dims_vary(s) && (s->rank != 3 || s->element != STRAIT_U8 || s->dims[0] == 0))
    return error_set(STRAIT_ENOTSUP, "data set %s has samples of different sizes; only images of bytes can be resized",
                     name);
  return STRAIT_OK;
}

/* The other splits must be what a network made for the train split takes. */
static int check_alike(const struct source *source, int which) {
  const strait_split *train = &source->split[STRAIT_TRAIN], *test = &source->split[which];
  const char *name = source->object->name;
  if (train->count == 0)
    return error_set(STRAIT_EFORMAT, "data set %s has no training samples", name);
  if (train->rank != test->rank || memcmp(train->dims, test->dims, train->rank * sizeof train->dims[0])) {
    char a[160], b[160];
    return error_set(STRAIT_EFORMAT, "data set %s: training samples are %s, %s samples %s", name,
                     dims_text(train->rank, train->dims, a, sizeof a), which_name[which],
                     dims_text(test->rank, test->dims, b, sizeof b));
  }
  if (train->classes != test->classes)
    return error_set(STRAIT_EFORMAT, "data set %s: %" PRId64 " classes in training, %" PRId64 " in the %s split", name,
                     train->classes, test->classes, which_name[which]);
  if (train->element != test->element || train->target != test->target || train->order != test->order)
    return broken_promise(source, which, "another element type, target or order than for the train split");
  return STRAIT_OK;
}

/* What a call into the plugin came to. error_clear went before it, so that an old failure does not pass for its cause.
 */
static int answer(const struct source *source, int status, const char *call) {
  if (status < 0 && error_status() == STRAIT_OK)
    return error_set(status, "%s: %s failed and did not say why", source->object->name, call);
  return status < 0 ? error_failure() : STRAIT_OK;
}

int source_open(struct source *source, strait_object *object) {
  memset(source, 0, sizeof *source);
  source->object = object;
  ops_copy(&source->ops, sizeof source->ops, object_ops(object));
  error_clear();
  if (answer(source, source->ops.open(object), "open()") < 0)
    return error_failure();
  source->splits = 2;
  for (int which = 0; which < source->splits; which++) {
    strait_split *split = &source->split[which];
    split->size = sizeof *split;
    error_clear();
    if (answer(source, source->ops.describe(object, (uint32_t)which, split), "describe()") < 0 ||
        check_split(source, which) < 0 || check_supported(source, which) < 0 || check_alike(source, which) < 0)
      return error_failure();
    if (which == STRAIT_TRAIN && split->validation)
      source->splits = 3;
  }
  source->varies = dims_vary(&source->split[0]);
  source->elements = !source->varies;
  for (uint32_t i = 0; i < source->split[0].rank; i++)
    source->elements *= source->split[0].dims[i];
  source->bytes = source->elements * element_bytes(source->split[0].element);
  source->ordered = source->split[0].order != STRAIT_ORDER_SHUFFLED;
  source->labels = source->split[0].target == STRAIT_TARGET_CLASSES ? source->split[0].dims[0]
                   : source->split[0].target == STRAIT_TARGET_CLASS ? 1
                                                                    : 0;
  return STRAIT_OK;
}

/* The handle that read() fills. */
struct cell {
  strait_sample sample; /* first: the plugin's view */
  const strait_split *split;
  struct reading *reading;
  int32_t *label;
  float *target;
  int placed, answered;       /* reserve was called; label or target was */
  struct error_chain refused; /* why reserve failed, whatever the plugin makes of it */
};

/* Does a sample of these dimensions fit the description, where 0 stands for any? */
static int dims_fit(const strait_split *split, uint32_t rank, const int64_t *dims) {
  int64_t elements = 1;
  for (uint32_t i = 0; i < split->rank && i < rank; i++) {
    if (dims[i] < 1 || dims[i] > LARGEST_SAMPLE || (elements *= dims[i]) > LARGEST_SAMPLE ||
        (split->dims[i] && dims[i] != split->dims[i]))
      return 0;
  }
  return rank == split->rank;
}

static void *place(struct cell *cell, uint32_t rank, const int64_t *dims) {
  struct reading *reading = cell->reading;
  if (!dims_fit(cell->split, rank, dims)) {
    char a[160], b[160];
    error_set(STRAIT_EFORMAT, "a sample of %s, where %s is described", dims_text(rank, dims, a, sizeof a),
              dims_text(cell->split->rank, cell->split->dims, b, sizeof b));
    return NULL;
  }
  reading->height = rank == 3 ? dims[1] : 1;
  reading->width = rank == 3 ? dims[2] : 1;
  if (dims_vary(cell->split) &&
      memory_grow(&reading->elements, &reading->capacity, (size_t)(dims[0] * reading->height * reading->width), 1) < 0)
    return NULL;
  cell->placed = 1;
  return reading->elements;
}

static void *cell_reserve(strait_sample *sample, uint32_t rank, const int64_t *dims) {
  struct cell *cell = (struct cell *)sample;
  void *elements = place(cell, rank, dims);
  if (!elements)
    error_take(&cell->refused);
  return elements;
}

/* STRAIT_OK, or why this is no class of the split. */
static int check_label(const strait_split *split, int64_t label) {
  if (label < 0 || label >= split->classes)
    return error_set(STRAIT_EFORMAT, "label %" PRId64 " is outside 0..%" PRId64, label, split->classes - 1);
  return STRAIT_OK;
}

static int32_t cell_label(strait_sample *sample, int64_t label) {
  struct cell *cell = (struct cell *)sample;
  if (cell->split->target != STRAIT_TARGET_CLASS)
    return error_set(STRAIT_EBUG, "a class given where the target is a real vector");
  if (check_label(cell->split, label) < 0)
    return error_failure();
  *cell->label = (int32_t)label;
  cell->answered = 1;
  return STRAIT_OK;
}

static float *cell_target(strait_sample *sample, int64_t count) {
  struct cell *cell = (struct cell *)sample;
  if (cell->split->target != STRAIT_TARGET_REAL || count != cell->split->classes) {
    error_set(STRAIT_EBUG, "a real target of %" PRId64 " numbers, which is not what describe() promised", count);
    return NULL;
  }
  cell->answered = 1;
  return cell->target;
}

static int32_t *cell_labels(strait_sample *sample, int64_t count) {
  struct cell *cell = (struct cell *)sample;
  if (cell->split->target != STRAIT_TARGET_CLASSES || count != cell->split->dims[0]) {
    error_set(STRAIT_EBUG, "%" PRId64 " classes, which is not what describe() promised", count);
    return NULL;
  }
  cell->answered = 1;
  return cell->label;
}

/* Are the classes of all positions, and elements that are integers, such as there are? */
static int check_positions(const struct source *source, int which, const int32_t *elements, const int32_t *label) {
  const strait_split *split = &source->split[which];
  if (split->target != STRAIT_TARGET_CLASSES)
    return STRAIT_OK;
  for (int64_t i = 0; i < source->labels; i++)
    if (label[i] != -1 && check_label(split, label[i]) < 0)
      return error_wrap("position %" PRId64, i);
  for (int64_t i = 0; split->element == STRAIT_I32 && i < source->elements; i++)
    if (elements[i] < 0 || elements[i] >= split->classes)
      return error_set(STRAIT_EFORMAT, "element %" PRId64 " is %d; it must be in 0..%" PRId64, i, (int)elements[i],
                       split->classes - 1);
  return STRAIT_OK;
}

/* The first of these that is not a finite number; `count` when all are. */
static int64_t first_odd(const float *x, int64_t count) {
  int64_t i = 0;
  while (i < count && isfinite(x[i]))
    i++;
  return i;
}

/* Numbers that are none would only be met again as a loss that is none, epochs later. */
static int check_numbers(const struct source *source, int which, const void *elements, const float *target) {
  const strait_split *split = &source->split[which];
  const int64_t given = split->element == STRAIT_F32 ? source->elements : 0;
  const int64_t wanted = split->target == STRAIT_TARGET_REAL ? split->classes : 0;
  int64_t at = first_odd(elements, given);
  if (at < given)
    return error_set(STRAIT_EFORMAT, "element %" PRId64 " is %g; data must be finite numbers", at,
                     (double)((const float *)elements)[at]);
  if ((at = first_odd(target, wanted)) < wanted)
    return error_set(STRAIT_EFORMAT, "number %" PRId64 " of the target is %g; data must be finite numbers", at,
                     (double)target[at]);
  return STRAIT_OK;
}

/* Says which sample failed. */
static int wrap_sample(const struct source *source, int which, int64_t index) {
  return error_wrap("%s sample %" PRId64 " of data set %s", which_name[which], index, source->object->name);
}

int source_read(const struct source *source, int which, int64_t index, struct reading *reading, int32_t *label,
                float *target) {
  static const strait_sample_ops sample_ops = {sizeof sample_ops, 0,           cell_reserve,
                                               cell_label,        cell_target, cell_labels};
  struct cell cell;
  cell.sample.ops = &sample_ops;
  cell.split = &source->split[which];
  cell.reading = reading;
  cell.label = label;
  cell.target = target;
  cell.placed = cell.answered = cell.refused.status = 0; /* its text is left as it is: this runs for every sample */
  error_clear();
  int status = answer(source, source->ops.read(source->object, (uint32_t)which, index, &cell.sample), "read()");
  if (cell.refused.status)
    status = error_give(&cell.refused);
  if (status == STRAIT_OK && (!cell.placed || !cell.answered))
    status = error_set(STRAIT_EBUG, "read() gave %s", cell.placed ? "no target" : "no elements");
  if (status == STRAIT_OK)
    status = check_numbers(source, which, reading->elements, target);
  if (status == STRAIT_OK)
    status = check_positions(source, which, (const int32_t *)(const void *)reading->elements, label);
  return status < 0 ? wrap_sample(source, which, index) : STRAIT_OK;
}

int source_label(const struct source *source, int which, int64_t index, int32_t *label) {
  int64_t given = -1;
  error_clear();
  int status = answer(source, source->ops.label(source->object, (uint32_t)which, index, &given), "label()");
  if (status == STRAIT_OK)
    status = check_label(&source->split[which], given);
  *label = (int32_t)given;
  return status < 0 ? wrap_sample(source, which, index) : STRAIT_OK;
}
