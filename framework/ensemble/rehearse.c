/* ensemble/rehearse.c: takes the ensembler through its sources without training: weights of one number each, another at
 * each moment. What it keeps of these it will keep of networks. Touches no device and no file. */
#include "ensemble/state.h"

#include "base/error.h"

static int rehearse_training(struct ensemble *e, const strait_source *source, struct rehearsal *r) {
  const strait_schedule_ops *ops = object_ops(e->plan.schedule);
  strait_step step = {sizeof step, 0, 0, e->epoch_iterations, source->iterations};
  float weight = 0, statistic = 0;
  if (source->start == STRAIT_START_MEMBER && !gathering_members(e->gathering))
    return error_set(STRAIT_EINVAL, "source %lld is to start from the newest member, but there is none yet",
                     (long long)e->now);
  int status = source->offer_start ? ensemble_offer(e, &weight, 1, &statistic, &step, 1, 0) : STRAIT_OK;
  r->moments += source->offer_start;
  for (int64_t i = 1; !status && i <= source->iterations; i++) {
    const int last = i == source->iterations;
    step.iteration = i;
    const int collects = ops->collect && ops->collect(e->plan.schedule, &step);
    const int wanted = collects || (ensemble_takes_epochs(e, source) && i % step.epoch_iterations == 0);
    r->moments += wanted;
    weight = (float)(e->now + 1) / (float)(i + 1);
    if (wanted || last)
      status = ensemble_offer(e, &weight, 1, &statistic, &step, wanted, last);
  }
  return status ? status : ensemble_finish(e, &statistic, source->iterations);
}

static int rehearse_path(struct ensemble *e, const strait_source *source, struct rehearsal *r) {
  strait_step step = {sizeof step, 0, 0, source->points, source->points};
  int status = STRAIT_OK;
  for (int64_t i = 1; !status && i <= source->points; i++) {
    const float weight = (float)i;
    step.iteration = i;
    r->moments++;
    status = ensemble_offer(e, &weight, 1, NULL, &step, 1, i == source->points);
  }
  return status ? status : ensemble_finish(e, NULL, source->points);
}

/* Why there is no member, as far as the schedule says. */
static int refuse(const struct ensemble *e, const struct rehearsal *r) {
  const char *name = e->plan.ensembler->name;
  const strait_object *schedule = e->plan.schedule;
  const strait_schedule_ops *ops = schedule ? object_ops(schedule) : NULL;
  if (r->moments || !schedule)
    return error_set(STRAIT_EINVAL, "ensembler %s keeps no member", name);
  if (!ops->collect)
    return error_set(STRAIT_EINVAL,
                     "ensembler %s keeps no member: schedule %s names no moment to keep one; set a schedule that "
                     "does",
                     name, schedule->name);
  return error_set(STRAIT_EINVAL,
                   "ensembler %s keeps no member: the first moment that schedule %s names comes after the %lld "
                   "iterations of its training; raise budget or shorten the schedule's cycle",
                   name, schedule->name, (long long)(e->sources ? e->source[0].iterations : 0));
}

int ensemble_rehearse(const struct ensemble *ensemble, struct rehearsal *rehearsal) {
  struct ensemble trial = *ensemble; /* the same plan and sources, a gathering of its own */
  *rehearsal = (struct rehearsal){0};
  int status = gathering_create_sized(&trial.gathering, 1, network_statistics(ensemble->plan.network)->count > 0);
  for (trial.now = 0; !status && trial.now < trial.sources; trial.now++) {
    const strait_source *source = &trial.source[trial.now];
    status = source->type == STRAIT_SOURCE_PATH ? rehearse_path(&trial, source, rehearsal)
                                                : rehearse_training(&trial, source, rehearsal);
  }
  if (!status) {
    rehearsal->members = gathering_members(trial.gathering);
    rehearsal->folds = gathering_folds(trial.gathering);
    status = rehearsal->members ? STRAIT_OK : refuse(ensemble, rehearsal);
  }
  gathering_free(trial.gathering);
  return status;
}
