/* data/shelf.c: takes the wanted samples from a data set, once, when the data is opened. Where the plugin tells the
 * classes alone, because samples are costly to read, nothing else is read here. */
#include "data/shelf.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stop.h"
#include "compute/random.h"
#include "data/mixing.h"
#include "data/sweep.h"

#define BROKEN_SHOWN 10 /* broken samples that are named one by one */

/* One pass over a split. */
struct filling {
  struct shelf *shelf;
  const struct source *source;
  const struct selection *selection;
  int which;
  int64_t wanted;
  int64_t quota;          /* of a class; 0: no quota */
  int64_t *taken;         /* (classes), with a quota */
  int64_t skipped;        /* broken samples left out */
  int by_label;           /* the elements need not be read: label() says all */
  int64_t *order;         /* in which samples are taken; NULL: index order */
  int64_t *total;         /* (classes) of the whole split, where only a part is taken; else NULL */
  struct sweep *sweep;    /* by_label, and broken samples are to be left out */
  struct reading scratch; /* one sample, when elements are not kept */
};

static int create_arrays(struct filling *filling) {
  struct shelf *shelf = filling->shelf;
  const struct source *source = filling->source;
  const strait_split *split = &source->split[filling->which];
  size_t wanted = (size_t)filling->wanted;
  shelf->index = memory_alloc(wanted, sizeof(int64_t));
  if (split->target == STRAIT_TARGET_REAL)
    shelf->target = memory_alloc(wanted, (size_t)split->classes * sizeof(float));
  else
    shelf->label = memory_alloc(wanted, (size_t)source->labels * sizeof(int32_t));
  if (!shelf->index || (!shelf->label && !shelf->target))
    return STRAIT_ENOMEM;
  if (filling->quota && !(filling->taken = memory_alloc((size_t)split->classes, sizeof(int64_t))))
    return STRAIT_ENOMEM;
  filling->by_label = source->ops.label && split->target == STRAIT_TARGET_CLASS;
  if (!source->varies && !filling->by_label && filling->wanted <= filling->selection->capacity / source->bytes) {
    shelf->raw = memory_alloc(wanted, (size_t)source->bytes);
    return shelf->raw ? STRAIT_OK : STRAIT_ENOMEM;
  }
  if (filling->by_label && filling->selection->skip)
    return sweep_create(&filling->sweep, source, filling->which, filling->order);
  return memory_grow(&filling->scratch.elements, &filling->scratch.capacity, (size_t)source->bytes, 1);
}

/* Sets how many samples are wanted, and of each class. */
static int set_wanted(struct filling *filling) {
  const strait_split *split = &filling->source->split[filling->which];
  const int64_t limit = filling->selection->limit;
  if (limit > split->count)
    return error_set(STRAIT_EINVAL, "limit = %" PRId64 ": data set %s has %" PRId64 " training samples", limit,
                     filling->source->object->name, split->count);
  filling->wanted = limit ? limit : split->count;
  if (!limit || !filling->selection->balanced)
    return STRAIT_OK;
  if (split->target != STRAIT_TARGET_CLASS)
    return error_set(STRAIT_EINVAL, "limit-balanced = yes: the samples of data set %s have no classes",
                     filling->source->object->name);
  if (limit % split->classes)
    return error_set(STRAIT_EINVAL,
                     "limit = %" PRId64 " cannot be balanced over %" PRId64 " classes; make it a multiple of them",
                     limit, split->classes);
  filling->quota = limit / split->classes;
  return STRAIT_OK;
}

/* Is the failure one of the sample's own, which `broken = skip` leaves out? */
static int is_broken_sample(int status) {
  return status == STRAIT_EFORMAT || status == STRAIT_EIO || status == STRAIT_ENOENT || status == STRAIT_EINVAL;
}

/* Reads sample `index`, the turn-th that is looked at, into the shelf's next place, or only its class. */
static int read_sample(struct filling *filling, int64_t turn, int64_t index) {
  struct shelf *shelf = filling->shelf;
  const struct source *source = filling->source;
  const int64_t place = shelf->count, classes = source->split[filling->which].classes;
  struct reading kept = {.elements = shelf->raw + (shelf->raw ? place * source->bytes : 0),
                         .capacity = (size_t)source->bytes};
  if (filling->by_label && (!filling->sweep || sweep_readable(filling->sweep, turn)))
    return source_label(source, filling->which, index, shelf->label + place);
  return source_read(source, filling->which, index, shelf->raw ? &kept : &filling->scratch,
                     shelf->label ? shelf->label + place * source->labels : NULL,
                     shelf->target ? shelf->target + place * classes : NULL);
}

/* Takes the next sample if it is wanted. */
static int take_sample(struct filling *filling, int64_t turn) {
  struct shelf *shelf = filling->shelf;
  const int64_t index = filling->order ? filling->order[turn] : turn;
  int status = read_sample(filling, turn, index);
  if (status < 0 && filling->selection->skip && is_broken_sample(status)) {
    if (filling->skipped++ < BROKEN_SHOWN)
      log_message(STRAIT_LOG_WARNING, "left out, as broken = skip says: %s", error_text());
    error_clear();
    return STRAIT_OK;
  }
  if (status < 0)
    return status;
  if (filling->quota) {
    int64_t *taken = &filling->taken[shelf->label[shelf->count]];
    if (*taken == filling->quota)
      return STRAIT_OK;
    ++*taken;
  }
  shelf->index[shelf->count++] = index;
  return STRAIT_OK;
}

/* --- the order --- */

/* The classes of all samples; -1: it cannot be read. Counts them, too. */
static int read_labels(struct filling *filling, int32_t *label) {
  const struct source *source = filling->source;
  const strait_split *split = &source->split[filling->which];
  struct reading reading = {0};
  int status =
      source->ops.label ? STRAIT_OK : memory_grow(&reading.elements, &reading.capacity, (size_t)source->bytes, 1);
  for (int64_t i = 0; status == STRAIT_OK && i < split->count; i++) {
    status = source->ops.label ? source_label(source, filling->which, i, &label[i])
                               : source_read(source, filling->which, i, &reading, &label[i], NULL);
    if (is_broken_sample(status)) { /* if it is wanted, taking it says why */
      label[i] = -1;
      error_clear();
      status = STRAIT_OK;
    } else if (status == STRAIT_OK)
      filling->total[label[i]]++;
    if (status == STRAIT_OK && i % 256 == 0)
      status = stop_check();
  }
  memory_free(reading.elements);
  return status;
}

/* Where only a part of the split is used, and its first or last samples would not have its classes, another order. */
static int choose_order(struct filling *filling) {
  const struct selection *selection = filling->selection;
  const strait_split *split = &filling->source->split[filling->which];
  const int real = split->target != STRAIT_TARGET_CLASS; /* and so no class of a sample to go by */
  const int limited = filling->wanted < split->count;
  const struct cut cut = {limited ? filling->wanted : 0, selection->holdout, selection->balanced && limited};
  int32_t *label = NULL;
  if ((!limited && !selection->holdout) || selection->holdout >= filling->wanted)
    return STRAIT_OK;
  int status = STRAIT_OK;
  if (!real) {
    label = memory_alloc((size_t)split->count, sizeof *label);
    filling->total = memory_alloc((size_t)split->classes, sizeof *filling->total);
    status = label && filling->total ? read_labels(filling, label) : STRAIT_ENOMEM;
  }
  if (status == STRAIT_OK && (real || !mixing_is_fair(label, split->count, split->classes, &cut))) {
    filling->order = memory_alloc((size_t)split->count, sizeof *filling->order);
    status = filling->order ? mixing_order(label, split->count, split->classes, selection->seed, filling->order)
                            : STRAIT_ENOMEM;
    if (status == STRAIT_OK)
      log_message(STRAIT_LOG_INFO, "data set %s: the samples of %s%s%s are drawn by seed.noise, %s",
                  filling->source->object->name, limited ? "limit" : "", limited && selection->holdout ? " and " : "",
                  selection->holdout ? "holdout" : "",
                  real ? "since their targets may come in order" : "class by class, since the classes come in order");
  }
  memory_free(label);
  return status;
}

/* Warns when a part has none of some classes that the whole split has. */
static void check_classes(const struct filling *filling, int64_t first, int64_t last, const char *part, const char *key,
                          int64_t value) {
  const int64_t classes = filling->source->split[filling->which].classes;
  unsigned char *seen = memory_alloc((size_t)classes, 1);
  int64_t missing = 0, all = 0;
  for (int64_t i = first; seen && i < last; i++)
    seen[filling->shelf->label[i]] = 1;
  for (int64_t c = 0; seen && c < classes; c++) {
    all += filling->total[c] > 0;
    missing += filling->total[c] > 0 && !seen[c];
  }
  if (missing)
    log_message(STRAIT_LOG_WARNING,
                "%s = %" PRId64 ": %" PRId64 " of the %" PRId64
                " classes of data set %s have no sample in the %s split",
                key, value, missing, all, filling->source->object->name, part);
  memory_free(seen);
}

/* After the last sample: is the limit reached? */
static int check_filled(const struct filling *filling) {
  const strait_split *split = &filling->source->split[filling->which];
  const char *name = filling->source->object->name;
  const int64_t count = filling->shelf->count, limit = filling->selection->limit;
  if (filling->skipped)
    log_message(STRAIT_LOG_WARNING, "data set %s: %" PRId64 " broken sample%s of %" PRId64 " left out", name,
                filling->skipped, filling->skipped == 1 ? "" : "s", split->count);
  for (int64_t c = 0; filling->quota && c < split->classes; c++) {
    if (filling->taken[c] < filling->quota)
      return error_set(STRAIT_EINVAL,
                       "limit = %" PRId64 ", balanced, needs %" PRId64 " samples of each class; class %" PRId64
                       " of data set %s has %" PRId64,
                       limit, filling->quota, c, name, filling->taken[c]);
  }
  if (limit && count < limit)
    return error_set(STRAIT_EINVAL,
                     "limit = %" PRId64 ": data set %s has %" PRId64 " training samples that can be read", limit, name,
                     count);
  if (filling->skipped && count == 0)
    return error_set(STRAIT_EFORMAT, "data set %s: all %" PRId64 " samples are broken", name, split->count);
  return STRAIT_OK;
}

int shelf_fill(struct shelf *shelf, const struct source *source, int which, const struct selection *selection) {
  struct filling filling = {.shelf = shelf, .source = source, .selection = selection, .which = which};
  memset(shelf, 0, sizeof *shelf);
  int status = set_wanted(&filling);
  if (status == STRAIT_OK)
    status = choose_order(&filling);
  if (status == STRAIT_OK)
    status = create_arrays(&filling);
  for (int64_t i = 0; status == STRAIT_OK && i < source->split[which].count && shelf->count < filling.wanted; i++) {
    status = take_sample(&filling, i);
    if (status == STRAIT_OK && i % 256 == 0)
      status = stop_check();
  }
  if (status == STRAIT_OK)
    status = check_filled(&filling);
  if (status == STRAIT_OK && filling.total && selection->holdout < shelf->count) {
    const int64_t train = shelf->count - selection->holdout;
    if (selection->limit)
      check_classes(&filling, 0, train, "training", "limit", selection->limit);
    else
      check_classes(&filling, 0, train, "training", "holdout", selection->holdout);
    if (selection->holdout)
      check_classes(&filling, train, shelf->count, "validation", "holdout", selection->holdout);
  }
  memory_free(filling.order);
  memory_free(filling.total);
  memory_free(filling.taken);
  memory_free(filling.scratch.elements);
  sweep_free(filling.sweep);
  if (status < 0)
    shelf_free(shelf);
  return status;
}

void shelf_free(struct shelf *shelf) {
  memory_free(shelf->index);
  memory_free(shelf->label);
  memory_free(shelf->target);
  memory_free(shelf->raw);
  memset(shelf, 0, sizeof *shelf);
}

void shelf_noise(struct shelf *shelf, int64_t count, int64_t classes, double probability, uint64_t seed) {
  const struct stream whether = stream_of(seed, "noise", 0), which = stream_of(seed, "noise", 1);
  for (int64_t i = 0; i < count; i++) {
    uint64_t number = (uint64_t)shelf->index[i];
    if (stream_double(&whether, number) < probability)
      shelf->label[i] = (int32_t)stream_below(&which, number, (uint64_t)classes);
  }
}
