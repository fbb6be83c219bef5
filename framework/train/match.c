/* train/match.c: compares arrays with a network's two layouts, name by name. */
#include "train/match.h"

#include <string.h>

#include "base/error.h"

static int add(struct match *match, int kind, const char *name, const struct segment *segment,
               const struct array *array) {
  int status = memory_grow(&match->difference, &match->capacity, match->count + 1, sizeof *match->difference);
  if (!status)
    match->difference[match->count++] = (struct difference){kind, name, segment, array};
  return status;
}

static int same_shape(const struct segment *s, const struct array *a) {
  return s->rank == a->rank && (!s->rank || memcmp(s->dims, a->dims, s->rank * sizeof *s->dims) == 0);
}

static int compare_layout(struct match *match, const struct layout *layout, const struct arrays *arrays) {
  int status = STRAIT_OK;
  for (int i = 0; i < layout->segments && !status; i++) {
    const struct segment *s = &layout->segment[i];
    const struct array *a = arrays_find(arrays, s->name);
    if (!a)
      status = add(match, MATCH_MISSING, s->name, s, NULL);
    else if (!same_shape(s, a))
      status = add(match, MATCH_SHAPE, s->name, s, a);
    else if (a->type != STRAIT_F32)
      status = add(match, MATCH_TYPE, s->name, s, a);
    else
      match->matched++;
  }
  return status;
}

static int has(const struct layout *layout, const char *name) {
  for (int i = 0; i < layout->segments; i++)
    if (strcmp(layout->segment[i].name, name) == 0)
      return 1;
  return 0;
}

int match_network(struct match *match, const struct network *network, const struct arrays *arrays) {
  const struct layout *weights = network_weights(network), *statistics = network_statistics(network);
  int status = compare_layout(match, weights, arrays);
  if (!status)
    status = compare_layout(match, statistics, arrays);
  for (size_t i = 0; i < arrays_count(arrays) && !status; i++) {
    const struct array *a = arrays_at(arrays, i);
    if (!has(weights, a->name) && !has(statistics, a->name))
      status = add(match, MATCH_UNEXPECTED, a->name, NULL, a);
  }
  return status;
}

void match_free(struct match *match) {
  memory_free(match->difference);
  *match = (struct match){0};
}

static void fill_layout(const struct layout *layout, const struct arrays *arrays, float *vector) {
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    if (s->count)
      memcpy(vector + s->offset, arrays_find(arrays, s->name)->data, (size_t)s->count * sizeof(float));
  }
}

void match_fill(const struct network *network, const struct arrays *arrays, float *theta, float *statistics) {
  fill_layout(network_weights(network), arrays, theta);
  fill_layout(network_statistics(network), arrays, statistics);
}
