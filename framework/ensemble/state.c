/* ensemble/state.c: the states of a running ensemble in a folder: members in files of their own, the rest in one file a
 * state. */
#include "ensemble/state.h"

#include "base/error.h"
#include "base/file.h"
#include "train/checkpoint.h"
#include "train/training.h"

enum { SOURCE, BEGUN, HALVED, PLACES }; /* the array "place" */

static int uses_adam(const struct ensemble *e) { return e->plan.keys && e->plan.keys->optimiser == OPTIMISER_ADAMW; }

int ensemble_make_snapshot(struct ensemble *ensemble) {
  const struct ensemble_plan *plan = &ensemble->plan;
  int status = snapshot_create(&ensemble->snapshot, plan->network, 1, 0, uses_adam(ensemble));
  return status || !plan->keys
             ? status
             : snapshot_carry(ensemble->snapshot, plan->network, training_lanes(plan->keys, plan->data));
}

static struct moments moments_of(const struct ensemble *e, struct arena *arena) {
  return (struct moments){.folder = e->plan.folder,
                          .arena = arena,
                          .epoch = e->epoch_iterations,
                          .sources = 1,
                          .network = e->plan.network,
                          .made = e->plan.made,
                          .made_pairs = e->plan.made_pairs};
}

struct moment ensemble_here(const struct ensemble *ensemble) {
  return (struct moment){.source = ensemble->now, .iteration = ensemble->begun ? ensemble->snapshot->iteration : 0};
}

/* --- writing --- */

static int pack(struct ensemble *e, struct arena *arena, struct array_list *state) {
  int64_t *spot = arena_alloc(arena, PLACES, sizeof *spot);
  if (!spot)
    return error_failure();
  spot[SOURCE] = e->now;
  spot[BEGUN] = e->begun;
  spot[HALVED] = e->halved;
  int status = array_list_add(state, array_i64("place", spot, PLACES));
  if (!status && e->snapshot)
    status = snapshot_pack(e->snapshot, 1, arena, state);
  return status ? status : gathering_pack(e->gathering, e->plan.folder, arena, state);
}

static int write_state(struct ensemble *e, const struct moments *m) {
  struct array_list state = {0};
  char *file = moment_file(m, ensemble_here(e), MOMENT_STATE);
  int status = file ? pack(e, m->arena, &state) : error_failure();
  if (!status)
    status = safetensors_write(file, state.array, state.count, m->made, m->made_pairs);
  array_list_free(&state);
  return status;
}

/* After DIVERGENCE_TRIES in vain, a source returns to its start. */
static int is_start(const void *context, const struct moment *moment) {
  const struct ensemble *e = context;
  return e->plan.on_divergence == DIVERGENCE_HALVE && moment->source == e->now && moment->iteration == 0;
}

int ensemble_keep(struct ensemble *ensemble) {
  const struct ensemble *e = ensemble;
  if (!e->plan.folder)
    return STRAIT_OK;
  const struct moment now = ensemble_here(e);
  const struct rotation rotation = {.now = now,
                                    .begun = now.iteration / e->epoch_iterations * e->epoch_iterations,
                                    .begun_stays = e->plan.on_divergence == DIVERGENCE_HALVE,
                                    .spare = 2,
                                    .limit = e->plan.checkpoint_limit,
                                    .wanted = is_start,
                                    .context = e};
  struct arena *arena = arena_create();
  const struct moments m = moments_of(e, arena);
  int status = arena ? file_make_folders(e->plan.folder) : error_failure();
  if (!status)
    status = write_state(ensemble, &m);
  if (!status)
    status = moments_rotate(&m, &rotation);
  arena_free(arena);
  return status;
}

/* --- reading --- */

/* As ensemble_create leaves it; a snapshot that a trainer holds stays where it is. */
static int restart(struct ensemble *e) {
  gathering_free(e->gathering);
  e->now = e->halved = 0;
  e->begun = 0;
  if (e->snapshot)
    snapshot_clear(e->snapshot);
  int status = gathering_create(&e->gathering, e->plan.network);
  if (!status)
    gathering_made(e->gathering, e->plan.made, e->plan.made_pairs);
  return status;
}

static int unpack(struct ensemble *e, const struct arrays *arrays) {
  const struct array *array = arrays_find(arrays, "place");
  const int64_t *spot = array ? array->data : NULL;
  if (!spot || array->type != STRAIT_I64 || array_count(array) != PLACES || spot[SOURCE] < 0 ||
      spot[SOURCE] > e->sources || spot[HALVED] < 0 ||
      (spot[BEGUN] && (spot[SOURCE] == e->sources || e->source[spot[SOURCE]].type != STRAIT_SOURCE_TRAINING)))
    return error_set(STRAIT_EFORMAT, "it is not a state of this ensemble");
  const int trained = arrays_find(arrays, "progress") != NULL;
  if (spot[BEGUN] && !trained)
    return error_set(STRAIT_EFORMAT, "it has no training under way");
  if (trained && !e->snapshot && ensemble_make_snapshot(e))
    return error_failure();
  int status = trained ? snapshot_unpack(e->snapshot, 1, arrays) : STRAIT_OK;
  if (!status)
    status = gathering_unpack(e->gathering, e->plan.folder, arrays);
  e->now = spot[SOURCE];
  e->begun = spot[BEGUN] != 0;
  e->halved = spot[HALVED];
  return status;
}

struct reading {
  struct ensemble *ensemble;
  const struct moments *moments;
};

static int read_state(void *context, const struct moment *moment) {
  const struct reading *r = context;
  const struct moments *m = r->moments;
  struct arrays *arrays = NULL;
  char *file = moment_file(m, *moment, MOMENT_STATE);
  int status = file ? restart(r->ensemble) : error_failure();
  if (!status && (status = safetensors_read(&arrays, file)) != STRAIT_OK)
    return status;
  if (!status) {
    error_clear();
    status = arrays_check_made(arrays, m->made, m->made_pairs);
  }
  if (!status)
    status = unpack(r->ensemble, arrays);
  arrays_free(arrays);
  return status && file ? error_wrap("%s", file) : status;
}

int ensemble_restore(struct ensemble *ensemble, const struct moment *latest) {
  struct ensemble *e = ensemble;
  if (!e->plan.folder)
    return STRAIT_OK;
  struct arena *arena = arena_create();
  const struct moments m = moments_of(e, arena);
  struct reading reading = {e, &m};
  int loaded = 0, status = arena ? moments_load(&m, latest, read_state, &reading, &loaded) : error_failure();
  arena_free(arena);
  return status || loaded ? status : restart(e);
}

int ensemble_forget(struct ensemble *ensemble, struct moment after) {
  struct arena *arena = arena_create();
  const struct moments m = moments_of(ensemble, arena);
  int status = arena ? moments_forget(&m, after) : error_failure();
  arena_free(arena);
  return status;
}

int ensemble_diverged(struct ensemble *ensemble) {
  struct arena *arena = ensemble->plan.folder ? arena_create() : NULL;
  if (!arena)
    return error_failure();
  const struct moments m = moments_of(ensemble, arena);
  int status = moments_diverged(&m);
  arena_free(arena);
  return status;
}
