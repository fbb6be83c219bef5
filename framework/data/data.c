/* data/data.c: opens a data set and applies the user's keys, in this order: broken samples out, limit, holdout, label
 * noise.
 *
 * Every sample that is used is read once here, so a broken file is found before a training begins, and later passes
 * take samples from memory. That is not so for samples that are costly to read (whose plugin has label()), for images
 * of different sizes, and for elements of more than CAPACITY bytes: those are read when they are needed, and a broken
 * one is found then (with `broken = skip`, here). */
#include "data/data.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/internal.h"

#define CAPACITY ((int64_t)4 << 30)

const char *split_name(int split) {
  static const char *const names[SPLITS] = {"train", "validation", "test"};
  return split >= 0 && split < SPLITS ? names[split] : "unknown";
}

static int read_word(struct data *data, const char *word) {
  static const char *const known[] = {"crop", "resized-crop", "flip", "none"};
  if (!strcmp(word, "crop"))
    data->crop = 1;
  else if (!strcmp(word, "resized-crop"))
    data->resized_crop = 1;
  else if (!strcmp(word, "flip"))
    data->flip = 1;
  else if (strcmp(word, "none")) {
    const char *near = text_nearest(word, known, sizeof known / sizeof *known);
    return error_set(STRAIT_EINVAL, "augment = %s: not crop, resized-crop, flip or none%s%s%s", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  }
  return STRAIT_OK;
}

static int read_augment(struct data *data, const strait_strings *words) {
  const strait_split *split = &data->source.split[STRAIT_TRAIN];
  const char *name = data->source.object->name;
  for (size_t i = 0; i < words->n; i++) {
    if (read_word(data, words->v[i]) < 0)
      return error_failure();
    if (!strcmp(words->v[i], "none") && words->n > 1)
      return error_set(STRAIT_EINVAL, "augment: \"none\" stands alone");
  }
  if ((data->crop || data->resized_crop || data->flip) && split->rank != 3)
    return error_set(STRAIT_EINVAL, "augment: the samples of data set %s are not images", name);
  if (data->resized_crop && split->element != STRAIT_U8)
    return error_set(STRAIT_ENOTSUP, "augment = resized-crop: data set %s has no images of bytes", name);
  return STRAIT_OK;
}

#define DEFAULT_SIZE 224 /* of images whose sizes vary: what the networks for ImageNet take */

/* What images become. *size is 0 where they keep their own. */
static int read_size(const struct data *data, const struct data_keys *keys, int64_t *size, int64_t *shorter) {
  const strait_split *split = &data->source.split[STRAIT_TRAIN];
  *size = keys->image_size ? keys->image_size : data->source.varies ? DEFAULT_SIZE : 0;
  *shorter = keys->image_resize ? keys->image_resize : (*size * 8 + 3) / 7;
  if (*size && (split->rank != 3 || split->element != STRAIT_U8))
    return error_set(STRAIT_ENOTSUP, "image.size = %" PRId64 ": data set %s has no images of bytes", *size,
                     data->source.object->name);
  if (!*size && keys->image_resize)
    return error_set(STRAIT_EINVAL, "image.resize = %" PRId64 " needs image.size, which says what is cut out of that",
                     keys->image_resize);
  if (*shorter < *size)
    return error_set(STRAIT_EINVAL, "image.resize = %" PRId64 " is less than image.size = %" PRId64, *shorter, *size);
  return STRAIT_OK;
}

/* --- one long sequence --- */

/* limit and holdout count samples that follow one another. Nothing is read: the plugin's open() has looked at all. */
static int cut_sequence(struct data *data, const struct data_keys *keys) {
  const strait_split *split = data->source.split;
  const int64_t pieces = data_pieces(data, split[STRAIT_TRAIN].count), steps = data_steps(data);
  const int64_t wanted = keys->limit ? keys->limit : pieces, left = wanted - keys->holdout;
  if (keys->balanced && keys->limit)
    return error_set(STRAIT_EINVAL, "limit-balanced = yes: the samples of data set %s have no classes",
                     data->source.object->name);
  if (keys->limit > pieces)
    return error_set(STRAIT_EINVAL, "limit = %" PRId64 ": data set %s has %" PRId64 " training samples", keys->limit,
                     data->source.object->name, pieces);
  if (left < 1)
    return error_set(STRAIT_EINVAL, "holdout = %" PRId64 " leaves nothing of %" PRId64 " training samples",
                     keys->holdout, wanted);
  const int64_t end = wanted < pieces ? wanted * steps : split[STRAIT_TRAIN].count;
  const int64_t middle = left < pieces ? left * steps : split[STRAIT_TRAIN].count;
  data->places[SPLIT_TRAIN].which = data->places[SPLIT_VALIDATION].which = STRAIT_TRAIN;
  data->places[SPLIT_TRAIN].count = middle;
  data->places[SPLIT_VALIDATION].first = middle;
  data->places[SPLIT_VALIDATION].count = end - middle;
  if (data->source.splits == 3) {
    data->places[SPLIT_VALIDATION].which = STRAIT_VALIDATION;
    data->places[SPLIT_VALIDATION].first = 0;
    data->places[SPLIT_VALIDATION].count = split[STRAIT_VALIDATION].count;
  }
  data->places[SPLIT_TEST].which = STRAIT_TEST;
  data->places[SPLIT_TEST].count = split[STRAIT_TEST].count;
  return STRAIT_OK;
}

int data_ordered(const struct data *data) { return data->source.ordered; }

int data_check_batch(const struct data *data, int64_t batch) {
  const int64_t tokens = data->places[SPLIT_TRAIN].count + 1, steps = data->source.ordered ? data_steps(data) : 0;
  const int streams = data->source.split[0].order == STRAIT_ORDER_STREAMS;
  if (streams && data_stream_batches(data, tokens - 1, batch) < 1)
    return error_set(STRAIT_EINVAL,
                     "batch = %" PRId64 ": %" PRId64 " training tokens in %" PRId64 " streams leave %" PRId64
                     " to each, and a sample takes %" PRId64 " and the one after; lower batch or the steps of a sample",
                     batch, tokens, batch, tokens / batch, steps);
  if (data->source.ordered && tokens - 1 < steps)
    return error_set(STRAIT_EINVAL,
                     "%" PRId64 " training tokens are too few: a sample takes %" PRId64
                     " and the one after; lower the steps of a sample",
                     tokens, steps);
  return STRAIT_OK;
}

int64_t data_epoch(const struct data *data, int64_t batch) {
  const strait_split *split = &data->source.split[STRAIT_TRAIN];
  int64_t samples = data_count(data, SPLIT_TRAIN);
  if (split->order == STRAIT_ORDER_STREAMS) {
    const int64_t batches = data_stream_batches(data, data->places[SPLIT_TRAIN].count, batch);
    return batches > 1 ? batches : 1;
  }
  if (split->epoch)
    samples = split->epoch;
  return samples > batch ? (samples - 1) / batch + 1 : 1;
}

/* --- opening --- */

static int fill_shelves(struct data *data, const struct data_keys *keys, uint64_t seed, int64_t capacity) {
  const struct selection train = {.limit = keys->limit,
                                  .balanced = keys->balanced,
                                  .holdout = keys->holdout,
                                  .seed = seed,
                                  .skip = keys->broken,
                                  .capacity = capacity};
  const struct selection test = {.skip = keys->broken, .capacity = capacity};
  const int own = data->source.splits == 3;
  if (own && keys->holdout)
    return error_set(STRAIT_EINVAL, "holdout = %" PRId64 ": data set %s has a validation split of its own",
                     keys->holdout, data->source.object->name);
  if (data->source.ordered)
    return cut_sequence(data, keys);
  if (own && shelf_fill(&data->shelf[STRAIT_VALIDATION], &data->source, STRAIT_VALIDATION, &test) < 0)
    return error_failure();
  if (shelf_fill(&data->shelf[STRAIT_TRAIN], &data->source, STRAIT_TRAIN, &train) < 0 ||
      shelf_fill(&data->shelf[STRAIT_TEST], &data->source, STRAIT_TEST, &test) < 0)
    return error_failure();
  if (keys->holdout >= data->shelf[STRAIT_TRAIN].count)
    return error_set(STRAIT_EINVAL, "holdout = %" PRId64 " leaves nothing of %" PRId64 " training samples",
                     keys->holdout, data->shelf[STRAIT_TRAIN].count);
  data->held_out = keys->holdout;
  return STRAIT_OK;
}

static int add_noise(struct data *data, double probability, uint64_t seed) {
  if (probability <= 0)
    return STRAIT_OK;
  if (data->description.target != STRAIT_TARGET_CLASS)
    return error_set(STRAIT_EINVAL, "label-noise: the samples of data set %s have no classes",
                     data->source.object->name);
  shelf_noise(&data->shelf[STRAIT_TRAIN], data_count(data, SPLIT_TRAIN), data->description.classes, probability, seed);
  return STRAIT_OK;
}

/* What the data is: the bytes that open() read, and what the plugin says of them. The user's keys are no part of it. */
static int take_fingerprint(struct data *data) {
  struct hash *hash = hash_create();
  char opened[33];
  if (!hash)
    return STRAIT_ENOMEM;
  object_fingerprint(data->source.object, opened);
  hash_text(hash, opened);
  for (int which = 0; which < data->source.splits; which++) {
    const strait_split *split = &data->source.split[which];
    hash_integer(hash, split->element);
    hash_integer(hash, split->target);
    hash_integer(hash, split->rank);
    for (uint32_t i = 0; i < split->rank; i++)
      hash_integer(hash, split->dims[i]);
    hash_integer(hash, split->count);
    hash_integer(hash, split->classes);
    if (split->order != STRAIT_ORDER_SHUFFLED) {
      hash_integer(hash, split->order);
      hash_integer(hash, split->epoch);
    }
  }
  hash_digest(hash, data->fingerprint);
  hash_free(hash);
  return STRAIT_OK;
}

static int open_all(struct data *data, strait_object *dataset, struct registry *registry, const struct data_keys *keys,
                    uint64_t noise_seed, int64_t capacity) {
  int64_t size, shorter;
  if (source_open(&data->source, dataset) < 0 || take_fingerprint(data) < 0 || read_augment(data, &keys->augment) < 0 ||
      read_size(data, keys, &size, &shorter) < 0 ||
      normal_read(&data->normal, keys->normalise, &data->source, registry) < 0 ||
      transform_create(&data->transform, &data->source, &data->normal, size, shorter) < 0 ||
      fill_shelves(data, keys, noise_seed, capacity) < 0)
    return error_failure();
  data->description = data->source.split[STRAIT_TRAIN];
  data->description.count = data_count(data, SPLIT_TRAIN);
  if (data->description.rank == 3) {
    data->description.dims[1] = data->transform.height;
    data->description.dims[2] = data->transform.width;
  }
  return add_noise(data, keys->label_noise, noise_seed);
}

int data_open_within(struct data **out, strait_object *dataset, struct registry *registry, const struct data_keys *keys,
                     uint64_t noise_seed, int64_t capacity) {
  struct data *data = memory_alloc(1, sizeof *data);
  *out = NULL;
  if (!data)
    return STRAIT_ENOMEM;
  int status = open_all(data, dataset, registry, keys, noise_seed, capacity);
  if (status < 0)
    data_free(data);
  else
    *out = data;
  return status;
}

int data_open(struct data **data, strait_object *dataset, struct registry *registry, const struct data_keys *keys,
              uint64_t noise_seed) {
  return data_open_within(data, dataset, registry, keys, noise_seed, CAPACITY);
}

void data_free(struct data *data) {
  if (!data)
    return;
  shelf_free(&data->shelf[STRAIT_TRAIN]);
  shelf_free(&data->shelf[STRAIT_TEST]);
  shelf_free(&data->shelf[STRAIT_VALIDATION]);
  transform_free(&data->transform);
  normal_free(&data->normal);
  memory_free(data);
}

int64_t data_count(const struct data *data, int split) {
  if (data->source.ordered)
    return data_pieces(data, data->places[split].count);
  if (split == SPLIT_VALIDATION)
    return data->held_out + data->shelf[STRAIT_VALIDATION].count;
  return split == SPLIT_TRAIN ? data->shelf[STRAIT_TRAIN].count - data->held_out : data->shelf[STRAIT_TEST].count;
}

const strait_split *data_describe(const struct data *data) { return &data->description; }
void data_fingerprint(const struct data *data, char digest[33]) { memcpy(digest, data->fingerprint, 33); }
int data_augments(const struct data *data) { return data->crop || data->resized_crop || data->flip; }
const float *data_mean(const struct data *data) { return data->normal.mean; }
const float *data_deviation(const struct data *data) { return data->normal.deviation; }

struct spot data_spot(const struct data *data, int split, int64_t number) {
  if (data->source.ordered)
    return (struct spot){data->places[split].which, data->places[split].first + number};
  if (split == SPLIT_TEST)
    return (struct spot){STRAIT_TEST, number};
  if (split == SPLIT_VALIDATION && data->source.splits == 3)
    return (struct spot){STRAIT_VALIDATION, number};
  return (struct spot){STRAIT_TRAIN, split == SPLIT_TRAIN ? number : data_count(data, SPLIT_TRAIN) + number};
}

const unsigned char *data_raw(const struct data *data, struct spot spot, struct reading *reading, int32_t *label,
                              float *target) {
  const struct shelf *shelf = &data->shelf[spot.which];
  if (!shelf->raw)
    return source_read(&data->source, spot.which, data_index(data, spot), reading, label, target) < 0
               ? NULL
               : reading->elements;
  reading->height = data->source.split[spot.which].dims[1];
  reading->width = data->source.split[spot.which].dims[2];
  return shelf->raw + spot.place * data->source.bytes;
}
