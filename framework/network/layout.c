/* network/layout.c: the flat vectors: named segments in order of first use, sharing by name, and their comparison. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "network/graph.h"

int64_t shape_size(const struct shape *shape) {
  int64_t size = 1;
  for (uint32_t i = 0; i < shape->rank; i++) {
    if (shape->dims[i] > SIZE_LIMIT / size)
      return -1;
    size *= shape->dims[i];
  }
  return size;
}

int shape_equal(const struct shape *a, const struct shape *b) {
  return a->rank == b->rank && !memcmp(a->dims, b->dims, a->rank * sizeof a->dims[0]);
}

const char *shape_text(const struct shape *shape, char *buffer) {
  size_t used = 0;
  buffer[used++] = '(';
  for (uint32_t i = 0; i < shape->rank && i < STRAIT_MAX_DIMS; i++)
    used += (size_t)snprintf(buffer + used, SHAPE_TEXT - used, i ? ", %lld" : "%lld", (long long)shape->dims[i]);
  snprintf(buffer + used, SHAPE_TEXT - used, ")");
  return buffer;
}

static struct shape segment_shape(const struct segment *segment) {
  struct shape shape = {segment->rank, {0}};
  memcpy(shape.dims, segment->dims, sizeof shape.dims);
  return shape;
}

int segments_find(const struct segments *segments, const char *name) {
  uint64_t hash = hash_name_index(name, 0);
  for (int i = 0; i < segments->layout.segments; i++)
    if (segments->hashes[i] == hash && !strcmp(segments->list[i].name, name))
      return i;
  return -1;
}

int64_t element_words(uint32_t element, int64_t count) {
  switch (element) {
  case STRAIT_U8:
    return (count + 3) / 4;
  case STRAIT_I64:
  case STRAIT_F64:
    return 2 * count;
  default:
    return count;
  }
}

static int add_segment(struct segments *segments, struct arena *arena, const char *name, const struct shape *shape,
                       int64_t size, uint32_t init, double init_value) {
  struct layout *layout = &segments->layout;
  size_t count = (size_t)layout->segments;
  if (memory_grow(&segments->list, &segments->list_capacity, count + 1, sizeof *segments->list) < 0 ||
      memory_grow(&segments->hashes, &segments->hash_capacity, count + 1, sizeof *segments->hashes) < 0)
    return error_failure();
  struct segment *added = &segments->list[count];
  *added = (struct segment){.name = arena_copy(arena, name),
                            .rank = shape->rank,
                            .offset = layout->count,
                            .count = size,
                            .init = init,
                            .init_value = init_value,
                            .element = STRAIT_F32};
  if (!added->name)
    return error_failure();
  memcpy(added->dims, shape->dims, sizeof added->dims);
  segments->hashes[count] = hash_name_index(name, 0);
  layout->segment = segments->list;
  layout->count += size;
  return layout->segments++;
}

int segments_use(struct segments *segments, struct arena *arena, const char *owner, const char *name,
                 const struct shape *shape, uint32_t init, double init_value) {
  char wanted[SHAPE_TEXT], had[SHAPE_TEXT];
  int found = segments_find(segments, name);
  if (found >= 0) {
    struct shape before = segment_shape(&segments->list[found]);
    if (shape_equal(&before, shape))
      return found;
    return error_set(STRAIT_EINVAL, "%s: parameter \"%s\" is %s here and %s where it was used first", owner, name,
                     shape_text(shape, wanted), shape_text(&before, had));
  }
  int64_t size = shape_size(shape);
  if (size < 0 || segments->layout.count > SIZE_LIMIT - size)
    return error_set(STRAIT_EINVAL, "%s: parameter \"%s\" %s: more than 2^40 numbers in one network", owner, name,
                     shape_text(shape, wanted));
  return add_segment(segments, arena, name, shape, size, init, init_value);
}

void segments_free(struct segments *segments) {
  memory_free(segments->list);
  memory_free(segments->hashes);
  *segments = (struct segments){0};
}

int layout_match(const struct layout *wanted, const struct layout *given, const char *what) {
  char expected[SHAPE_TEXT], found[SHAPE_TEXT];
  int common = wanted->segments < given->segments ? wanted->segments : given->segments;
  for (int i = 0; i < common; i++) {
    const struct segment *a = &wanted->segment[i], *b = &given->segment[i];
    struct shape a_shape = segment_shape(a), b_shape = segment_shape(b);
    if (strcmp(a->name, b->name))
      return error_set(STRAIT_EINVAL, "%s: tensor %d is \"%s\" where the network has \"%s\"", what, i + 1, b->name,
                       a->name);
    if (!shape_equal(&a_shape, &b_shape))
      return error_set(STRAIT_EINVAL, "%s: \"%s\" is %s where the network has %s", what, a->name,
                       shape_text(&b_shape, found), shape_text(&a_shape, expected));
  }
  if (given->segments < wanted->segments)
    return error_set(STRAIT_EINVAL, "%s: \"%s\" is missing", what, wanted->segment[common].name);
  if (given->segments > wanted->segments)
    return error_set(STRAIT_EINVAL, "%s: \"%s\" is not of this network", what, given->segment[common].name);
  return STRAIT_OK;
}
