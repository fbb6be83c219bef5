/* ensemble/run.c: the loop over an ensembler's sources. Trains through train/training.h, walks paths on the host.
 *
 * A checkpoint is only ever made where everything up to the current iteration was offered to the ensembler, and nothing
 * after it: so what is read back goes on as if nothing had happened. */
#include <config.h>

#include "ensemble/run.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/stop.h"
#include "ensemble/state.h"

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- offering weights --- */

/* The status of a plugin's call, its cause recorded. */
static int plugin_status(const struct ensemble *e, int status, const char *what) {
  if (status < 0 && !error_status())
    return error_set(status, "ensembler %s: %s failed, and gave no reason", e->plan.ensembler->name, what);
  return status;
}

static int offer(struct ensemble *e, const float *weights, const float *statistics, const strait_step *step, int wanted,
                 int last) {
  const strait_ensembler_ops *ops = object_ops(e->plan.ensembler);
  strait_moment moment = {.size = sizeof moment,
                          .last = (uint32_t)last,
                          .source = e->now,
                          .wanted = (uint32_t)wanted,
                          .step = *step,
                          .count = network_weights(e->plan.network)->count,
                          .weights = weights};
  error_clear();
  gathering_now(e->gathering, statistics, e->now, step->iteration);
  return plugin_status(e, ops->collect(e->plan.ensembler, &moment, gathering_slots(e->gathering)), "collect");
}

static int finish(struct ensemble *e, const float *statistics, int64_t iteration) {
  const strait_ensembler_ops *ops = object_ops(e->plan.ensembler);
  error_clear();
  gathering_now(e->gathering, statistics, e->now, iteration);
  if (!ops->finish)
    return STRAIT_OK;
  return plugin_status(e, ops->finish(e->plan.ensembler, e->now, gathering_slots(e->gathering)), "finish");
}

/* --- telling the caller --- */

/* weights: at a moment; here: at a moment or an epoch's end of a training, then the snapshot holds its statistics. */
static void tell(const struct ensemble *e, const struct ensemble_watch *watch, const struct training *training,
                 const strait_step *step, const float *weights, const float *here) {
  struct ensemble_news news = {.source = e->now,
                               .sources = e->sources,
                               .path = training == NULL,
                               .step = *step,
                               .members = gathering_members(e->gathering),
                               .weights = weights,
                               .here = here,
                               .statistics = here ? e->snapshot->statistics : NULL};
  if (!watch || !watch->progress)
    return;
  if (training && step->iteration)
    news.rate = training_rate(training, step->iteration);
  if (training)
    training_progress(training, &news.sums);
  watch->progress(watch->context, &news);
}

static int checkpoint(struct ensemble *e, const struct ensemble_watch *watch) {
  e->checkpointed = seconds();
  return watch && watch->checkpoint ? watch->checkpoint(watch->context, e) : STRAIT_OK;
}

/* --- a training --- */

static void offset_seeds(struct seeds *seeds, int64_t offset) {
  int64_t *each[] = {&seeds->init, &seeds->order, &seeds->augment, &seeds->dropout, &seeds->t};
  for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
    if (*each[i] >= 0)
      *each[i] += offset;
  seeds->seed += offset;
}

/* The state that a source starts from: weights and statistics; the momentum of a start, none otherwise. */
static void fill_snapshot(struct ensemble *e, const strait_source *source, const struct seeds *seeds) {
  struct snapshot *s = e->snapshot;
  size_t weights = (size_t)s->count * sizeof(float), statistics = (size_t)s->buffers * sizeof(float);
  snapshot_restart(s);
  if (source->start == STRAIT_START_FRESH) {
    network_initialise(e->plan.network, seed_of(seeds, seeds->init), s->theta[0], s->statistics);
  } else if (source->start == STRAIT_START_MEMBER) {
    const struct member *member = gathering_member(e->gathering, gathering_members(e->gathering) - 1);
    memcpy(s->theta[0], member->weights, weights);
    if (member->statistics) /* else those of the training before: training replaces them step by step anyway */
      memcpy(s->statistics, member->statistics, statistics);
  } else {
    const struct snapshot *start = e->plan.start[source->start].snapshot;
    memcpy(s->theta[0], start->theta[0], weights);
    memcpy(s->statistics, start->statistics, statistics);
    if (start->updates && start->velocity && start->velocity[0] && !start->square == !s->square) {
      memcpy(s->velocity[0], start->velocity[0], weights);
      if (s->square)
        memcpy(s->square[0], start->square[0], weights);
      s->updates = start->updates;
    }
  }
}

int ensemble_origin(const struct ensemble *e, int64_t source, float *weights) {
  const strait_source *s = &e->source[source];
  struct seeds seeds = e->plan.seeds;
  if (s->type == STRAIT_SOURCE_PATH) {
    path_weights(&e->plan.path[s->path], 0, weights);
    return STRAIT_OK;
  }
  if (s->start == STRAIT_START_MEMBER && source)
    return ensemble_origin(e, source - 1, weights);
  if (s->start >= 0) {
    const struct snapshot *start = e->plan.start[s->start].snapshot;
    memcpy(weights, start->theta[0], (size_t)start->count * sizeof *weights);
    return STRAIT_OK;
  }
  float *statistics = memory_alloc((size_t)network_statistics(e->plan.network)->count, sizeof *statistics);
  if (!statistics)
    return error_failure();
  offset_seeds(&seeds, s->seed_offset);
  network_initialise(e->plan.network, seed_of(&seeds, seeds.init), weights, statistics);
  memory_free(statistics);
  return STRAIT_OK;
}

static int begin(struct ensemble *e, const strait_source *source, const struct seeds *seeds, const strait_step *step) {
  if (!e->snapshot && ensemble_make_snapshot(e))
    return error_failure();
  if (source->start == STRAIT_START_MEMBER && !gathering_members(e->gathering))
    return error_set(STRAIT_EINVAL, "source %lld is to start from the newest member, but there is none yet",
                     (long long)e->now);
  fill_snapshot(e, source, seeds);
  e->begun = 1;
  return source->offer_start ? offer(e, e->snapshot->theta[0], e->snapshot->statistics, step, 1, 0) : STRAIT_OK;
}

/* The next iteration at which something happens: a moment to collect, an epoch's end, the training's. */
static int64_t next_stop(const struct training *training, const strait_step *step, int64_t *collect) {
  int64_t epoch_end = (step->iteration / step->epoch_iterations + 1) * step->epoch_iterations;
  int64_t next = epoch_end < step->iterations ? epoch_end : step->iterations;
  *collect = training_next_collect(training);
  return *collect && *collect < next ? *collect : next;
}

/* Trains up to `until`, telling the caller every half second; returns early with a checkpoint made at a stop. */
static int advance(struct ensemble *e, const struct ensemble_watch *watch, struct training *training, int64_t until,
                   strait_step *step) {
  while (training_iteration(training) < until) {
    int status = training_run(training, until, seconds() + 0.5);
    step->iteration = training_iteration(training);
    if (status)
      return status;
    tell(e, watch, training, step, NULL, NULL);
    int due = watch && watch->every > 0 && seconds() > e->checkpointed + watch->every;
    if (step->iteration < until && (due || stop_requested()))
      if (training_save(training, e->snapshot) || checkpoint(e, watch) || stop_check())
        return error_failure();
  }
  return STRAIT_OK;
}

static int train(struct ensemble *e, const struct ensemble_watch *watch, struct training *training, strait_step *step) {
  while (step->iteration < step->iterations) {
    int64_t collect, until = next_stop(training, step, &collect);
    if (advance(e, watch, training, until, step) || training_save(training, e->snapshot))
      return error_failure();
    const float *here = e->snapshot->theta[0];
    int last = until == step->iterations, moment = until == collect || last;
    if (moment && offer(e, here, e->snapshot->statistics, step, until == collect, last))
      return error_failure();
    tell(e, watch, training, step, moment ? here : NULL, here);
    if (!last && until % step->epoch_iterations == 0 && (checkpoint(e, watch) || stop_check()))
      return error_failure();
  }
  return finish(e, e->snapshot->statistics, step->iterations);
}

static int run_training(struct ensemble *e, const strait_source *source, const struct ensemble_watch *watch) {
  struct training_plan plan = {.network = e->plan.network,
                               .data = e->plan.data,
                               .device = e->plan.device,
                               .schedule = e->plan.schedule,
                               .keys = e->plan.keys,
                               .seeds = e->plan.seeds,
                               .iterations = source->iterations};
  strait_step step = {sizeof step, 0, 0, e->epoch_iterations, source->iterations};
  struct training *training;
  offset_seeds(&plan.seeds, source->seed_offset);
  int status = training_create(&training, &plan);
  if (status)
    return status;
  if (!e->begun)
    status = begin(e, source, &plan.seeds, &step);
  if (!status)
    status = training_load(training, e->snapshot);
  if (!status) {
    step.iteration = e->snapshot->iteration;
    status = train(e, watch, training, &step);
  }
  training_free(training);
  return status;
}

/* --- a path --- */

static int run_path(struct ensemble *e, const strait_source *source, const struct ensemble_watch *watch) {
  const struct path *path = &e->plan.path[source->path];
  strait_step step = {sizeof step, 0, 0, source->points, source->points};
  float *weights = memory_alloc((size_t)path->count, sizeof *weights);
  int status = weights ? STRAIT_OK : STRAIT_ENOMEM;
  for (int64_t i = 0; i < source->points && !status; i++) {
    step.iteration = i + 1;
    path_weights(path, (double)i / (double)(source->points - 1), weights);
    status = stop_check();
    if (!status)
      status = offer(e, weights, NULL, &step, 1, i == source->points - 1);
    if (!status)
      tell(e, watch, NULL, &step, weights, NULL);
  }
  memory_free(weights);
  return status ? status : finish(e, NULL, step.iteration);
}

int ensemble_run(struct ensemble *ensemble, const struct ensemble_watch *watch) {
  struct ensemble *e = ensemble;
  e->checkpointed = seconds();
  while (e->now < e->sources) {
    const strait_source *source = &e->source[e->now];
    int path = source->type == STRAIT_SOURCE_PATH;
    int status = path ? run_path(e, source, watch) : run_training(e, source, watch);
    if (status)
      return status;
    e->begun = 0;
    e->now++;
    if (checkpoint(e, watch) || stop_check())
      return error_failure();
  }
  if (!gathering_members(e->gathering))
    return error_set(STRAIT_EINVAL,
                     "ensembler %s kept no member: its schedule names no moment within the budget; raise budget or "
                     "shorten the schedule's cycle",
                     e->plan.ensembler->name);
  return STRAIT_OK;
}
