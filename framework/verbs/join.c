/* verbs/join.c: trains the free points of a curve, saves them on the way, and resumes from what was saved. */
#include "verbs/join.h"

#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "landscape/path.h"
#include "stage/plugins.h"
#include "stage/weights.h"
#include "verbs/course.h"

static const struct connect_keys *keys_of(const struct curve_training *j) { return j->job->stage->own; }

void curve_training_free(struct curve_training *j) {
  evaluator_free(j->tracer);
  snapshot_free(j->trainer.snapshot);
  training_free(j->trainer.training);
  object_free(j->curve);
  object_free(j->schedule);
}

/* Control points evenly between the ends, or where `start` says; the running statistics those of the first end. */
static int load_start(struct curve_training *j, struct snapshot *snapshot) {
  const struct connect_keys *k = keys_of(j);
  const struct network *network = j->job->stage->material->network;
  struct session *session = j->job->session;
  float *first = memory_alloc((size_t)snapshot->count, sizeof *first);
  float *last = memory_alloc((size_t)snapshot->count, sizeof *last);
  int status = first && last ? STRAIT_OK : error_failure();
  snapshot_clear(snapshot);
  if (!status)
    status = reference_load(session, k->end[1], 0, network, last, NULL);
  if (!status)
    status = reference_load(session, k->end[0], 0, network, first, snapshot->statistics);
  if (!status)
    snapshot_spread(snapshot, first, last);
  for (size_t i = 0; !status && i < k->start.n; i++)
    status = reference_load(session, k->inner[i], 0, network, snapshot->theta[i + 1], NULL);
  memory_free(last);
  memory_free(first);
  return status;
}

/* The start, and the newest checkpoint over it. */
static int load_curve(void *context, struct snapshot *snapshot, int64_t latest) {
  struct curve_training *j = context;
  int loaded = 0, status = load_start(j, snapshot);
  if (!status)
    status = moments_load_snapshot(&j->moments, latest, snapshot, &loaded);
  if (!status && !loaded) /* parts of a damaged one may be in it */
    status = load_start(j, snapshot);
  return status;
}

int curve_training_prune(struct curve_training *j, size_t spare) {
  const struct connect_keys *k = keys_of(j);
  const int64_t now = j->trainer.snapshot->iteration;
  const struct rotation rotation = {.now = {.iteration = now},
                                    .begun = spare ? now / j->epoch * j->epoch : -1,
                                    .begun_stays = k->on_divergence == DIVERGENCE_HALVE,
                                    .spare = spare,
                                    .limit = k->checkpoint_limit};
  return moments_rotate(&j->moments, &rotation);
}

static int keep(void *context, const struct snapshot *snapshot, unsigned why) {
  struct curve_training *j = context;
  const struct path path = {.name = j->job->stage->name,
                            .curve = j->curve,
                            .points = snapshot->points,
                            .count = snapshot->count,
                            .theta = (const float *const *)snapshot->theta};
  int status = moment_save(&j->moments, snapshot);
  if (!status && why & KEEP_EPOCH && keys_of(j)->trace)
    status = course_trace(j->job, &j->tracer, snapshot, &path);
  return status ? status : curve_training_prune(j, 2);
}

static int forget(void *context, int64_t after) {
  const struct curve_training *j = context;
  return moments_forget(&j->moments, (struct moment){.iteration = after});
}

static void tick(void *context) {
  struct curve_training *j = context;
  job_tick(j->job, training_iteration(j->trainer.training), NULL, 0);
}

static int end_epoch(void *context) {
  struct curve_training *j = context;
  return job_epoch(j->job, j->trainer.training, j->end / j->epoch, 0);
}

static int halved(void *context, const struct halving *halving) {
  struct curve_training *j = context;
  return job_halved(j->job, halving, -1);
}

static const struct trainer_calls calls = {
    .load = load_curve, .keep = keep, .forget = forget, .tick = tick, .epoch = end_epoch, .halved = halved};

int curve_training_create(struct curve_training *j, struct job *job) {
  const struct stage *stage = job->stage;
  const struct connect_keys *k = stage->own;
  *j = (struct curve_training){
      .job = job, .moments = job_moments(job, 0), .end = stage->iterations, .epoch = stage_epoch(stage)};
  j->trainer = (struct trainer){
      .calls = &calls, .context = j, .every = 60 * k->checkpoint_every, .on_divergence = k->on_divergence};
  int status = stage_object(stage, STRAIT_SCHEDULE, 0, &j->schedule);
  if (!status)
    status = stage_object(stage, STRAIT_CURVE, 0, &j->curve);
  if (status)
    return status;
  struct training_plan plan = {.network = stage->material->network,
                               .data = stage->material->data,
                               .device = job->session->device,
                               .schedule = j->schedule,
                               .curve = j->curve,
                               .keys = &stage->optimiser,
                               .seeds = stage->seeds,
                               .iterations = j->end,
                               .free_ends = k->free_ends,
                               .objective = k->objective};
  status = training_create(&j->trainer.training, &plan);
  return status ? status : training_snapshot(j->trainer.training, &j->trainer.snapshot);
}

int curve_training_run(struct curve_training *j) {
  int status = trainer_load(&j->trainer, j->end);
  if (status)
    return status;
  job_begin(j->job, "training the curve", training_iteration(j->trainer.training), j->end, "step");
  status = trainer_run(&j->trainer, j->end);
  job_end(j->job);
  if (status == STRAIT_EDIVERGE)
    return moments_diverged(&j->moments);
  return status ? status : stop_check();
}
