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

/* The vectors of a state under their names in the file: of each point theta.I (where the points are wanted too), and of
 * the free ones velocity.I and square.I; statistics; and state.I where layers carry some. */
struct entry {
  char name[24];
  float *vector;
  int64_t count;
  uint32_t type;
};
/* At most. */
#define ENTRIES(snapshot)                                                                                              \
  (3 * (size_t)(snapshot)->points + 1 + ((snapshot)->states ? (size_t)(snapshot)->states->segments : 0))

static size_t add_entry(struct entry *entry, const char *what, int point, float *vector, int64_t count) {
  if (!vector)
    return 0;
  snprintf(entry->name, sizeof entry->name, "%s.%d", what, point);
  entry->vector = vector;
  entry->count = count;
  entry->type = STRAIT_F32;
  return 1;
}

/* state.I: what segment I of the states carries, (lanes, its words). Types of other than 4 bytes as words of i32. */
static size_t add_states(struct entry *entry, const struct snapshot *s) {
  const int segments = s->states ? s->states->segments : 0;
  for (int i = 0; i < segments; i++) {
    const struct segment *segment = &s->states->segment[i];
    add_entry(&entry[i], "state", i, s->state + s->lanes * segment->offset, s->lanes * segment->count);
    entry[i].type = segment->element == STRAIT_F32 ? STRAIT_F32 : STRAIT_I32;
  }
  return (size_t)segments;
}

static size_t entries(const struct snapshot *s, int points, struct entry *entry) {
  size_t n = 0;
  for (int i = 0; i < s->points; i++) {
    if (points)
      n += add_entry(&entry[n], "theta", i, s->theta[i], s->count);
    n += add_entry(&entry[n], "velocity", i, s->velocity[i], s->count);
    n += add_entry(&entry[n], "square", i, s->square ? s->square[i] : NULL, s->count);
  }
  entry[n++] = (struct entry){"statistics", s->statistics, s->buffers, STRAIT_F32};
  return n + add_states(&entry[n], s);
}

enum { POINTS, ITERATION, UPDATES, PROGRESS }; /* the array "progress" */

int snapshot_pack(const struct snapshot *s, int points, struct arena *arena, struct array_list *list) {
  struct entry *entry = arena_alloc(arena, ENTRIES(s), sizeof *entry);
  int64_t *progress = arena_alloc(arena, PROGRESS, sizeof *progress);
  if (!entry || !progress)
    return error_failure();
  int status = STRAIT_OK;
  for (size_t i = 0, n = entries(s, points, entry); !status && i < n; i++) {
    struct array array = array_f32(entry[i].name, entry[i].vector, entry[i].count);
    array.type = entry[i].type;
    status = array_list_add(list, array);
  }
  progress[POINTS] = s->points;
  progress[ITERATION] = s->iteration;
  progress[UPDATES] = s->updates;
  if (!status)
    status = array_list_add(list, array_i64("progress", progress, PROGRESS));
  return status || !s->halvings ? status : array_list_add(list, array_i64("halvings", &s->halvings, 1));
}

#define OWN_PAIRS 2

int checkpoint_write_state(const char *path, const struct snapshot *snapshot, const struct metadata *metadata,
                           size_t pairs) {
  char digest[33];
  struct array_list list = {0};
  struct arena *arena = arena_create();
  struct metadata *all = arena ? arena_alloc(arena, pairs + OWN_PAIRS, sizeof *all) : NULL;
  int status = all ? points_hash(snapshot, digest) : error_failure();
  if (!status)
    status = snapshot_pack(snapshot, 0, arena, &list);
  if (!status) {
    all[0] = (struct metadata){"strait.content", "training state"};
    all[1] = (struct metadata){"strait.points", digest};
    for (size_t i = 0; i < pairs; i++)
      all[OWN_PAIRS + i] = metadata[i];
    status = safetensors_write(path, list.array, list.count, all, OWN_PAIRS + pairs);
  }
  array_list_free(&list);
  arena_free(arena);
  return status;
}

static const int64_t *numbers(const struct arrays *file, const char *name, int64_t count) {
  const struct array *a = arrays_find(file, name);
  return a && a->type == STRAIT_I64 && array_count(a) == count ? a->data : NULL;
}

/* The numbers of a state. */
static int take_progress(const struct arrays *file, struct snapshot *s) {
  const int64_t *progress = numbers(file, "progress", PROGRESS), *halvings = numbers(file, "halvings", 1);
  if (!progress)
    return error_set(STRAIT_EFORMAT, "it is not a training state");
  if (progress[POINTS] != s->points)
    return error_set(STRAIT_EINVAL, "it is of %lld control points, this training has %d", (long long)progress[POINTS],
                     s->points);
  if (progress[ITERATION] < 0 || progress[UPDATES] < 0)
    return error_set(STRAIT_EFORMAT, "its iteration %lld or its updates %lld are below zero",
                     (long long)progress[ITERATION], (long long)progress[UPDATES]);
  if (arrays_find(file, "halvings") && (!halvings || *halvings < 0 || *halvings > MOST_HALVINGS))
    return error_set(STRAIT_EFORMAT, "its array halvings is not one number from 0 to %d", MOST_HALVINGS);
  s->iteration = progress[ITERATION];
  s->updates = progress[UPDATES];
  s->halvings = halvings ? *halvings : 0;
  return STRAIT_OK;
}

int snapshot_unpack(struct snapshot *s, int points, const struct arrays *arrays) {
  struct entry *entry = memory_alloc(ENTRIES(s), sizeof *entry);
  int status = entry ? take_progress(arrays, s) : error_failure();
  const size_t n = entry ? entries(s, points, entry) : 0;
  for (size_t i = 0; !status && i < n; i++) {
    const struct array *a = arrays_find(arrays, entry[i].name);
    if (!a || a->type != entry[i].type || array_count(a) != entry[i].count)
      status = error_set(STRAIT_EINVAL, "its array %s is %s: a state of another training", entry[i].name,
                         a ? "of another size or type" : "not there");
    else
      memcpy(entry[i].vector, a->data, array_bytes(a));
  }
  memory_free(entry);
  return status;
}

/* Does it belong to the control points that are in place, and hold what this training has and nothing else? */
static int check_state(const struct arrays *file, struct snapshot *s) {
  char digest[33];
  const char *points = arrays_metadata(file, "strait.points");
  struct entry *entry = memory_alloc(ENTRIES(s), sizeof *entry);
  if (!entry)
    return error_failure();
  const size_t wanted = entries(s, 0, entry) + 1 + (arrays_find(file, "halvings") != NULL);
  memory_free(entry);
  if (!points)
    return error_set(STRAIT_EFORMAT, "it is not a training state");
  if (take_progress(file, s) || points_hash(s, digest))
    return error_failure();
  if (strcmp(points, digest))
    return error_set(STRAIT_EINVAL, "it belongs to other weights than those beside it");
  if (arrays_count(file) != wanted)
    return error_set(STRAIT_EINVAL,
                     "it has %zu arrays where this training has %zu: another optimiser or other free points",
                     arrays_count(file), wanted);
  return STRAIT_OK;
}

int checkpoint_read_state(const char *path, struct snapshot *snapshot, const struct metadata *made, size_t pairs) {
  struct arrays *file;
  if (safetensors_read(&file, path))
    return error_failure();
  int status = arrays_check_made(file, made, pairs);
  if (!status)
    status = check_state(file, snapshot);
  if (!status)
    status = snapshot_unpack(snapshot, 0, file);
  arrays_free(file);
  return status ? error_wrap("%s", path) : STRAIT_OK;
}
