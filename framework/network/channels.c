/* network/channels.c: see channels.h. Units are numbered as layers make them and united by union-find. */
#include "network/channels.h"

#include <string.h>

#include "network/layers/layer.h"

enum { HELD_NOT, HELD_INPUT, HELD_OUTPUT, HELD_LAYER, HELD_TWICE };
#define NOTHING (-1) /* instead of a unit: a channel that is 0 always */

struct unit {
  int32_t parent;
  int32_t held, by; /* HELD_...; the node (HELD_LAYER) or segment (HELD_TWICE) that holds it */
  uint64_t where;   /* hash of all nodes it occurs in; equal: interchangeable */
  int32_t group, member;
  int maker, makers; /* the first node with weights that makes it (-1: none), and how many do, once united */
};

struct finder {
  const struct network *network;
  const struct graph *graph;
  struct channels *result;
  unsigned char *used; /* for each node: it reaches the output */
  int32_t **of;        /* for each node: the unit of each channel */
  struct unit *unit;
  size_t units, capacity;
  struct channel_group *group;
  size_t group_capacity;
};

static int32_t root(struct finder *f, int32_t u) {
  while (u != NOTHING && f->unit[u].parent != u)
    u = f->unit[u].parent = f->unit[f->unit[u].parent].parent;
  return u;
}

static void hold(struct finder *f, int32_t u, int32_t held, int32_t by) {
  u = root(f, u);
  if (u != NOTHING && f->unit[u].held == HELD_NOT) {
    f->unit[u].held = held;
    f->unit[u].by = by;
  }
}

static void hold_all(struct finder *f, int node, int32_t held, int32_t by) {
  for (int64_t c = 0; c < node_channels(&f->graph->nodes[node]); c++)
    hold(f, f->of[node][c], held, by);
}

/* Makes two units one, the older; what holds either holds it. */
static void unite(struct finder *f, int32_t a, int32_t b) {
  a = root(f, a), b = root(f, b);
  if (a == NOTHING || b == NOTHING || a == b)
    return;
  const int32_t older = a < b ? a : b, newer = a < b ? b : a;
  if (f->unit[newer].held)
    hold(f, older, f->unit[newer].held, f->unit[newer].by);
  f->unit[newer].parent = older;
}

/* --- along the graph --- */

static int make_units(struct finder *f, int node) {
  const int64_t count = node_channels(&f->graph->nodes[node]);
  if (memory_grow(&f->unit, &f->capacity, f->units + (size_t)count, sizeof *f->unit) < 0)
    return error_failure();
  for (int64_t c = 0; c < count; c++) {
    f->of[node][c] = (int32_t)f->units;
    f->unit[f->units] = (struct unit){.parent = (int32_t)f->units, .group = -1, .maker = -1};
    f->units++;
  }
  return STRAIT_OK;
}

/* Does a custom operation say that it works channel by channel? */
static int by_channel(const struct node *node) {
  return node->operation && node->operation->flags & STRAIT_PER_CHANNEL;
}

static int channels_of(const struct node *node) {
  if (by_channel(node))
    return CHANNELS_UNITE;
  return node->layer->channels;
}

/* The channels of a flatten's input in the order of its output. */
static void flatten(struct finder *f, int number) {
  const struct node *node = &f->graph->nodes[number], *x = node_input(f->graph, node, 0);
  const int64_t channels = node_channels(x), positions = x->size / channels;
  for (int64_t c = 0; c < node->size; c++)
    f->of[number][c] = f->of[node->input[0]][x->shape.rank == 3 ? c / positions : c % channels];
}

/* A node's units, by what its layer says of them. */
static int carry(struct finder *f, int number) {
  const struct node *node = &f->graph->nodes[number];
  const int kind = channels_of(node);
  int32_t *of = f->of[number];
  int status = STRAIT_OK;
  switch (kind) {
  case CHANNELS_SAME:
  case CHANNELS_UNITE:
    memcpy(of, f->of[node->input[0]], (size_t)node_channels(node) * sizeof *of);
    for (int k = 1; kind == CHANNELS_UNITE && k < node->inputs; k++)
      for (int64_t c = 0; c < node_channels(node); c++) {
        const int32_t other = f->of[node->input[k]][c];
        unite(f, of[c], other);
        of[c] = of[c] == NOTHING ? other : of[c];
      }
    break;
  case CHANNELS_BLOCKS:
    flatten(f, number);
    break;
  case CHANNELS_PICKED:
    for (int64_t c = 0; c < node_channels(node); c++) {
      int64_t from = 0;
      const int k = node->layer->source(f->graph, node, c, &from);
      of[c] = k < 0 ? NOTHING : f->of[node->input[k]][from];
    }
    break;
  default: /* units of its own; they, and what it reads, stay where they are unless its weights say how they mix */
    status = make_units(f, number);
    for (int64_t c = 0; !status && kind == CHANNELS_NEW && c < node_channels(node); c++)
      f->unit[of[c]].maker = number;
    if (!status && kind != CHANNELS_NEW) {
      hold_all(f, number, number ? HELD_LAYER : HELD_INPUT, number);
      for (int k = 0; k < node->inputs; k++)
        hold_all(f, node->input[k], HELD_LAYER, number);
    }
  }
  return status;
}

static void find_used(struct finder *f) {
  f->used[f->network->output] = 1;
  for (size_t i = f->graph->count; i-- > 0;)
    for (int k = 0; f->used[i] && k < f->graph->nodes[i].inputs; k++)
      f->used[f->graph->nodes[i].input[k]] = 1;
  f->used[0] = 1;
}

/* --- parameters --- */

#define NO_AXIS (-1)
#define UNKNOWN_AXIS (-2)
/* The node over whose channels axis a of a node's k-th parameter runs; NO_AXIS: over none; UNKNOWN_AXIS: over what this
 * file does not know. */
static int axis_node(const struct finder *f, const struct node *node, int k, int a) {
  if (by_channel(node)) {
    const struct segment *s = &f->graph->weights.list[node->parameter[k]];
    return a == 0 && s->dims[0] == node_channels(node) ? (int)(node - f->graph->nodes) : NO_AXIS;
  }
  const struct layer_parameter *p = node->layer->parameters;
  const struct segment *s = p ? &f->graph->weights.list[node->parameter[k]] : NULL;
  for (int at = 0; p && p->suffix; p++) {
    if (p->bias && node->flags & STRAIT_NO_BIAS)
      continue;
    if (at++ < k)
      continue;
    if (has_leading(node, p) && a-- == 0)
      return NO_AXIS;
    if (p->axis[a] == AXIS_KERNEL_HEIGHT || p->axis[a] == AXIS_KERNEL_WIDTH || p->axis[a] == AXIS_POSITIONS ||
        p->axis[a] == AXIS_TOKENS)
      return NO_AXIS;
    if (p->axis[a] != AXIS_OUT && p->axis[a] != AXIS_IN)
      return UNKNOWN_AXIS;
    const int found = p->axis[a] == AXIS_OUT ? (int)(node - f->graph->nodes) : node->input[0];
    return node_channels(&f->graph->nodes[found]) == s->dims[a + has_leading(node, p)] ? found : UNKNOWN_AXIS;
  }
  return NO_AXIS; /* of a custom operation: what it reads and makes is held */
}

static void set_axis(struct finder *f, struct channel_axis *axis, int node, const int32_t **units) {
  const int64_t count = node_channels(&f->graph->nodes[node]);
  if (!*units) {
    *units = f->of[node];
    axis->count = count;
    return;
  }
  for (int64_t c = 0; c < count; c++) /* a parameter that several layers share */
    unite(f, (*units)[c], f->of[node][c]);
}

/* The units along the axes of every segment: those of the first node that uses it, united with all others'. */
struct axes {
  struct channel_tensor *weights, *statistics;
  const int32_t *(*weight_units)[STRAIT_MAX_DIMS], *(*statistic_units)[STRAIT_MAX_DIMS];
};

static void note_axes(struct finder *f, struct axes *axes, const struct node *node) {
  const int number = (int)(node - f->graph->nodes);
  for (int k = 0; k < node->parameters; k++) {
    const int s = node->parameter[k];
    for (int a = 0; a < (int)f->graph->weights.list[s].rank; a++) {
      const int of = axis_node(f, node, k, a);
      if (of >= 0)
        set_axis(f, &axes->weights[s].axis[a], of, &axes->weight_units[s][a]);
      if (of != UNKNOWN_AXIS)
        continue;
      hold_all(f, number, HELD_LAYER, number);
      for (int i = 0; i < node->inputs; i++)
        hold_all(f, node->input[i], HELD_LAYER, number);
    }
  }
  for (int k = 0; node->layer->statistics && k < 2; k++)
    set_axis(f, &axes->statistics[node->statistics[k]].axis[0], number, &axes->statistic_units[node->statistics[k]][0]);
}

/* --- groups --- */

static uint64_t mix(uint64_t hash, uint64_t with) {
  hash = (hash ^ with) + UINT64_C(0x9E3779B97F4A7C15);
  hash = (hash ^ hash >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
  return hash ^ hash >> 31;
}

/* Where each unit occurs. */
static void note_places(struct finder *f) {
  for (size_t i = 0; i < f->graph->count; i++)
    for (int64_t c = 0; f->used[i] && c < node_channels(&f->graph->nodes[i]); c++) {
      const int32_t u = root(f, f->of[i][c]);
      if (u == NOTHING)
        continue;
      f->unit[u].where = mix(f->unit[u].where, i);
      f->unit[u].makers += channels_of(&f->graph->nodes[i]) == CHANNELS_NEW;
    }
}

/* The group of units that occur where this one does; they were made by one node, so a search from the newest is short.
 */
static int find_group(struct finder *f, const struct unit *u, const uint64_t *where) {
  for (int g = f->result->groups; g-- > 0;)
    if (where[g] == u->where)
      return g;
  return -1;
}

static int make_groups(struct finder *f) {
  uint64_t *where = NULL;
  size_t capacity = 0;
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < f->units; i++) {
    struct unit *u = &f->unit[i];
    if (u->parent != (int32_t)i || u->held || u->maker < 0)
      continue;
    u->group = find_group(f, u, where);
    if (u->group < 0) {
      const size_t count = (size_t)f->result->groups;
      status = memory_grow(&f->group, &f->group_capacity, count + 1, sizeof *f->group);
      if (!status)
        status = memory_grow(&where, &capacity, count + 1, sizeof *where);
      if (status)
        break;
      f->group[count] = (struct channel_group){f->graph->nodes[u->maker].name, 0};
      where[count] = u->where;
      u->group = f->result->groups++;
    }
    u->member = (int32_t)f->group[u->group].size++;
  }
  memory_free(where);
  return status;
}

/* Groups that run along two axes of one segment are held, and so are units that have no other to change places with. */
static int hold_crossed(struct finder *f, const struct axes *axes) {
  const struct layout *layout = &f->graph->weights.layout;
  int32_t *by = memory_alloc((size_t)f->result->groups, sizeof *by); /* 1 + the segment */
  int *seen = memory_alloc((size_t)f->result->groups, sizeof *seen); /* the last axis, counted over all */
  if (!by || !seen) {
    memory_free(by);
    return error_failure();
  }
  for (int s = 0, number = 1; s < layout->segments; s++, number += STRAIT_MAX_DIMS)
    for (int a = 0; a < STRAIT_MAX_DIMS; a++)
      for (int64_t c = 0; c < axes->weights[s].axis[a].count; c++) {
        const int32_t u = root(f, axes->weight_units[s][a][c]);
        const int g = u == NOTHING ? -1 : f->unit[u].group;
        if (g < 0)
          continue;
        if (seen[g] >= number && seen[g] < number + a)
          by[g] = 1 + s;
        seen[g] = number + a;
      }
  for (size_t i = 0; i < f->units; i++) {
    struct unit *u = &f->unit[i];
    if (u->parent == (int32_t)i && u->group >= 0 && by[u->group])
      hold(f, (int32_t)i, HELD_TWICE, by[u->group] - 1);
  }
  memory_free(seen);
  memory_free(by);
  return STRAIT_OK;
}

/* Numbers the groups that are left. */
static int number_groups(struct finder *f) {
  int *renamed = memory_alloc((size_t)f->result->groups, sizeof *renamed);
  int count = 0;
  if (!renamed)
    return error_failure();
  for (size_t i = 0; i < f->units; i++)
    if (f->unit[i].parent == (int32_t)i && f->unit[i].group >= 0 && !f->unit[i].held)
      renamed[f->unit[i].group] = 1;
  for (int g = 0; g < f->result->groups; g++) {
    const int there = renamed[g] && f->group[g].size > 1;
    renamed[g] = there ? count : -1;
    if (there)
      f->group[count++] = f->group[g];
  }
  for (size_t i = 0; i < f->units; i++)
    if (f->unit[i].parent == (int32_t)i && f->unit[i].group >= 0)
      f->unit[i].group = renamed[f->unit[i].group];
  f->result->groups = count;
  memory_free(renamed);
  return STRAIT_OK;
}

/* --- the result --- */

static int fill_axis(struct finder *f, struct channel_axis *axis, const int32_t *units) {
  int32_t *group = arena_alloc(f->result->arena, (size_t)axis->count, sizeof *group);
  int32_t *member = arena_alloc(f->result->arena, (size_t)axis->count, sizeof *member);
  if (!group || !member)
    return error_failure();
  for (int64_t c = 0; c < axis->count; c++) {
    const int32_t u = root(f, units[c]);
    group[c] = u == NOTHING ? -1 : f->unit[u].group;
    member[c] = u == NOTHING ? 0 : f->unit[u].member;
  }
  axis->group = group;
  axis->member = member;
  return STRAIT_OK;
}

static int fill_axes(struct finder *f, const struct layout *layout, struct channel_tensor *tensors,
                     const int32_t *(*units)[STRAIT_MAX_DIMS]) {
  int status = STRAIT_OK;
  for (int s = 0; s < layout->segments; s++)
    for (int a = 0; !status && a < STRAIT_MAX_DIMS; a++)
      if (tensors[s].axis[a].count)
        status = fill_axis(f, &tensors[s].axis[a], units[s][a]);
  return status;
}

/* What the layers with weights read, behind a flatten or dropout what that reads. */
static int fill_taps(struct finder *f) {
  struct channel_tap *taps = arena_alloc(f->result->arena, f->graph->count, sizeof *taps);
  unsigned char *tapped = memory_alloc(f->graph->count, 1);
  int status = taps && tapped ? STRAIT_OK : error_failure();
  for (size_t i = 0; !status && i < f->graph->count; i++) {
    if (!f->used[i] || channels_of(&f->graph->nodes[i]) != CHANNELS_NEW)
      continue;
    int x = f->graph->nodes[i].input[0];
    while (channels_of(&f->graph->nodes[x]) == CHANNELS_BLOCKS || f->graph->nodes[x].layer == &layer_dropout)
      x = f->graph->nodes[x].input[0];
    if (tapped[x]++ || x == 0)
      continue;
    const struct node *node = &f->graph->nodes[x];
    struct channel_tap *tap = &taps[f->result->taps++];
    *tap = (struct channel_tap){x, node->size / node_channels(node), {.count = node_channels(node)}};
    status = fill_axis(f, &tap->axis, f->of[x]);
  }
  memory_free(tapped);
  f->result->tap = taps;
  return status;
}

static const char *why_held(const struct finder *f, const struct unit *u) {
  struct arena *arena = f->result->arena;
  switch (u->held) {
  case HELD_INPUT:
    return "united with channels of the input";
  case HELD_OUTPUT:
    return "united with those of the output";
  case HELD_TWICE:
    return arena_format(arena, "on two axes of %s", f->graph->weights.list[u->by].name);
  default: {
    const struct node *by = &f->graph->nodes[u->by];
    return arena_format(arena,
                        by->operation ? "the custom operation \"%s\" does not say that it works channel by channel"
                                      : "the layer \"%s\" does not work channel by channel",
                        by->name ? by->name : by->layer->name);
  }
  }
}

static int fill_held(struct finder *f) {
  struct channel_held *list = arena_alloc(f->result->arena, f->graph->count, sizeof *list);
  if (!list)
    return error_failure();
  f->result->held = list;
  for (size_t i = 0; i < f->graph->count; i++) {
    const struct node *node = &f->graph->nodes[i];
    const struct unit *first = NULL;
    int64_t held = 0;
    if (!f->used[i] || channels_of(node) != CHANNELS_NEW)
      continue;
    for (int64_t c = 0; c < node_channels(node); c++) {
      const struct unit *u = &f->unit[root(f, f->of[i][c])];
      if (!u->held || (u->held == HELD_OUTPUT && u->makers == 1)) /* of course it stays */
        continue;
      held++;
      first = first ? first : u;
    }
    if (!held)
      continue;
    struct channel_held *one = &list[f->result->helds++];
    *one = (struct channel_held){node->name, why_held(f, first), held, node_channels(node)};
    if (!one->why)
      return error_failure();
  }
  return STRAIT_OK;
}

static int find_axes(struct finder *f, struct axes *axes) {
  struct arena *arena = f->result->arena;
  const size_t weights = (size_t)f->graph->weights.layout.segments;
  const size_t statistics = (size_t)f->graph->statistics.layout.segments;
  axes->weights = arena_alloc(arena, weights, sizeof *axes->weights);
  axes->statistics = arena_alloc(arena, statistics, sizeof *axes->statistics);
  axes->weight_units = arena_alloc(arena, weights, sizeof *axes->weight_units);
  axes->statistic_units = arena_alloc(arena, statistics, sizeof *axes->statistic_units);
  if (!axes->weights || !axes->statistics || !axes->weight_units || !axes->statistic_units)
    return error_failure();
  for (size_t i = 0; i < f->graph->count; i++)
    if (f->used[i])
      note_axes(f, axes, &f->graph->nodes[i]);
  f->result->weights = axes->weights;
  f->result->statistics = axes->statistics;
  return STRAIT_OK;
}

static int find(struct finder *f) {
  struct arena *arena = f->result->arena;
  struct axes axes;
  int status = STRAIT_OK;
  f->used = arena_alloc(arena, f->graph->count, 1);
  f->of = arena_alloc(arena, f->graph->count, sizeof *f->of);
  if (!f->used || !f->of)
    return error_failure();
  find_used(f);
  for (int i = 0; !status && i < (int)f->graph->count; i++) {
    f->of[i] = arena_alloc(arena, (size_t)node_channels(&f->graph->nodes[i]), sizeof **f->of);
    status = f->of[i] ? carry(f, i) : error_failure();
  }
  if (!status)
    hold_all(f, f->network->output, HELD_OUTPUT, 0);
  if (!status)
    status = find_axes(f, &axes);
  if (!status) {
    note_places(f);
    status = make_groups(f);
  }
  if (!status)
    status = hold_crossed(f, &axes);
  if (!status)
    status = number_groups(f);
  if (!status)
    status = fill_axes(f, &f->graph->weights.layout, axes.weights, axes.weight_units);
  if (!status)
    status = fill_axes(f, &f->graph->statistics.layout, axes.statistics, axes.statistic_units);
  if (!status)
    status = fill_taps(f);
  return status ? status : fill_held(f);
}

int channels_create(struct channels **channels, const struct network *network) {
  struct arena *arena = arena_create();
  struct finder f = {.network = network, .graph = &network->graph};
  f.result = arena ? arena_alloc(arena, 1, sizeof *f.result) : NULL;
  int status = f.result ? STRAIT_OK : error_failure();
  if (!status) {
    f.result->arena = arena;
    status = find(&f);
  }
  struct channel_group *group = status ? NULL : arena_alloc(arena, (size_t)f.result->groups, sizeof *group);
  if (!status && !group)
    status = error_failure();
  if (!status && f.result->groups)
    memcpy(group, f.group, (size_t)f.result->groups * sizeof *group);
  if (!status)
    f.result->group = group;
  memory_free(f.unit);
  memory_free(f.group);
  *channels = status ? NULL : f.result;
  if (status)
    arena_free(arena);
  return status;
}

void channels_free(struct channels *channels) {
  if (channels)
    arena_free(channels->arena);
}
