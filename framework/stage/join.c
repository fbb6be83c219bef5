/* stage/join.c: trains the free points of a curve, saves them as it goes, and goes on from what was saved. */
#include "stage/join.h"

#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "stage/divergence.h"
#include "stage/moments.h"
#include "stage/prepare.h"
#include "stage/verb.h"
#include "stage/weights.h"

void joiner_free(struct joiner *j) {
  snapshot_free(j->snapshot);
  training_free(j->training);
  object_free(j->curve);
  object_free(j->schedule);
}

static void next_deadline(struct joiner *j) {
  j->deadline = clock_now() + 60 * ((const struct connect_keys *)j->job->stage->own)->checkpoint_every;
}

int joiner_create(struct joiner *j, struct job *job) {
  const struct stage *stage = job->stage;
  const struct connect_keys *k = stage->own;
  *j = (struct joiner){.job = job, .end = stage->iterations, .epoch = stage_epoch(stage)};
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
  status = training_create(&j->training, &plan);
  if (!status)
    status = training_snapshot(j->training, &j->snapshot);
  next_deadline(j);
  return status;
}

/* Control points evenly between the ends, or where `start` says; the running statistics those of the first end. */
static int load_start(struct joiner *j) {
  const struct connect_keys *k = j->job->stage->own;
  const struct network *network = j->job->stage->material->network;
  struct session *session = j->job->session;
  int last = j->snapshot->points - 1;
  float *first = memory_alloc((size_t)j->snapshot->count, sizeof *first);
  int status = first ? reference_load(session, k->end[1], 0, network, j->snapshot->theta[last], NULL) : error_failure();
  if (!status)
    status = reference_load(session, k->end[0], 0, network, first, j->snapshot->statistics);
  float *second = status ? NULL : memory_alloc((size_t)j->snapshot->count, sizeof *second);
  if (!status && !second)
    status = error_failure();
  if (!status) {
    memcpy(second, j->snapshot->theta[last], (size_t)j->snapshot->count * sizeof *second);
    snapshot_spread(j->snapshot, first, second);
  }
  for (size_t i = 0; !status && i < k->start.n; i++)
    status = reference_load(session, k->inner[i], 0, network, j->snapshot->theta[i + 1], NULL);
  memory_free(second);
  memory_free(first);
  return status;
}

/* The start, and the newest checkpoint that is not after `latest` over it. */
static int load(struct joiner *j, int64_t latest) {
  int loaded = 0, status = load_start(j);
  if (!status)
    status = moments_load(j->job, JOIN_MARK, latest, j->snapshot, &loaded);
  if (!status && !loaded) { /* parts of a damaged one may be in it */
    snapshot_free(j->snapshot);
    j->snapshot = NULL;
    status = training_snapshot(j->training, &j->snapshot);
    if (!status)
      status = load_start(j);
  }
  return status ? status : training_load(j->training, j->snapshot);
}

int joiner_prune(struct joiner *j, size_t spare) {
  const struct connect_keys *k = j->job->stage->own;
  const int64_t now = j->snapshot->iteration;
  const struct rotation rotation = {.now = now,
                                    .begun = spare ? now / j->epoch * j->epoch : -1,
                                    .begun_stays = k->on_divergence == DIVERGENCE_HALVE,
                                    .spare = spare,
                                    .limit = k->checkpoint_limit};
  return moments_rotate(j->job, JOIN_MARK, &rotation);
}

static int save(struct joiner *j) {
  int status = training_save(j->training, j->snapshot);
  char *base = status ? NULL : moment_base(j->job, j->snapshot->iteration, 0);
  if (!status)
    status = base ? moment_save(j->job, base, j->snapshot) : error_failure();
  if (!status)
    status = joiner_prune(j, 2);
  next_deadline(j);
  return status;
}

static int load_for(void *context, int64_t latest) { return load(context, latest); }

static int advance(struct joiner *j) {
  const struct connect_keys *k = j->job->stage->own;
  int64_t now = training_iteration(j->training);
  int status = STRAIT_OK;
  job_begin(j->job, "training the curve", now, j->end, "step");
  while (!status && now < j->end) {
    int64_t next = (now / j->epoch + 1) * j->epoch, before = now;
    status = job_train(j->job, j->training, next, j->deadline, 0);
    now = training_iteration(j->training);
    int64_t origin = now / j->epoch * j->epoch;
    if (!status && now == next)
      status = job_epoch(j->job, j->training, j->end / j->epoch, 0);
    if (!status && now > before) {
      status = save(j);
      origin = (now - 1) / j->epoch * j->epoch; /* its weights are found not to be finite: the epoch that made them */
    } else
      next_deadline(j);
    if (status == STRAIT_EDIVERGE && k->on_divergence == DIVERGENCE_HALVE) {
      status = divergence_halve(&(struct diverging){j->job, JOIN_MARK, j->training, &j->snapshot, load_for, j}, origin);
      now = training_iteration(j->training);
    }
    if (!status)
      status = stop_check();
  }
  job_end(j->job);
  return status == STRAIT_EDIVERGE ? moments_diverged(j->job, JOIN_MARK) : status;
}

int joiner_train(struct joiner *j) {
  int status = load(j, j->end);
  return status ? status : advance(j);
}
