/* network/permute.c: permutations of channels, applied to tensors. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "network/channels.h"

int64_t **channels_order(const struct channels *channels) {
  size_t units = 0;
  for (int g = 0; g < channels->groups; g++)
    units += (size_t)channels->group[g].size;
  int64_t **order = memory_alloc((size_t)channels->groups + units, sizeof(int64_t));
  int64_t *at = order ? (int64_t *)(void *)order + channels->groups : NULL;
  for (int g = 0; order && g < channels->groups; at += channels->group[g++].size) {
    order[g] = at;
    for (int64_t i = 0; i < channels->group[g].size; i++)
      at[i] = i;
  }
  return order;
}

/* index[k]: the index along the axis that comes to place k. A unit's k-th index goes with its successor's k-th. */
static int order_axis(const struct channels *channels, const struct channel_axis *axis, int64_t *const *order,
                      int64_t *index) {
  int64_t **next_of =
      channels_order(channels); /* of each unit the next of its indices, in the list `next`; -1: no more */
  int64_t *next = memory_alloc((size_t)axis->count, sizeof *next);
  int status = next_of && next ? STRAIT_OK : error_failure();
  for (int64_t k = axis->count; !status && k-- > 0;)
    if (axis->group[k] >= 0)
      next_of[axis->group[k]][axis->member[k]] = -1;
  for (int64_t k = axis->count; !status && k-- > 0;)
    if (axis->group[k] >= 0) {
      int64_t *first = &next_of[axis->group[k]][axis->member[k]];
      next[k] = *first;
      *first = k;
    }
  for (int64_t k = 0; !status && k < axis->count; k++) {
    const int32_t g = axis->group[k];
    index[k] = k;
    if (g < 0)
      continue;
    int64_t *from = &next_of[g][order[g][axis->member[k]]];
    index[k] = *from;
    *from = next[*from];
  }
  memory_free(next);
  memory_free(next_of);
  return status;
}

struct permuting {
  const struct segment *segment;
  const int64_t *index[STRAIT_MAX_DIMS]; /* NULL: as it is */
  uint32_t plain;                        /* from this axis on none moves */
};

static void copy(const struct permuting *p, uint32_t axis, int64_t stride, const float *from, float *to) {
  if (axis >= p->plain) {
    memcpy(to, from, (size_t)stride * sizeof *to);
    return;
  }
  const int64_t count = p->segment->dims[axis], inner = stride / count;
  for (int64_t k = 0; k < count && inner == 1 && p->index[axis]; k++)
    to[k] = from[p->index[axis][k]];
  if (inner == 1 && p->index[axis])
    return;
  for (int64_t k = 0; k < count; k++)
    copy(p, axis + 1, inner, from + (p->index[axis] ? p->index[axis][k] : k) * inner, to + k * inner);
}

int channels_permute_one(const struct channels *channels, const struct segment *segment,
                         const struct channel_tensor *tensor, int64_t *const *order, const float *from, float *to) {
  struct permuting p = {.segment = segment};
  int64_t *room[STRAIT_MAX_DIMS] = {0};
  int status = STRAIT_OK;
  for (uint32_t a = 0; !status && a < segment->rank; a++) {
    if (!tensor->axis[a].count)
      continue;
    room[a] = memory_alloc((size_t)tensor->axis[a].count, sizeof *room[a]);
    status = room[a] ? order_axis(channels, &tensor->axis[a], order, room[a]) : error_failure();
    p.index[a] = room[a];
    p.plain = a + 1;
  }
  if (!status)
    copy(&p, 0, segment->count, from, to);
  for (uint32_t a = 0; a < STRAIT_MAX_DIMS; a++)
    memory_free(room[a]);
  return status;
}

int channels_permute(const struct channels *channels, const struct layout *layout, const struct channel_tensor *tensors,
                     int64_t *const *order, const float *from, float *to) {
  int status = STRAIT_OK;
  for (int s = 0; !status && s < layout->segments; s++) {
    const struct segment *segment = &layout->segment[s];
    status = channels_permute_one(channels, segment, &tensors[s], order, from + segment->offset, to + segment->offset);
  }
  return status;
}
