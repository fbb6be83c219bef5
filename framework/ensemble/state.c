/* ensemble/state.c: the state of a running ensemble in a folder: members in files of their own, the rest in one. */
#include "ensemble/state.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"

enum { SOURCE, BEGUN, ITERATION, UPDATES, PLACES }; /* the array "place" */

int ensemble_make_snapshot(struct ensemble *ensemble) {
  int adam = ensemble->plan.keys && ensemble->plan.keys->optimiser == OPTIMISER_ADAMW;
  return snapshot_create(&ensemble->snapshot, ensemble->plan.network, 1, 0, adam);
}

/* The vectors of a snapshot, by name; writing and reading go through the same list. */
struct vector {
  const char *name;
  float *data;
  int64_t count;
};
static int vectors(const struct snapshot *s, struct vector vector[4]) {
  int n = 0;
  vector[n++] = (struct vector){"theta", s->theta[0], s->count};
  vector[n++] = (struct vector){"velocity", s->velocity[0], s->count};
  if (s->square)
    vector[n++] = (struct vector){"square", s->square[0], s->count};
  if (s->buffers)
    vector[n++] = (struct vector){"statistics", s->statistics, s->buffers};
  return n;
}

static int pack(struct ensemble *e, const char *folder, struct arena *arena, struct array_list *state) {
  const struct snapshot *s = e->snapshot;
  struct vector vector[4];
  int64_t *spot = arena_alloc(arena, PLACES, sizeof *spot);
  if (!spot)
    return STRAIT_ENOMEM;
  spot[SOURCE] = e->now;
  spot[BEGUN] = e->begun;
  spot[ITERATION] = s ? s->iteration : 0;
  spot[UPDATES] = s ? s->updates : 0;
  int status = array_list_add(state, array_i64("place", spot, PLACES));
  for (int i = 0, n = s ? vectors(s, vector) : 0; i < n && !status; i++)
    status = array_list_add(
        state,
        (struct array){
            .name = vector[i].name, .type = STRAIT_F32, .rank = 1, .dims = {vector[i].count}, .data = vector[i].data});
  return status ? status : gathering_pack(e->gathering, folder, arena, state);
}

int ensemble_write(struct ensemble *ensemble, const char *folder) {
  struct array_list state = {0};
  struct arena *arena = arena_create();
  const char *file = arena ? file_join(arena, folder, "state.safetensors") : NULL;
  int status = file ? file_make_folders(folder) : STRAIT_ENOMEM;
  if (!status)
    status = pack(ensemble, folder, arena, &state);
  if (!status)
    status = safetensors_write(file, state.array, state.count, ensemble->plan.made, ensemble->plan.made_pairs);
  array_list_free(&state);
  arena_free(arena);
  return status;
}

static int unpack_snapshot(struct ensemble *e, const struct arrays *arrays, const int64_t *spot) {
  struct vector vector[4];
  if (!arrays_find(arrays, "theta"))
    return spot[BEGUN] ? STRAIT_EFORMAT : STRAIT_OK;
  if (!e->snapshot && ensemble_make_snapshot(e))
    return error_failure();
  for (int i = 0, n = vectors(e->snapshot, vector); i < n; i++) {
    const struct array *array = arrays_find(arrays, vector[i].name);
    if (!array || array->type != STRAIT_F32 || array_count(array) != vector[i].count)
      return STRAIT_EFORMAT;
    memcpy(vector[i].data, array->data, (size_t)vector[i].count * sizeof(float));
  }
  e->snapshot->iteration = spot[ITERATION];
  e->snapshot->updates = spot[UPDATES];
  return STRAIT_OK;
}

static int unpack(struct ensemble *e, const char *folder, const struct arrays *arrays) {
  const struct array *array = arrays_find(arrays, "place");
  const int64_t *spot = array ? array->data : NULL;
  if (!spot || array->type != STRAIT_I64 || array_count(array) != PLACES || spot[SOURCE] < 0 ||
      spot[SOURCE] > e->sources || spot[ITERATION] < 0 || spot[UPDATES] < 0 ||
      (spot[BEGUN] && (spot[SOURCE] == e->sources || e->source[spot[SOURCE]].type != STRAIT_SOURCE_TRAINING)))
    return STRAIT_EFORMAT;
  e->now = spot[SOURCE];
  e->begun = spot[BEGUN] != 0;
  int status = unpack_snapshot(e, arrays, spot);
  return status ? status : gathering_unpack(e->gathering, folder, arrays);
}

int ensemble_read(struct ensemble *ensemble, const char *folder) {
  struct arrays *arrays = NULL;
  struct arena *arena = arena_create();
  const char *file = arena ? file_join(arena, folder, "state.safetensors") : NULL;
  int status = file ? safetensors_read(&arrays, file) : STRAIT_ENOMEM;
  if (!status && (status = arrays_check_made(arrays, ensemble->plan.made, ensemble->plan.made_pairs)))
    status = error_wrap("%s", file);
  if (!status) {
    error_clear();
    status = unpack(ensemble, folder, arrays);
    if (status == STRAIT_EFORMAT && !error_status())
      status = error_set(STRAIT_EFORMAT, "%s is not the state of this ensemble; remove it", file);
  }
  arrays_free(arrays);
  arena_free(arena);
  return status;
}
