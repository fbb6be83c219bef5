/* train/snapshot.c: allocation and filling of training states; host memory only. */
#include "train/snapshot.h"

#include <string.h>

#include "base/memory.h"

static int vectors(float ***to, int points, int64_t count, int first, int last) {
  *to = memory_alloc((size_t)points, sizeof **to);
  if (!*to)
    return STRAIT_ENOMEM;
  for (int i = first; i < last; i++) {
    (*to)[i] = memory_alloc((size_t)count, sizeof(float));
    if (!(*to)[i])
      return STRAIT_ENOMEM;
  }
  return STRAIT_OK;
}

int snapshot_create(struct snapshot **snapshot, const struct network *network, int points, int fixed_ends, int adam) {
  int free_first = fixed_ends ? 1 : 0, free_last = fixed_ends ? points - 1 : points;
  struct snapshot *s = *snapshot = memory_alloc(1, sizeof *s);
  if (!s)
    return STRAIT_ENOMEM;
  s->points = points;
  s->count = network_weights(network)->count;
  s->buffers = network_statistics(network)->count;
  s->statistics = memory_alloc((size_t)s->buffers, sizeof(float));
  if (s->statistics && vectors(&s->theta, points, s->count, 0, points) == STRAIT_OK &&
      vectors(&s->velocity, points, s->count, free_first, free_last) == STRAIT_OK &&
      (!adam || vectors(&s->square, points, s->count, free_first, free_last) == STRAIT_OK))
    return STRAIT_OK;
  snapshot_free(s);
  *snapshot = NULL;
  return STRAIT_ENOMEM;
}

int snapshot_carry(struct snapshot *snapshot, const struct network *network, int64_t lanes) {
  if (!network_states(network)->count)
    return STRAIT_OK;
  snapshot->states = network_states(network);
  snapshot->lanes = lanes;
  snapshot->state = memory_alloc((size_t)snapshot_carried(snapshot), sizeof(float));
  return snapshot->state ? STRAIT_OK : STRAIT_ENOMEM;
}

int64_t snapshot_carried(const struct snapshot *snapshot) {
  return snapshot->states ? snapshot->lanes * snapshot->states->count : 0;
}

static void free_vectors(float **vector, int points) {
  for (int i = 0; vector && i < points; i++)
    memory_free(vector[i]);
  memory_free(vector);
}

void snapshot_free(struct snapshot *snapshot) {
  if (!snapshot)
    return;
  free_vectors(snapshot->theta, snapshot->points);
  free_vectors(snapshot->velocity, snapshot->points);
  free_vectors(snapshot->square, snapshot->points);
  memory_free(snapshot->statistics);
  memory_free(snapshot->state);
  memory_free(snapshot);
}

void snapshot_spread(struct snapshot *snapshot, const float *first, const float *last) {
  int segments = snapshot->points - 1;
  for (int i = 1; i < segments; i++) {
    double share = (double)i / segments;
    for (int64_t j = 0; j < snapshot->count; j++)
      snapshot->theta[i][j] = (float)((1 - share) * first[j] + share * last[j]);
  }
  memcpy(snapshot->theta[0], first, (size_t)snapshot->count * sizeof *first);
  memcpy(snapshot->theta[segments], last, (size_t)snapshot->count * sizeof *last);
}

static void clear(float **vector, const struct snapshot *snapshot) {
  for (int i = 0; vector && i < snapshot->points; i++)
    if (vector[i])
      memset(vector[i], 0, (size_t)snapshot->count * sizeof(float));
}

void snapshot_restart(struct snapshot *snapshot) {
  clear(snapshot->velocity, snapshot);
  clear(snapshot->square, snapshot);
  if (snapshot->state)
    memset(snapshot->state, 0, (size_t)snapshot_carried(snapshot) * sizeof(float));
  snapshot->iteration = snapshot->updates = snapshot->halvings = 0;
}

void snapshot_clear(struct snapshot *snapshot) {
  clear(snapshot->theta, snapshot);
  if (snapshot->buffers)
    memset(snapshot->statistics, 0, (size_t)snapshot->buffers * sizeof(float));
  snapshot_restart(snapshot);
}
