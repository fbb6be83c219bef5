/* ensemble/run.c: the loop over an ensembler's sources. Trains through train/trainer.h, walks paths on the host.
 *
 * A state is only ever written where everything up to the current iteration was offered to the ensembler, and nothing
 * after it: so what is read back continues as if nothing had happened. */
#include "ensemble/run.h"

#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "ensemble/state.h"

/* --- offering weights --- */

/* The status of a plugin's call, its cause recorded. */
static int plugin_status(const struct ensemble *e, int status, const char *what) {
  if (status < 0 && !error_status())
    return error_set(status, "ensembler %s: %s failed, and gave no reason", e->plan.ensembler->name, what);
  return status;
}

int ensemble_offer(struct ensemble *e, const float *weights, int64_t count, const float *statistics,
                   const strait_step *step, int wanted, int last) {
  const strait_ensembler_ops *ops = object_ops(e->plan.ensembler);
  strait_moment moment = {.size = sizeof moment,
                          .last = (uint32_t)last,
                          .source = e->now,
                          .wanted = (uint32_t)wanted,
                          .step = *step,
                          .count = count,
                          .weights = weights};
  error_clear();
  gathering_now(e->gathering, statistics, e->now, step->iteration);
  return plugin_status(e, ops->collect(e->plan.ensembler, &moment, gathering_slots(e->gathering)), "collect");
}

static int offer(struct ensemble *e, const float *weights, const float *statistics, const strait_step *step, int wanted,
                 int last) {
  return ensemble_offer(e, weights, network_weights(e->plan.network)->count, statistics, step, wanted, last);
}

int ensemble_takes_epochs(const struct ensemble *e, const strait_source *source) {
  const strait_schedule_ops *ops = object_ops(e->plan.schedule);
  return source->offer_epochs && !ops->collect;
}

int ensemble_finish(struct ensemble *e, const float *statistics, int64_t iteration) {
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

/* Everything up to here is whole. */
static int write_here(struct ensemble *e, const struct ensemble_watch *watch) {
  int status = ensemble_keep(e);
  return status || !watch || !watch->saved ? status : watch->saved(watch->context);
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
    if (s->state && start->state)
      memcpy(s->state, start->state, (size_t)snapshot_carried(s) * sizeof(float));
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

/* A source's training: what its trainer's calls need. */
struct course {
  struct ensemble *ensemble;
  const struct ensemble_watch *watch;
  struct trainer trainer;
  struct seeds seeds; /* the source's */
  strait_step step;   /* where it is */
  int64_t collect;    /* the next iteration at which the schedule collects; 0: there is none */
  int elsewhere;      /* 1: the newest state there was to return to is of an earlier source */
};

static int64_t next_collect(void *context, int64_t iteration) {
  struct course *c = context;
  c->collect = training_next_collect(c->trainer.training);
  if (ensemble_takes_epochs(c->ensemble, &c->ensemble->source[c->ensemble->now]))
    c->collect = (iteration / c->step.epoch_iterations + 1) * c->step.epoch_iterations;
  return c->collect;
}

static void tick(void *context) {
  struct course *c = context;
  c->step.iteration = training_iteration(c->trainer.training);
  tell(c->ensemble, c->watch, c->trainer.training, &c->step, NULL, NULL);
}

/* Offers the weights at a moment, and writes the state at epochs' ends, when it is time, and before a stop. At the end
 * it is written when the source is finished. */
static int keep(void *context, const struct snapshot *snapshot, unsigned why) {
  struct course *c = context;
  struct ensemble *e = c->ensemble;
  const float *weights = snapshot->theta[0];
  const int last = snapshot->iteration == c->step.iterations, moment = (why & KEEP_MOMENT) != 0;
  c->step.iteration = snapshot->iteration;
  if (moment && offer(e, weights, snapshot->statistics, &c->step, c->step.iteration == c->collect, last))
    return error_failure();
  if (why & (KEEP_MOMENT | KEEP_EPOCH))
    tell(e, c->watch, c->trainer.training, &c->step, moment ? weights : NULL, weights);
  return last || why == KEEP_MOMENT ? STRAIT_OK : write_here(e, c->watch);
}

/* What was offered after that state is forgotten with it. */
static int load(void *context, struct snapshot *snapshot, int64_t latest) {
  struct course *c = context;
  struct ensemble *e = c->ensemble;
  const struct moment at = {.source = e->now, .iteration = latest};
  (void)snapshot; /* the ensemble's */
  if (ensemble_restore(e, &at))
    return error_failure();
  if (e->now != at.source) {
    c->elsewhere = 1;
    return error_set(STRAIT_ENOENT, "no state of source %lld is left to return to", (long long)at.source);
  }
  c->step.iteration = 0;
  return e->begun ? STRAIT_OK : begin(e, &e->source[e->now], &c->seeds, &c->step);
}

static int forget(void *context, int64_t after) {
  struct course *c = context;
  return ensemble_forget(c->ensemble, (struct moment){.source = c->ensemble->now, .iteration = after});
}

static int halved(void *context, const struct halving *halving) {
  struct course *c = context;
  if (!c->watch || !c->watch->halved)
    return STRAIT_OK;
  return c->watch->halved(c->watch->context, c->ensemble->now, halving);
}

static const struct trainer_calls calls = {
    .load = load, .keep = keep, .forget = forget, .next = next_collect, .tick = tick, .halved = halved};

/* From the state that is there, or from the source's start. */
static int train(struct course *c) {
  struct ensemble *e = c->ensemble;
  int status = e->begun ? STRAIT_OK : begin(e, &e->source[e->now], &c->seeds, &c->step);
  if (!status)
    status = training_load(c->trainer.training, c->trainer.snapshot = e->snapshot);
  if (!status)
    status = trainer_run(&c->trainer, c->step.iterations);
  return status == STRAIT_EDIVERGE && e->plan.folder ? ensemble_diverged(e) : status;
}

static int run_training(struct ensemble *e, const strait_source *source, const struct ensemble_watch *watch) {
  struct course c = {.ensemble = e,
                     .watch = watch,
                     .seeds = e->plan.seeds,
                     .step = {sizeof c.step, 0, 0, e->epoch_iterations, source->iterations}};
  offset_seeds(&c.seeds, source->seed_offset);
  c.trainer = (struct trainer){
      .calls = &calls, .context = &c, .every = e->plan.checkpoint_every, .on_divergence = e->plan.on_divergence};
  const struct training_plan plan = {.network = e->plan.network,
                                     .data = e->plan.data,
                                     .device = e->plan.device,
                                     .schedule = e->plan.schedule,
                                     .keys = e->plan.keys,
                                     .seeds = c.seeds,
                                     .iterations = source->iterations};
  int status = training_create(&c.trainer.training, &plan);
  if (!status)
    status = train(&c);
  if (!status) {
    e->halved += training_halvings(c.trainer.training);
    status = ensemble_finish(e, e->snapshot->statistics, source->iterations);
  }
  training_free(c.trainer.training);
  if (!c.elsewhere)
    return status;
  error_clear();
  return ensemble_forget(e, ensemble_here(e));
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
  return status ? status : ensemble_finish(e, NULL, step.iteration);
}

int ensemble_run(struct ensemble *ensemble, const struct ensemble_watch *watch) {
  struct ensemble *e = ensemble;
  if (ensemble_restore(e, NULL))
    return error_failure();
  while (e->now < e->sources) {
    const int64_t now = e->now;
    const strait_source *source = &e->source[now];
    int path = source->type == STRAIT_SOURCE_PATH;
    int status = path ? run_path(e, source, watch) : run_training(e, source, watch);
    if (status)
      return status;
    if (e->now < now) /* a divergence led back to an earlier one */
      continue;
    e->begun = 0;
    e->now++;
    if (write_here(e, watch) || stop_check())
      return error_failure();
  }
  if (!gathering_members(e->gathering))
    return error_set(STRAIT_EINVAL,
                     "ensembler %s kept no member: its schedule names no moment within the budget; raise budget or "
                     "shorten the schedule's cycle",
                     e->plan.ensembler->name);
  return STRAIT_OK;
}
