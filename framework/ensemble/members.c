/* ensemble/members.c: slots and members in host memory, and their files. */
#include "ensemble/members.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

struct slot {
  char *name;
  float *vector;    /* P floats; NULL: an integer */
  int64_t *integer; /* NULL: a vector */
};

struct gathering {
  strait_slots slots;     /* the handle that plugins get; must be first */
  int64_t count, buffers; /* P, and the batch-norm statistics */
  struct slot *slot;
  size_t slot_count, slot_capacity;
  struct member *member;
  size_t member_count, member_capacity;
  size_t saved;                /* members that are in their files */
  const struct metadata *made; /* for their files */
  size_t made_pairs;
  const float *statistics;
  int64_t source, iteration;
};

/* --- slots --- */

static void slot_free(struct slot *slot) {
  memory_free(slot->name);
  memory_free(slot->vector);
  memory_free(slot->integer);
}

static struct slot *find_slot(struct gathering *g, const char *name, int vector) {
  for (size_t i = 0; i < g->slot_count; i++)
    if (!strcmp(g->slot[i].name, name) && vector == (g->slot[i].vector != NULL))
      return &g->slot[i];
  return NULL;
}

static struct slot *slot_of(struct gathering *g, const char *name, int vector) {
  struct slot *found = find_slot(g, name, vector), made = {0};
  if (found)
    return found;
  if (!text_is_name(name)) {
    error_set(STRAIT_EINVAL, "\"%s\" is not a slot name: lower-case letters, digits and '-', a letter first", name);
    return NULL;
  }
  size_t length = strlen(name) + 1;
  made.name = memory_alloc(length, 1);
  if (vector)
    made.vector = memory_alloc((size_t)g->count, sizeof(float));
  else
    made.integer = memory_alloc(1, sizeof(int64_t));
  if (!made.name || (!made.vector && !made.integer) ||
      memory_grow(&g->slot, &g->slot_capacity, g->slot_count + 1, sizeof *g->slot)) {
    slot_free(&made);
    return NULL;
  }
  memcpy(made.name, name, length);
  g->slot[g->slot_count] = made;
  return &g->slot[g->slot_count++];
}

static float *vector_slot(strait_slots *slots, const char *name) {
  struct slot *slot = slot_of((struct gathering *)slots, name, 1);
  return slot ? slot->vector : NULL;
}

static int64_t *integer_slot(strait_slots *slots, const char *name) {
  struct slot *slot = slot_of((struct gathering *)slots, name, 0);
  return slot ? slot->integer : NULL;
}

/* --- members --- */

/* Room for one more member, with statistics where they are wanted. */
static struct member *make_member(struct gathering *g, int statistics) {
  if (memory_grow(&g->member, &g->member_capacity, g->member_count + 1, sizeof *g->member))
    return NULL;
  struct member *member = &g->member[g->member_count];
  *member = (struct member){0};
  member->weights = memory_alloc((size_t)g->count, sizeof(float));
  if (statistics)
    member->statistics = memory_alloc((size_t)g->buffers, sizeof(float));
  if (member->weights && (!statistics || member->statistics)) {
    g->member_count++;
    return member;
  }
  memory_free(member->weights);
  memory_free(member->statistics);
  return NULL;
}

static int32_t add_member(strait_slots *slots, const float *weights, uint32_t statistics) {
  struct gathering *g = (struct gathering *)slots;
  int keep = statistics == STRAIT_STATISTICS_KEEP;
  if (!keep && statistics != STRAIT_STATISTICS_REFRESH)
    return error_set(STRAIT_EINVAL, "a member's statistics are said to be %" PRIu32 "; there are refresh and keep",
                     statistics);
  if (keep && g->buffers && !g->statistics)
    return error_set(STRAIT_EINVAL,
                     "a member is to keep its batch-norm statistics, but a path has none; let them be re-estimated");
  struct member *member = make_member(g, keep && g->buffers);
  if (!member)
    return STRAIT_ENOMEM;
  memcpy(member->weights, weights, (size_t)g->count * sizeof *weights);
  if (member->statistics)
    memcpy(member->statistics, g->statistics, (size_t)g->buffers * sizeof(float));
  member->refresh = !keep && g->buffers > 0;
  member->source = g->source;
  member->iteration = g->iteration;
  return STRAIT_OK;
}

/* --- the running mean, in the slots "mean" and "folded" --- */

static int32_t fold(strait_slots *slots, const float *weights) {
  float *mean = vector_slot(slots, "mean");
  int64_t *folded = integer_slot(slots, "folded");
  if (!mean || !folded)
    return error_failure();
  double share = 1. / (double)++*folded;
  for (int64_t k = 0; k < ((struct gathering *)slots)->count; k++)
    mean[k] = (float)((double)mean[k] + share * ((double)weights[k] - (double)mean[k]));
  return STRAIT_OK;
}

/* The next mean begins with a share of 1, which forgets this one. */
static int32_t add_mean(strait_slots *slots) {
  const float *mean = vector_slot(slots, "mean");
  int64_t *folded = integer_slot(slots, "folded");
  if (!mean || !folded)
    return error_failure();
  if (!*folded)
    return error_set(STRAIT_EINVAL, "no weights to average: it ended before the schedule's first moment");
  *folded = 0;
  return add_member(slots, mean, STRAIT_STATISTICS_REFRESH);
}

static const strait_slots_ops slots_ops = {.size = sizeof slots_ops,
                                           .vector = vector_slot,
                                           .integer = integer_slot,
                                           .member = add_member,
                                           .fold = fold,
                                           .mean = add_mean};

int gathering_create_sized(struct gathering **gathering, int64_t count, int64_t buffers) {
  struct gathering *g = *gathering = memory_alloc(1, sizeof *g);
  if (!g)
    return STRAIT_ENOMEM;
  g->slots.ops = &slots_ops;
  g->count = count;
  g->buffers = buffers;
  return STRAIT_OK;
}

int gathering_create(struct gathering **gathering, const struct network *network) {
  return gathering_create_sized(gathering, network_weights(network)->count, network_statistics(network)->count);
}

void gathering_free(struct gathering *gathering) {
  if (!gathering)
    return;
  for (size_t i = 0; i < gathering->slot_count; i++)
    slot_free(&gathering->slot[i]);
  for (size_t i = 0; i < gathering->member_count; i++) {
    memory_free(gathering->member[i].weights);
    memory_free(gathering->member[i].statistics);
  }
  memory_free(gathering->slot);
  memory_free(gathering->member);
  memory_free(gathering);
}

strait_slots *gathering_slots(struct gathering *gathering) { return &gathering->slots; }
int64_t gathering_members(const struct gathering *gathering) { return (int64_t)gathering->member_count; }
const struct member *gathering_member(const struct gathering *gathering, int64_t i) { return &gathering->member[i]; }

int gathering_folds(const struct gathering *gathering) {
  int vectors = 0;
  for (size_t i = 0; i < gathering->slot_count; i++)
    vectors |= gathering->slot[i].vector != NULL;
  return vectors;
}

void gathering_made(struct gathering *gathering, const struct metadata *made, size_t pairs) {
  gathering->made = made;
  gathering->made_pairs = pairs;
}

void gathering_now(struct gathering *gathering, const float *statistics, int64_t source, int64_t iteration) {
  gathering->statistics = statistics;
  gathering->source = source;
  gathering->iteration = iteration;
}

/* --- files --- */

static char *member_file(struct arena *arena, const char *folder, size_t i) {
  char *name = arena_format(arena, "member-%zu.safetensors", i);
  return name ? file_join(arena, folder, name) : NULL;
}

static int write_member(const struct gathering *g, const char *file, size_t i) {
  const struct member *member = &g->member[i];
  struct array arrays[2] = {array_f32("weights", member->weights, g->count)};
  if (member->statistics)
    arrays[1] = array_f32("statistics", member->statistics, g->buffers);
  return safetensors_write(file, arrays, member->statistics ? 2 : 1, g->made, g->made_pairs);
}

static int by_name(const void *a, const void *b) {
  const struct slot *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order ? order : (x->vector != NULL) - (y->vector != NULL);
}

static int pack_slots(struct gathering *g, struct arena *arena, struct array_list *state) {
  if (g->slot_count)
    qsort(g->slot, g->slot_count, sizeof *g->slot, by_name); /* one order, however they came about */
  for (size_t i = 0; i < g->slot_count; i++) {
    const struct slot *slot = &g->slot[i];
    const char *name = arena_format(arena, "%s.%s", slot->vector ? "vector" : "integer", slot->name);
    if (!name || array_list_add(state, slot->vector ? array_f32(name, slot->vector, g->count)
                                                    : array_i64(name, slot->integer, 1)))
      return STRAIT_ENOMEM;
  }
  return STRAIT_OK;
}

/* "members": how many, then source, iteration, refresh, statistics (1: in its file) of each. */
enum { FACTS = 4 };

int gathering_pack(struct gathering *gathering, const char *folder, struct arena *arena, struct array_list *state) {
  struct gathering *g = gathering;
  int64_t *facts = arena_alloc(arena, 1 + FACTS * g->member_count, sizeof *facts);
  if (!facts)
    return STRAIT_ENOMEM;
  facts[0] = (int64_t)g->member_count;
  for (size_t i = 0; i < g->member_count; i++) {
    const struct member *member = &g->member[i];
    const char *file = member_file(arena, folder, i);
    if (!file || ((i >= g->saved || !file_exists(file)) && write_member(g, file, i)))
      return error_failure();
    int64_t *fact = facts + 1 + FACTS * i;
    fact[0] = member->source, fact[1] = member->iteration;
    fact[2] = member->refresh, fact[3] = member->statistics != NULL;
  }
  g->saved = g->member_count;
  if (array_list_add(state, array_i64("members", facts, (int64_t)(1 + FACTS * g->member_count))))
    return STRAIT_ENOMEM;
  return pack_slots(g, arena, state);
}

/* The array of this name, if it is `count` floats. */
static const float *find_floats(const struct arrays *arrays, const char *name, int64_t count) {
  const struct array *array = arrays_find(arrays, name);
  return array && array->type == STRAIT_F32 && array_count(array) == count ? array->data : NULL;
}

static int read_member(struct gathering *g, const char *file, const int64_t *fact) {
  struct arrays *arrays;
  if (safetensors_read(&arrays, file))
    return error_failure();
  int kept = fact[3] != 0, status = arrays_check_made(arrays, g->made, g->made_pairs);
  const float *weights = find_floats(arrays, "weights", g->count);
  const float *statistics = kept ? find_floats(arrays, "statistics", g->buffers) : NULL;
  struct member *member = NULL;
  if (status)
    error_wrap("%s", file);
  else if (!weights || (kept && !statistics))
    status = error_set(STRAIT_EFORMAT, "%s is not a member of an ensemble of this network", file);
  else if (!(member = make_member(g, kept)))
    status = STRAIT_ENOMEM;
  else {
    memcpy(member->weights, weights, (size_t)g->count * sizeof *weights);
    if (kept)
      memcpy(member->statistics, statistics, (size_t)g->buffers * sizeof *statistics);
    member->source = fact[0], member->iteration = fact[1], member->refresh = fact[2] != 0;
  }
  arrays_free(arrays);
  return status;
}

static int unpack_slot(struct gathering *g, const struct array *array) {
  int vector = text_starts(array->name, "vector.");
  if (!vector && !text_starts(array->name, "integer."))
    return STRAIT_OK;
  int64_t count = vector ? g->count : 1;
  if (array->type != (vector ? STRAIT_F32 : STRAIT_I64) || array_count(array) != count)
    return error_set(STRAIT_EFORMAT, "the ensemble's state has a slot of another size, %s", array->name);
  struct slot *slot = slot_of(g, strchr(array->name, '.') + 1, vector);
  if (!slot)
    return error_failure();
  memcpy(vector ? (void *)slot->vector : (void *)slot->integer, array->data,
         (size_t)count * (vector ? sizeof(float) : sizeof(int64_t)));
  return STRAIT_OK;
}

int gathering_unpack(struct gathering *gathering, const char *folder, const struct arrays *state) {
  struct gathering *g = gathering;
  const struct array *members = arrays_find(state, "members");
  const int64_t *facts = members ? members->data : NULL;
  if (!members || members->type != STRAIT_I64 || array_count(members) < 1 || facts[0] < 0 ||
      (array_count(members) - 1) / FACTS != facts[0] || (array_count(members) - 1) % FACTS)
    return error_set(STRAIT_EFORMAT, "%s: not the state of an ensemble", folder);
  struct arena *arena = arena_create();
  int status = arena ? STRAIT_OK : STRAIT_ENOMEM;
  for (int64_t i = 0; i < facts[0] && !status; i++) {
    const char *file = member_file(arena, folder, (size_t)i);
    status = file ? read_member(g, file, facts + 1 + FACTS * i) : STRAIT_ENOMEM;
  }
  for (size_t i = 0; i < arrays_count(state) && !status; i++)
    status = unpack_slot(g, arrays_at(state, i));
  g->saved = g->member_count;
  arena_free(arena);
  return status;
}
