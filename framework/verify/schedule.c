/* verify/schedule.c: the laws of schedules (strait/schedule.h). */
#include "verify/law.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Trainings to ask about: iterations an epoch, epochs. */
static const int64_t trainings[][2] = {{1, 1}, {1, 40}, {7, 3}, {10, 12}, {391, 30}, {938, 200}};
enum { TRAININGS = sizeof trainings / sizeof *trainings, STEPS = 600 };

static strait_step step_of(int training, int i) {
  strait_step step = {.size = sizeof step};
  step.epoch_iterations = trainings[training][0];
  step.iterations = trainings[training][0] * trainings[training][1];
  int64_t last = step.iterations - 1;
  int64_t at = last < STEPS     ? i
               : i < STEPS / 2  ? i
               : i == STEPS - 1 ? last
                                : (int64_t)(law_unit("step", (uint64_t)i) * (double)last);
  step.iteration = 1 + (at < last ? at : last);
  return step;
}

/* Does it serve this training? It may refuse a horizon, in check. */
static int serves(const strait_object *object, int training) {
  const strait_schedule_ops *ops = object_ops(object);
  strait_step step = step_of(training, 0);
  step.iteration = 0;
  error_clear();
  return !ops->check || ops->check(object, &step) == STRAIT_OK;
}

/* Calls `look` for every step of every training that is served; none: the law is not run. */
static int for_steps(struct trial *t, const strait_object *object,
                     int (*look)(struct trial *t, const strait_object *object, const strait_step *step)) {
  int verdict = LAW_HOLDS, served = 0;
  for (int k = 0; k < TRAININGS && verdict == LAW_HOLDS; k++) {
    if (!serves(object, k))
      continue;
    served++;
    for (int i = 0; i < STEPS && verdict == LAW_HOLDS; i++) {
      strait_step step = step_of(k, i);
      verdict = look(t, object, &step);
    }
  }
  return served ? verdict : law_holds(t); /* options for longer trainings than any here */
}

#define STEP_FORMAT "iteration %lld of %lld, %lld an epoch"
#define STEP_VALUES(s) (long long)(s)->iteration, (long long)(s)->iterations, (long long)(s)->epoch_iterations

static int is_finite(struct trial *t, const strait_object *object, const strait_step *step) {
  double rate = ((const strait_schedule_ops *)object_ops(object))->rate(object, step);
  return isfinite(rate) ? law_holds(t) : law_fails(t, "the rate is %g at " STEP_FORMAT, rate, STEP_VALUES(step));
}
static int all_finite_of(struct trial *t, strait_object *object) { return for_steps(t, object, is_finite); }

static int is_positive(struct trial *t, const strait_object *object, const strait_step *step) {
  double rate = ((const strait_schedule_ops *)object_ops(object))->rate(object, step);
  return rate < 0 ? law_fails(t, "the rate is %g at " STEP_FORMAT, rate, STEP_VALUES(step)) : law_holds(t);
}
static int positive_of(struct trial *t, strait_object *object) { return for_steps(t, object, is_positive); }

static int is_moment(struct trial *t, const strait_object *object, const strait_step *step) {
  int32_t wanted = ((const strait_schedule_ops *)object_ops(object))->collect(object, step);
  return wanted == 0 || wanted == 1
             ? law_holds(t)
             : law_fails(t, "collect is %d, neither 0 nor 1, at " STEP_FORMAT, wanted, STEP_VALUES(step));
}
static int moments_of(struct trial *t, strait_object *object) {
  if (!((const strait_schedule_ops *)object_ops(object))->collect)
    return law_not_run(t, "it names no moments to collect");
  return for_steps(t, object, is_moment);
}

/* What it says of a step: its rate and whether to collect. */
static void ask(const strait_object *object, const strait_step *step, double *rate, int32_t *collect) {
  const strait_schedule_ops *ops = object_ops(object);
  *rate = ops->rate(object, step);
  *collect = ops->collect ? ops->collect(object, step) : 0;
}

/* Forwards, then backwards: what depends on the calls before shows. */
static int pure_training(struct trial *t, strait_object *object, int training) {
  double rates[STEPS], rate;
  int32_t collects[STEPS], collect;
  for (int i = 0; i < STEPS; i++) {
    strait_step step = step_of(training, i);
    ask(object, &step, &rates[i], &collects[i]);
  }
  for (int i = STEPS - 1; i >= 0; i--) {
    strait_step step = step_of(training, i);
    ask(object, &step, &rate, &collect);
    if (memcmp(&rate, &rates[i], sizeof rate) != 0)
      return law_fails(t, "the rate is %.17g, then %.17g, at " STEP_FORMAT, rates[i], rate, STEP_VALUES(&step));
    if (collect != collects[i])
      return law_fails(t, "collect is %d, then %d, at " STEP_FORMAT, collects[i], collect, STEP_VALUES(&step));
  }
  return law_holds(t);
}

static int pure_of(struct trial *t, strait_object *object) {
  void *before = bytes_of(object);
  int verdict = before ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  for (int k = 0; k < TRAININGS && verdict == LAW_HOLDS; k++)
    if (serves(object, k))
      verdict = pure_training(t, object, k);
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(before);
  return verdict;
}

/* A training is served, or refused with a reason. */
static int horizons_of(struct trial *t, strait_object *object) {
  const strait_schedule_ops *ops = object_ops(object);
  if (!ops->check)
    return law_not_run(t, "it serves every horizon");
  for (int k = 0; k < TRAININGS; k++)
    if (!serves(object, k) && !*error_text())
      return law_fails(t, "%lld epochs of %lld iterations are refused, without a word (strait_fail says why)",
                       (long long)trainings[k][1], (long long)trainings[k][0]);
  return law_holds(t);
}

/* As set, some of these trainings must be served. */
static int served(struct trial *t) {
  int count = 0;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  for (int k = 0; k < TRAININGS; k++)
    count += serves(object, k);
  object_free(object);
  return count ? for_variants(t, horizons_of)
               : law_not_run(t, "it serves none of the trainings tried: %s", error_text());
}

static int exercise(struct trial *t, strait_object *object, struct hash *hash) {
  (void)t;
  for (int k = 0; k < TRAININGS; k++) {
    int does = serves(object, k);
    hash_integer(hash, does);
    for (int i = 0; does && i < STEPS; i += 7) {
      strait_step step = step_of(k, i);
      double rate;
      int32_t collect;
      ask(object, &step, &rate, &collect);
      hash_bytes(hash, &rate, sizeof rate);
      hash_integer(hash, collect);
    }
  }
  error_clear();
  return STRAIT_OK;
}

FOR_VARIANTS(all_finite)
FOR_VARIANTS(positive)
FOR_VARIANTS(moments)
FOR_VARIANTS(pure)

static const struct law laws[] = {
    {"horizons", "a training that it cannot serve is refused with a reason", served},
    {"finite", "the rate is finite at every step", all_finite},
    {"positive", "the rate is never below 0", positive},
    {"moments", "collect is 0 or 1", moments},
    {"pure", "the same step gives the same rate and moment, whatever was asked before", pure},
};
const struct kind_laws schedule_laws = {laws, sizeof laws / sizeof *laws, NULL, exercise, touch_by_exercise};
