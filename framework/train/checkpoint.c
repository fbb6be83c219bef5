/* train/checkpoint.c: weights and training states as safetensors. */
#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

/* --- weights --- */

static void add_segments(struct array *arrays, size_t *n, const struct layout *layout, const float *vector) {
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    struct array *a = &arrays[(*n)++];
    *a = (struct array){.name = s->name, .type = STRAIT_F32, .rank = s->rank, .data = vector + s->offset};
    memcpy(a->dims, s->dims, sizeof a->dims);
  }
}

int checkpoint_write_weights(const char *path, const struct network *network, const float *theta,
                             const float *statistics, const struct metadata *metadata, size_t pairs) {
  const struct layout *weights = network_weights(network), *buffers = network_statistics(network);
  size_t n = 0;
  int status = STRAIT_ENOMEM;
  struct array *arrays = memory_alloc((size_t)(weights->segments + buffers->segments), sizeof *arrays);
  struct metadata *all = memory_alloc(pairs + 1, sizeof *all);
  if (arrays && all) {
    add_segments(arrays, &n, weights, theta);
    if (statistics)
      add_segments(arrays, &n, buffers, statistics);
    all[0] = (struct metadata){"strait.model", network_model(network)};
    for (size_t i = 0; i < pairs; i++)
      all[i + 1] = metadata[i];
    status = safetensors_write(path, arrays, n, all, pairs + 1);
  }
  memory_free(all);
  memory_free(arrays);
  return status;
}

/* A tensor of a file as the next segment of a layout; `room` is its segment array. */
static void append(struct layout *layout, struct segment *room, const struct array *a) {
  struct segment *s = &room[layout->segments++];
  *s = (struct segment){.name = a->name, .rank = a->rank, .offset = layout->count, .count = array_count(a)};
  memcpy(s->dims, a->dims, sizeof s->dims);
  layout->count += s->count;
}

static int has(const struct layout *layout, const char *name) {
  for (int i = 0; i < layout->segments; i++)
    if (strcmp(layout->segment[i].name, name) == 0)
      return 1;
  return 0;
}

/* The file's tensors as a layout: those that are wanted, in the wanted order, then (where `extras`) what is neither
 * wanted nor of the `other` layout, so that layout_match can name the first difference. */
static struct layout file_layout(const struct layout *wanted, const struct layout *other, const struct arrays *file,
                                 int extras, struct segment *room) {
  struct layout given = {.segment = room};
  for (int i = 0; i < wanted->segments; i++) {
    const struct array *a = arrays_find(file, wanted->segment[i].name);
    if (a)
      append(&given, room, a);
  }
  for (size_t i = 0; extras && i < arrays_count(file); i++) {
    const struct array *a = arrays_at(file, i);
    if (!text_ends(a->name, ".num_batches_tracked") && !has(wanted, a->name) && !has(other, a->name))
      append(&given, room, a);
  }
  return given;
}

/* Nothing can be trained from, or measured at, weights that are no numbers; better said here than as a divergence. */
static int check_finite(const struct segment *s, const float *values) {
  for (int64_t i = 0; i < s->count; i++)
    if (!isfinite(values[i]))
      return error_set(STRAIT_EFORMAT, "tensor %s: its element %lld is %g; weights are finite numbers", s->name,
                       (long long)i, (double)values[i]);
  return STRAIT_OK;
}

int checkpoint_check_finite(const struct layout *layout, const float *vector) {
  int status = STRAIT_OK;
  for (int i = 0; !status && i < layout->segments; i++)
    status = check_finite(&layout->segment[i], vector + layout->segment[i].offset);
  return status;
}

/* Copies the wanted segments out of the file once their names and shapes agree. */
static int take(const struct arrays *file, const struct layout *wanted, const struct layout *other, int extras,
                const char *what, float *vector) {
  struct segment *room = memory_alloc((size_t)wanted->segments + arrays_count(file), sizeof *room);
  if (!room)
    return STRAIT_ENOMEM;
  struct layout given = file_layout(wanted, other, file, extras, room);
  int status = layout_match(wanted, &given, what);
  memory_free(room);
  for (int i = 0; i < wanted->segments && !status; i++) {
    const struct segment *s = &wanted->segment[i];
    const struct array *a = arrays_find(file, s->name);
    if (a->type != STRAIT_F32)
      status = error_set(STRAIT_EFORMAT, "tensor %s is not float32", s->name);
    else if ((status = check_finite(s, a->data)) == STRAIT_OK)
      memcpy(vector + s->offset, a->data, array_bytes(a));
  }
  return status;
}

int checkpoint_read_weights(const char *path, const struct network *network, float *theta, float *statistics,
                            const struct metadata *made, size_t pairs) {
  const struct layout *weights = network_weights(network), *buffers = network_statistics(network);
  struct arrays *file;
  if (safetensors_read(&file, path))
    return error_failure();
  if (arrays_check_made(file, made, pairs)) {
    arrays_free(file);
    return error_wrap("%s", path);
  }
  int status = take(file, weights, buffers, 1, "weights", theta);
  if (!status && statistics)
    status = take(file, buffers, weights, 0, "batch-norm statistics", statistics);
  if (status) {
    const char *model = arrays_metadata(file, "strait.model");
    status = model ? error_wrap("%s, weights of model %s, for model %s", path, model, network_model(network))
                   : error_wrap("%s, for model %s", path, network_model(network));
  }
  arrays_free(file);
  return status;
}

/* --- states --- */

/* Which control points a state belongs to. */
static int points_hash(const struct snapshot *snapshot, char digest[33]) {
  struct hash *hash = hash_create();
  if (!hash)
    return error_set(STRAIT_ENOMEM, "out of memory");
  for (int i = 0; i < snapshot->points; i++)
    hash_bytes(hash, snapshot->theta[i], (size_t)snapshot->count * sizeof(float));
  hash_digest(hash, digest);
  hash_free(hash);
  return STRAIT_OK;
}

/* The vectors of a state under their names in the file: velocity.I and square.I of the free points, and statistics. */
struct entry {
  char name[24];
  float *vector;
  int64_t count;
};
static size_t entries(const struct snapshot *s, struct entry *entry) {
  size_t n = 0;
  for (int i = 0; i < s->points; i++) {
    if (s->velocity[i]) {
      snprintf(entry[n].name, sizeof entry[n].name, "velocity.%d", i);
      entry[n].vector = s->velocity[i];
      entry[n++].count = s->count;
    }
    if (s->square && s->square[i]) {
      snprintf(entry[n].name, sizeof entry[n].name, "square.%d", i);
      entry[n].vector = s->square[i];
      entry[n++].count = s->count;
    }
  }
  snprintf(entry[n].name, sizeof entry[n].name, "statistics");
  entry[n].vector = s->statistics;
  entry[n++].count = s->buffers;
  return n;
}

#define OWN_PAIRS 2

int checkpoint_write_state(const char *path, const struct snapshot *snapshot, const struct metadata *metadata,
                           size_t pairs) {
  const struct snapshot *s = snapshot;
  char digest[33];
  int64_t progress[3] = {s->points, s->iteration, s->updates};
  int status = STRAIT_ENOMEM;
  struct entry *entry = memory_alloc(2 * (size_t)s->points + 1, sizeof *entry);
  struct array *arrays = memory_alloc(2 * (size_t)s->points + 3, sizeof *arrays);
  struct metadata *all = memory_alloc(pairs + OWN_PAIRS, sizeof *all);
  if (entry && arrays && all && (status = points_hash(s, digest)) == STRAIT_OK) {
    size_t n = entries(s, entry);
    for (size_t i = 0; i < n; i++)
      arrays[i] = (struct array){entry[i].name, STRAIT_F32, 1, {entry[i].count}, entry[i].vector};
    arrays[n++] = array_i64("progress", progress, 3);
    if (s->halvings)
      arrays[n++] = array_i64("halvings", &s->halvings, 1);
    all[0] = (struct metadata){"strait.content", "training state"};
    all[1] = (struct metadata){"strait.points", digest};
    for (size_t i = 0; i < pairs; i++)
      all[OWN_PAIRS + i] = metadata[i];
    status = safetensors_write(path, arrays, n, all, OWN_PAIRS + pairs);
  }
  memory_free(all);
  memory_free(arrays);
  memory_free(entry);
  return status;
}

static int fill(const struct arrays *file, const struct snapshot *s, struct entry *entry) {
  size_t n = entries(s, entry), all = n + 1 + (arrays_find(file, "halvings") != NULL);
  if (arrays_count(file) != all)
    return error_set(STRAIT_EINVAL,
                     "it has %zu arrays where this training has %zu: another optimiser or other free points",
                     arrays_count(file), all);
  for (size_t i = 0; i < n; i++) {
    const struct array *a = arrays_find(file, entry[i].name);
    if (!a || a->type != STRAIT_F32 || array_count(a) != entry[i].count)
      return error_set(STRAIT_EINVAL, "its array %s is %s: a state of another training", entry[i].name,
                       a ? "of another size or type" : "not there");
  }
  for (size_t i = 0; i < n; i++)
    memcpy(entry[i].vector, arrays_find(file, entry[i].name)->data, (size_t)entry[i].count * sizeof(float));
  return STRAIT_OK;
}

static int check_state(const struct arrays *file, const struct snapshot *s, const struct array *progress) {
  char digest[33];
  const char *points = arrays_metadata(file, "strait.points");
  if (!points || !progress || progress->type != STRAIT_I64 || array_count(progress) != 3)
    return error_set(STRAIT_EFORMAT, "it is no training state");
  const int64_t *number = progress->data;
  if (number[0] != s->points)
    return error_set(STRAIT_EINVAL, "it is of %lld control points, this training has %d", (long long)number[0],
                     s->points);
  if (number[1] < 0 || number[2] < 0)
    return error_set(STRAIT_EFORMAT, "its iteration %lld or its updates %lld are below zero", (long long)number[1],
                     (long long)number[2]);
  const struct array *halvings = arrays_find(file, "halvings");
  if (halvings && (halvings->type != STRAIT_I64 || array_count(halvings) != 1 || *(const int64_t *)halvings->data < 0 ||
                   *(const int64_t *)halvings->data > MOST_HALVINGS))
    return error_set(STRAIT_EFORMAT, "its array halvings is not one number from 0 to %d", MOST_HALVINGS);
  if (points_hash(s, digest))
    return error_failure();
  if (strcmp(points, digest))
    return error_set(STRAIT_EINVAL, "it belongs to other weights than those beside it");
  return STRAIT_OK;
}

int checkpoint_read_state(const char *path, struct snapshot *snapshot, const struct metadata *made, size_t pairs) {
  struct arrays *file;
  if (safetensors_read(&file, path))
    return error_failure();
  const struct array *progress = arrays_find(file, "progress");
  int status = arrays_check_made(file, made, pairs);
  if (!status)
    status = check_state(file, snapshot, progress);
  struct entry *entry = memory_alloc(2 * (size_t)snapshot->points + 1, sizeof *entry);
  if (!status)
    status = entry ? fill(file, snapshot, entry) : STRAIT_ENOMEM;
  if (!status) {
    snapshot->iteration = ((const int64_t *)progress->data)[1];
    snapshot->updates = ((const int64_t *)progress->data)[2];
    const struct array *halvings = arrays_find(file, "halvings");
    snapshot->halvings = halvings ? *(const int64_t *)halvings->data : 0;
  } else
    error_wrap("%s", path);
  memory_free(entry);
  arrays_free(file);
  return status;
}
