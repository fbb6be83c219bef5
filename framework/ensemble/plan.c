/* ensemble/plan.c: makes an ensemble: checks what it starts from, asks the ensembler for its sources and checks those.
 */
#include "ensemble/state.h"

#include "base/error.h"

enum { SOURCES = 100000 }; /* an ensembler that asks for more has lost count */

static int check_starts(const struct ensemble_plan *plan) {
  int64_t count = network_weights(plan->network)->count, buffers = network_statistics(plan->network)->count;
  for (int64_t i = 0; i < plan->starts; i++) {
    const struct snapshot *s = plan->start[i].snapshot;
    if (s->points != 1 || s->count != count || s->buffers != buffers)
      return error_set(STRAIT_EINVAL, "start %lld is of another network, or a curve", (long long)i + 1);
  }
  for (int64_t i = 0; i < plan->paths; i++) {
    if (path_check(&plan->path[i]))
      return error_failure();
    if (plan->path[i].count != count)
      return error_set(STRAIT_EINVAL, "path %s is of another network", plan->path[i].name);
  }
  return STRAIT_OK;
}

static int check_training(const struct ensemble *e, const strait_source *source) {
  const char *name = e->plan.ensembler->name;
  int64_t number = e->sources;
  if (!e->plan.schedule || !e->plan.keys)
    return error_set(STRAIT_EBUG, "ensembler %s asks for a training, and there is no schedule", name);
  if (source->iterations < 1)
    return error_set(STRAIT_EINVAL, "ensembler %s asks for %lld iterations in source %lld", name,
                     (long long)source->iterations, (long long)number);
  if (source->seed_offset < 0)
    return error_set(STRAIT_EINVAL, "ensembler %s asks for the seed offset %lld, below 0", name,
                     (long long)source->seed_offset);
  if (source->start == STRAIT_START_MEMBER && number == 0)
    return error_set(STRAIT_EINVAL, "ensembler %s starts its first source from a member, when there is none", name);
  if (source->start < STRAIT_START_MEMBER || source->start >= e->plan.starts)
    return error_set(STRAIT_EINVAL, "ensembler %s asks for start %lld of %lld", name, (long long)source->start + 1,
                     (long long)e->plan.starts);
  return STRAIT_OK;
}

static int check_path(const struct ensemble *e, const strait_source *source) {
  const char *name = e->plan.ensembler->name;
  if (source->path < 0 || source->path >= e->plan.paths)
    return error_set(STRAIT_EINVAL, "ensembler %s asks for path %lld of %lld", name, (long long)source->path + 1,
                     (long long)e->plan.paths);
  if (source->points < 2)
    return error_set(STRAIT_EINVAL, "ensembler %s asks for %lld points of a path; 2 is the least", name,
                     (long long)source->points);
  return STRAIT_OK;
}

/* Asks for source number e->sources. */
static int ask(struct ensemble *e, strait_source *source) {
  const strait_ensembler_ops *ops = object_ops(e->plan.ensembler);
  *source = (strait_source){.size = sizeof *source,
                            .given_starts = e->plan.starts,
                            .given_paths = e->plan.paths,
                            .given_budget = e->plan.budget,
                            .epoch_iterations = e->epoch_iterations,
                            .start_spent = e->spent};
  error_clear();
  int status = ops->source(e->plan.ensembler, e->sources, source);
  if (status)
    return error_status() ? status
                          : error_set(status, "ensembler %s refused source %lld, and gave no reason",
                                      e->plan.ensembler->name, (long long)e->sources);
  switch (source->type) {
  case STRAIT_SOURCE_END:
    return STRAIT_OK;
  case STRAIT_SOURCE_TRAINING:
    return check_training(e, source);
  case STRAIT_SOURCE_PATH:
    return check_path(e, source);
  default:
    return error_set(STRAIT_EINVAL, "ensembler %s asks for a source of the unknown type %u", e->plan.ensembler->name,
                     (unsigned)source->type);
  }
}

static int ask_all(struct ensemble *e) {
  size_t capacity = 0;
  for (;;) {
    strait_source source;
    int status = ask(e, &source);
    if (status || source.type == STRAIT_SOURCE_END)
      return status;
    if (e->sources == SOURCES)
      return error_set(STRAIT_EINVAL, "ensembler %s asks for more than %d sources", e->plan.ensembler->name, SOURCES);
    if (memory_grow(&e->source, &capacity, (size_t)e->sources + 1, sizeof *e->source))
      return STRAIT_ENOMEM;
    e->source[e->sources++] = source;
  }
}

int ensemble_create(struct ensemble **ensemble, const struct ensemble_plan *plan) {
  struct ensemble *e = *ensemble = memory_alloc(1, sizeof *e);
  if (!e)
    return STRAIT_ENOMEM;
  e->plan = *plan;
  e->epoch_iterations = 1;
  if (plan->data && plan->keys && plan->keys->batch > 0 && data_count(plan->data, SPLIT_TRAIN) > 0)
    e->epoch_iterations = data_epoch(plan->data, plan->keys->batch);
  e->spent = memory_alloc((size_t)plan->starts, sizeof *e->spent);
  int status = e->spent ? check_starts(plan) : STRAIT_ENOMEM;
  if (!status && plan->on_divergence == DIVERGENCE_HALVE && !plan->folder && plan->device)
    status = error_set(STRAIT_EBUG, "an ensemble that returns after a divergence needs a folder for its states");
  for (int64_t i = 0; i < plan->starts && !status; i++)
    e->spent[i] = plan->start[i].spent;
  if (!status)
    status = ask_all(e);
  if (!status)
    status = gathering_create(&e->gathering, plan->network);
  if (!status)
    gathering_made(e->gathering, plan->made, plan->made_pairs);
  if (status) {
    ensemble_free(e);
    *ensemble = NULL;
  }
  return status;
}

void ensemble_free(struct ensemble *ensemble) {
  if (!ensemble)
    return;
  gathering_free(ensemble->gathering);
  snapshot_free(ensemble->snapshot);
  memory_free(ensemble->source);
  memory_free(ensemble->spent);
  memory_free(ensemble);
}

int64_t ensemble_sources(const struct ensemble *ensemble) { return ensemble->sources; }
const strait_source *ensemble_source(const struct ensemble *ensemble, int64_t i) { return &ensemble->source[i]; }
struct gathering *ensemble_gathering(struct ensemble *ensemble) {
  return ensemble->gathering;
}

int64_t ensemble_halvings(const struct ensemble *ensemble) { return ensemble->halved; }

int64_t ensemble_iterations(const struct ensemble *ensemble) {
  int64_t sum = 0;
  for (int64_t i = 0; i < ensemble->sources; i++)
    if (ensemble->source[i].type == STRAIT_SOURCE_TRAINING)
      sum += ensemble->source[i].iterations;
  return sum;
}
