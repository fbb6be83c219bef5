/* align/match_weights.c: weight matching. Each group is a linear assignment whose matrix is one product of the units'
 * weights, made on the device in float32; what is won by it is summed in double, so that only true gains count and the
 * sweeps come to an end. */
#include <math.h>
#include <string.h>

#include "align/assign.h"
#include "align/match.h"
#include "base/error.h"
#include "base/stop.h"
#include "compute/device.h"
#include "compute/random.h"

#define SWEEPS 100  /* at most, of one start */
#define LEAST 1e-9  /* of what changes places: a smaller gain is rounding */
#define AGREED 1e-9 /* similarities that differ by less are the same */

struct search {
  struct matching *m;
  const struct layout *layout;
  struct device *device;
  int64_t **order;
  int64_t *width;                   /* for each group: weights that belong to one unit */
  unsigned char *placed;            /* for each group: its order means something */
  int64_t *changed, *solved, clock; /* for each group: when it last changed, and was last assigned */
  int64_t *visit, *column_of;
  float *a, *b, *permuted, *similar; /* units' weights, a segment, the product */
  double *cost;
  place x, w, y;
};

static void search_free(struct search *s) {
  const place made[] = {s->x, s->w, s->y};
  for (int i = 0; i < 3; i++)
    if (place_is(made[i]))
      s->device->ops->destroy(s->device, made[i]);
  memory_free(s->order);
  memory_free(s->width);
  memory_free(s->placed);
  memory_free(s->changed);
  memory_free(s->solved);
  memory_free(s->visit);
  memory_free(s->column_of);
  memory_free(s->a);
  memory_free(s->b);
  memory_free(s->permuted);
  memory_free(s->similar);
  memory_free(s->cost);
}

/* --- the weights of a group's units --- */

static int has(const struct channel_axis *axis, int g) {
  for (int64_t k = 0; k < axis->count; k++)
    if (axis->group[k] == g)
      return 1;
  return 0;
}

/* The axis of the segment along which the group runs; -1: none. */
static int axis_of(const struct search *s, int segment, int g) {
  for (int a = 0; a < (int)s->layout->segment[segment].rank; a++)
    if (has(&s->m->channels->weights[segment].axis[a], g))
      return a;
  return -1;
}

/* Indices of the axis that are the group's. */
static int64_t indices_of(const struct channel_axis *axis, int g) {
  int64_t count = 0;
  for (int64_t k = 0; k < axis->count; k++)
    count += axis->group[k] == g;
  return count;
}

/* Puts a segment's weights into the rows of the group's units, from column `at` on; returns the column after them. */
static int64_t gather(const struct search *s, int segment, int axis, int g, const float *from, float *rows,
                      int64_t at) {
  const struct segment *t = &s->layout->segment[segment];
  const struct channel_axis *along = &s->m->channels->weights[segment].axis[axis];
  const int64_t width = s->width[g], size = s->m->channels->group[g].size;
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < axis; d++)
    outer *= t->dims[d];
  for (int d = axis + 1; d < (int)t->rank; d++)
    inner *= t->dims[d];
  int64_t *seen = s->column_of; /* of each unit, how many of its indices came */
  memset(seen, 0, (size_t)size * sizeof *seen);
  const int64_t share = outer * inner;
  for (int64_t k = 0; k < along->count; k++) {
    if (along->group[k] != g)
      continue;
    float *to = rows + along->member[k] * width + at + share * seen[along->member[k]]++;
    for (int64_t o = 0; o < outer && inner == 1; o++)
      to[o] = from[o * along->count + k];
    for (int64_t o = 0; o < outer && inner > 1; o++)
      memcpy(to + o * inner, from + (o * along->count + k) * inner, (size_t)inner * sizeof *to);
  }
  return at + share * (indices_of(along, g) / size);
}

/* Is every group along this segment placed, but for g? */
static int placed(const struct search *s, int segment, int g) {
  for (int a = 0; a < (int)s->layout->segment[segment].rank; a++) {
    const struct channel_axis *axis = &s->m->channels->weights[segment].axis[a];
    for (int64_t k = 0; k < axis->count; k++)
      if (axis->group[k] >= 0 && axis->group[k] != g && !s->placed[axis->group[k]])
        return 0;
  }
  return 1;
}

/* Both networks' rows of the group: b's with all other groups permuted as they are now, its own as it was. Segments
 * along groups that are not placed yet say nothing. */
static int gather_group(struct search *s, int g) {
  const size_t all = (size_t)(s->m->channels->group[g].size * s->width[g]);
  int64_t *mine = s->order[g], at = 0;
  int64_t **plain = channels_order(s->m->channels);
  int status = plain ? STRAIT_OK : error_failure();
  if (!status)
    s->order[g] = plain[g];
  memset(s->a, 0, all * sizeof *s->a);
  memset(s->b, 0, all * sizeof *s->b);
  for (int i = 0; !status && i < s->layout->segments; i++) {
    const struct segment *segment = &s->layout->segment[i];
    const int axis = axis_of(s, i, g);
    if (axis < 0 || !placed(s, i, g))
      continue;
    status = channels_permute_one(s->m->channels, segment, &s->m->channels->weights[i], s->order,
                                  s->m->b + segment->offset, s->permuted);
    gather(s, i, axis, g, s->permuted, s->b, at);
    at = gather(s, i, axis, g, s->m->a + segment->offset, s->a, at);
  }
  s->order[g] = mine;
  memory_free(plain);
  return status;
}

/* --- one group --- */

/* cost_ij = -<a's unit i, b's unit j> */
static int compare_units(struct search *s, int g) {
  const int64_t size = s->m->channels->group[g].size, width = s->width[g];
  const struct op op = {.kind = OP_LINEAR,
                        .element = STRAIT_F32,
                        .linear = {.positions = 1, .in = width, .out = size, .x = s->x, .w = s->w, .y = s->y}};
  const struct run run = {.samples = size};
  int status = s->device->ops->reserve(s->device, &op, size, FORWARD);
  if (status)
    return status;
  s->device->ops->upload(s->device, s->x, s->a, size * width);
  s->device->ops->upload(s->device, s->w, s->b, size * width);
  device_run(s->device, &op, FORWARD, &run);
  s->device->ops->download(s->device, s->similar, s->y, size * size);
  for (int64_t k = 0; k < size * size; k++)
    s->cost[k] = -(double)s->similar[k];
  return device_status(s->device);
}

static double dot(const float *x, const float *y, int64_t count) {
  double sum[4] = {0, 0, 0, 0};
  for (int64_t k = 0; k < count; k++)
    sum[k & 3] += (double)x[k] * (double)y[k];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Is the new order truly better? */
static int gains(const struct search *s, int g, const int64_t *new) {
  const int64_t width = s->width[g];
  double gain = 0, scale = 0;
  for (int64_t i = 0; i < s->m->channels->group[g].size; i++) {
    if (new[i] == s->order[g][i])
      continue;
    const double now = dot(s->a + i * width, s->b + new[i] * width, width);
    const double old = dot(s->a + i * width, s->b + s->order[g][i] * width, width);
    gain += now - old;
    scale += fabs(now) + fabs(old);
  }
  return gain > LEAST * scale;
}

static int assign_group(struct search *s, int g) {
  const int64_t size = s->m->channels->group[g].size;
  int status = stop_check();
  if (!status)
    status = gather_group(s, g);
  if (!status)
    status = compare_units(s, g);
  if (!status)
    status = assign(size, size, s->cost, s->column_of, NULL, NULL);
  const int first = !s->placed[g];
  s->solved[g] = ++s->clock;
  s->placed[g] = 1;
  if (status || (!first && !gains(s, g, s->column_of)))
    return status;
  memcpy(s->order[g], s->column_of, (size_t)size * sizeof *s->column_of);
  s->changed[g] = s->clock;
  return STRAIT_OK;
}

/* Did no group that shares a segment with this one change since it was assigned? */
static int settled(const struct search *s, int g) {
  for (int i = 0; i < s->layout->segments; i++) {
    if (axis_of(s, i, g) < 0)
      continue;
    for (int a = 0; a < (int)s->layout->segment[i].rank; a++) {
      const struct channel_axis *axis = &s->m->channels->weights[i].axis[a];
      for (int64_t k = 0; k < axis->count; k++)
        if (axis->group[k] >= 0 && axis->group[k] != g && s->changed[axis->group[k]] > s->solved[g])
          return 0;
    }
  }
  return s->solved[g] > 0;
}

/* --- one start --- */

static int sweep(struct search *s, uint64_t seed, uint64_t number, int *any) {
  const int groups = s->m->channels->groups;
  const struct stream stream = stream_of(seed, "align sweep", number);
  stream_permutation(&stream, s->visit, groups);
  *any = 0;
  for (int k = 0; k < groups; k++) {
    const int g = (int)s->visit[k];
    if (settled(s, g))
      continue;
    int status = assign_group(s, g);
    if (!status && s->m->tick)
      status = s->m->tick(s->m->context, s->clock);
    if (status)
      return status;
    *any |= s->changed[g] == s->clock;
  }
  return STRAIT_OK;
}

/* From the input on: each group by what it shares with the input and with the groups before it alone. A permuted copy
 * is found by that, where sweeps may lose their way among layers none of which is right yet. */
static int walk(struct search *s) {
  int status = STRAIT_OK;
  memset(s->placed, 0, (size_t)s->m->channels->groups);
  for (int g = 0; !status && g < s->m->channels->groups; g++)
    status = assign_group(s, g);
  return status;
}

enum { FROM_IDENTITY, FROM_INPUT, FROM_RANDOM }; /* starts; all after these two are random */

static int climb(struct search *s, uint64_t seed, int64_t start) {
  const int groups = s->m->channels->groups;
  int any = 1, status = STRAIT_OK;
  for (int g = 0; g < groups; g++) {
    const struct stream stream = stream_of(seed, "align start", (uint64_t)start * (uint64_t)groups + (uint64_t)g);
    for (int64_t i = 0; i < s->m->channels->group[g].size; i++)
      s->order[g][i] = i;
    if (start >= FROM_RANDOM)
      stream_permutation(&stream, s->order[g], s->m->channels->group[g].size);
    s->changed[g] = s->solved[g] = 0;
    s->placed[g] = 1;
  }
  if (start == FROM_INPUT) {
    status = walk(s);
    memset(s->solved, 0, (size_t)groups * sizeof *s->solved);
  }
  for (int n = 0; !status && any && n < SWEEPS; n++)
    status = sweep(s, seed, (uint64_t)start * SWEEPS + (uint64_t)n, &any);
  return status;
}

/* The cosine of a and b as it is ordered now. */
static int similarity(struct search *s, double *cosine) {
  const float *a = s->m->a, *b = s->m->b;
  double product = 0;
  int status = STRAIT_OK;
  for (int i = 0; !status && i < s->layout->segments; i++) {
    const struct segment *segment = &s->layout->segment[i];
    status = channels_permute_one(s->m->channels, segment, &s->m->channels->weights[i], s->order, b + segment->offset,
                                  s->permuted);
    product += dot(a + segment->offset, s->permuted, segment->count);
  }
  const double norms = sqrt(dot(a, a, s->layout->count)) * sqrt(dot(b, b, s->layout->count));
  *cosine = norms > 0 ? product / norms : 0;
  return status;
}

/* --- all --- */

static int make_room(struct search *s) {
  const struct channels *channels = s->m->channels;
  int64_t largest = 1, rows = 1, segment = 1;
  s->order = channels_order(channels);
  s->width = memory_alloc((size_t)channels->groups, sizeof *s->width);
  s->placed = memory_alloc((size_t)channels->groups, 1);
  s->changed = memory_alloc((size_t)channels->groups, sizeof *s->changed);
  s->solved = memory_alloc((size_t)channels->groups, sizeof *s->solved);
  s->visit = memory_alloc((size_t)channels->groups, sizeof *s->visit);
  if (!s->order || !s->width || !s->placed || !s->changed || !s->solved || !s->visit)
    return error_failure();
  for (int g = 0; g < channels->groups; g++) {
    const int64_t size = channels->group[g].size;
    for (int i = 0; i < s->layout->segments; i++) {
      const int axis = axis_of(s, i, g);
      const struct channel_axis *along = &channels->weights[i].axis[axis < 0 ? 0 : axis];
      if (axis >= 0)
        s->width[g] += s->layout->segment[i].count / along->count * (indices_of(along, g) / size);
    }
    largest = size > largest ? size : largest;
    rows = size * s->width[g] > rows ? size * s->width[g] : rows;
  }
  for (int i = 0; i < s->layout->segments; i++)
    segment = s->layout->segment[i].count > segment ? s->layout->segment[i].count : segment;
  s->column_of = memory_alloc((size_t)largest, sizeof *s->column_of);
  s->a = memory_alloc((size_t)rows, sizeof *s->a);
  s->b = memory_alloc((size_t)rows, sizeof *s->b);
  s->permuted = memory_alloc((size_t)segment, sizeof *s->permuted);
  s->similar = memory_alloc((size_t)(largest * largest), sizeof *s->similar);
  s->cost = memory_alloc((size_t)(largest * largest), sizeof *s->cost);
  if (!s->column_of || !s->a || !s->b || !s->permuted || !s->similar || !s->cost)
    return error_failure();
  int status = s->device->ops->create(s->device, rows, &s->x);
  if (!status)
    status = s->device->ops->create(s->device, rows, &s->w);
  return status ? status : s->device->ops->create(s->device, largest * largest, &s->y);
}

/* Copies the orders of all groups. */
static void keep(const struct channels *channels, int64_t **to, int64_t *const *from) {
  for (int g = 0; g < channels->groups; g++)
    memcpy(to[g], from[g], (size_t)channels->group[g].size * sizeof *to[g]);
}

int match_weights(struct matching *m, int64_t restarts, uint64_t seed) {
  struct search s = {.m = m, .layout = network_weights(m->network), .device = m->device};
  double *found = memory_alloc((size_t)restarts + FROM_RANDOM, sizeof *found);
  m->order = channels_order(m->channels);
  int status = found && m->order ? make_room(&s) : error_failure();
  if (!status)
    status = similarity(&s, &m->before);
  m->starts = m->agreed = 0;
  for (int64_t start = 0; !status && start < restarts + FROM_RANDOM; start++) {
    status = climb(&s, seed, start);
    if (!status)
      status = similarity(&s, &found[start]);
    if (!status && (start == 0 || found[start] > m->after + AGREED)) {
      m->after = found[start];
      keep(m->channels, m->order, s.order);
    }
    m->starts++;
  }
  for (int64_t start = 0; !status && start < m->starts; start++)
    m->agreed += fabs(found[start] - m->after) <= AGREED;
  search_free(&s);
  memory_free(found);
  return status;
}
