/* verify/schedule.c: the laws of schedules (strait/schedule.h). */
#include "verify/law.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

/* Trainings to ask about: iterations per epoch, epochs. Of long ones STEPS iterations: the first and last, and others.
 */
static const int64_t trainings[][2] = {{1, 1},  {1, 2},   {1, 40},   {2, 9},    {7, 3},    {10, 12},
                                       {3, 27}, {50, 50}, {391, 30}, {196, 12}, {938, 200}};
enum { TRAININGS = sizeof trainings / sizeof *trainings, STEPS = 4096 };

static strait_step step_of(int training, int64_t i) {
  strait_step step = {.size = sizeof step};
  step.epoch_iterations = trainings[training][0];
  step.iterations = trainings[training][0] * trainings[training][1];
  int64_t last = step.iterations - 1;
  int64_t at = last < STEPS         ? i
               : i < STEPS / 2      ? i
               : i >= STEPS * 3 / 4 ? last - (STEPS - 1 - i)
                                    : (int64_t)(law_unit("step", (uint64_t)i) * (double)last);
  step.iteration = 1 + (at < last ? at : last);
  return step;
}

/* How many of them differ. */
static int64_t steps_of(int training) {
  int64_t iterations = trainings[training][0] * trainings[training][1];
  return iterations < STEPS ? iterations : STEPS;
}

/* Does it serve this training? It may refuse a horizon, in check. */
static int serves(const strait_object *object, int training) {
  const strait_schedule_ops *ops = object_ops(object);
  strait_step step = step_of(training, 0);
  step.iteration = 0;
  error_clear();
  return !ops->check || ops->check(object, &step) == STRAIT_OK;
}

/* Calls `check` for every step of every training that is served. */
static int for_steps(struct trial *t, const strait_object *object,
                     int (*check)(struct trial *t, const strait_object *object, const strait_step *step)) {
  int verdict = LAW_HOLDS;
  for (int k = 0; k < TRAININGS && verdict == LAW_HOLDS; k++)
    for (int64_t i = 0; serves(object, k) && i < steps_of(k) && verdict == LAW_HOLDS; i++) {
      strait_step step = step_of(k, i);
      verdict = check(t, object, &step);
    }
  return verdict; /* options for longer trainings than any here serve none */
}

#define STEP_FORMAT "iteration %lld of %lld, %lld per epoch"
#define STEP_VALUES(s) (long long)(s)->iteration, (long long)(s)->iterations, (long long)(s)->epoch_iterations

static int check_finite(struct trial *t, const strait_object *object, const strait_step *step) {
  double rate = ((const strait_schedule_ops *)object_ops(object))->rate(object, step);
  return isfinite(rate) ? law_holds(t) : law_fails(t, "the rate is %g at " STEP_FORMAT, rate, STEP_VALUES(step));
}
static int schedule_finite(struct trial *t, strait_object *object) { return for_steps(t, object, check_finite); }

static int check_positive(struct trial *t, const strait_object *object, const strait_step *step) {
  double rate = ((const strait_schedule_ops *)object_ops(object))->rate(object, step);
  return rate < 0 ? law_fails(t, "the rate is %g at " STEP_FORMAT, rate, STEP_VALUES(step)) : law_holds(t);
}
static int schedule_positive(struct trial *t, strait_object *object) { return for_steps(t, object, check_positive); }

static int check_moment(struct trial *t, const strait_object *object, const strait_step *step) {
  int32_t wanted = ((const strait_schedule_ops *)object_ops(object))->collect(object, step);
  return wanted == 0 || wanted == 1
             ? law_holds(t)
             : law_fails(t, "collect is %d, neither 0 nor 1, at " STEP_FORMAT, wanted, STEP_VALUES(step));
}
static int schedule_moments(struct trial *t, strait_object *object) {
  if (!((const strait_schedule_ops *)object_ops(object))->collect)
    return law_void(t, "it names no moments to collect");
  return for_steps(t, object, check_moment);
}

/* --- the same again --- */

/* What it says of a step: its rate and whether to collect. */
struct answer {
  double rate;
  int64_t collect;
  int64_t changed; /* 1: it wrote to the step, which is the host's */
};

static struct answer ask(const strait_object *object, int training, int64_t i) {
  const strait_schedule_ops *ops = object_ops(object);
  strait_step step = step_of(training, i), before = step;
  struct answer answer = {.rate = ops->rate(object, &step)};
  answer.collect = ops->collect ? ops->collect(object, &step) : 0;
  answer.changed = memcmp(&step, &before, sizeof step) != 0;
  return answer;
}

/* Answers of all trainings, in the order in which a training asks. NULL: memory is out. */
static struct answer *ask_all(const strait_object *object) {
  struct answer *all = memory_alloc((size_t)TRAININGS * STEPS, sizeof *all);
  for (int k = 0; all && k < TRAININGS; k++)
    for (int64_t i = 0; serves(object, k) && i < steps_of(k); i++)
      all[k * STEPS + i] = ask(object, k, i);
  return all;
}

static int check_same(struct trial *t, int training, int64_t i, const struct answer *was, const struct answer *is,
                      const char *when) {
  strait_step step = step_of(training, i);
  if (was->changed || is->changed)
    return law_fails(t, "it writes to the step, at " STEP_FORMAT, STEP_VALUES(&step));
  if (memcmp(&was->rate, &is->rate, sizeof was->rate) != 0)
    return law_fails(t, "the rate is %.17g, then, %s, %.17g, at " STEP_FORMAT, was->rate, when, is->rate,
                     STEP_VALUES(&step));
  if (was->collect != is->collect)
    return law_fails(t, "collect is %d, then, %s, %d, at " STEP_FORMAT, (int)was->collect, when, (int)is->collect,
                     STEP_VALUES(&step));
  return law_holds(t);
}

/* Backwards, then at random, each time from another training, whose horizon was checked just before. */
static int check_orders(struct trial *t, strait_object *object, const struct answer *was) {
  int verdict = LAW_HOLDS, served[TRAININGS];
  for (int k = 0; k < TRAININGS; k++)
    served[k] = serves(object, k);
  for (int k = TRAININGS - 1; k >= 0; k--)
    for (int64_t i = served[k] ? steps_of(k) - 1 : -1; i >= 0 && verdict == LAW_HOLDS; i--) {
      struct answer is = ask(object, k, i);
      verdict = check_same(t, k, i, &was[k * STEPS + i], &is, "asked backwards");
    }
  for (uint64_t n = 0; n < STEPS && verdict == LAW_HOLDS; n++) {
    int k = (int)(law_bits("training", n) % TRAININGS), other = (int)(law_bits("other", n) % TRAININGS);
    int64_t i = (int64_t)(law_bits("at", n) >> 1) % steps_of(k);
    serves(object, other);
    if (!served[k])
      continue;
    struct answer is = ask(object, k, i);
    verdict = check_same(t, k, i, &was[k * STEPS + i], &is, "after other trainings");
  }
  return verdict;
}

static int schedule_pure(struct trial *t, strait_object *object) {
  void *before = bytes_of(object);
  struct answer *was = ask_all(object);
  int verdict = before && was ? check_orders(t, object, was) : law_not_run(t, "%s", error_text());
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(was);
  memory_free(before);
  return verdict;
}

/* --- horizons --- */

/* A training is served, or refused with a reason. */
static int check_refusals(struct trial *t, strait_object *object) {
  for (int k = 0; k < TRAININGS; k++)
    if (!serves(object, k) && !*error_text())
      return law_fails(t, "%lld epochs of %lld iterations are refused, without a word (strait_fail says why)",
                       (long long)trainings[k][1], (long long)trainings[k][0]);
  return law_holds(t);
}

/* As set, some of these trainings must be served. */
static int schedule_horizons(struct trial *t) {
  int served = 0;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  int asks = ((const strait_schedule_ops *)object_ops(object))->check != NULL;
  for (int k = 0; k < TRAININGS; k++)
    served += serves(object, k);
  object_free(object);
  return !asks    ? law_void(t, "it serves every horizon")
         : served ? for_variants(t, check_refusals)
                  : law_not_run(t, "it serves none of the trainings tried: %s", error_text());
}

/* --- for the common laws --- */

enum { PARTS = 64 };

static int answer_part(void *context, int64_t part, int worker, struct hash *hash) {
  const strait_object *object = context;
  (void)worker;
  int training = (int)(part % TRAININGS), does = serves(object, training);
  hash_integer(hash, does);
  for (int64_t i = part; does && i < steps_of(training); i += PARTS) {
    struct answer answer = ask(object, training, i);
    hash_bytes(hash, &answer, sizeof answer);
  }
  error_clear();
  return STRAIT_OK;
}

static int schedule_exercise(struct trial *t, strait_object *object, struct hash *hash) {
  for (int part = 0; part < PARTS; part++) {
    answer_part(object, part, 0, hash);
    trial_watch(t);
  }
  return STRAIT_OK;
}

static int schedule_threads(struct trial *t) {
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  const struct parts parts = {object, answer_part, PARTS};
  int verdict = object ? law_threads(t, &parts) : law_not_run(t, "no instance could be made: %s", error_text());
  object_free(object);
  return verdict;
}

FOR_VARIANTS(schedule_finite)
FOR_VARIANTS(schedule_positive)
FOR_VARIANTS(schedule_moments)
FOR_VARIANTS(schedule_pure)

static const struct law laws[] = {
    {"horizons", "a training that it cannot serve is refused with a reason", schedule_horizons},
    {"finite", "the rate is finite at every step", schedule_finite_law},
    {"positive", "the rate is never below 0", schedule_positive_law},
    {"moments", "collect is 0 or 1", schedule_moments_law},
    {"pure", "the same step gives the same rate and moment, whatever was asked before", schedule_pure_law},
    {"threads", "several threads at once get the answers that one gets", schedule_threads},
};
const struct kind_laws schedule_laws = {
    .law = laws, .count = sizeof laws / sizeof *laws, .exercise = schedule_exercise, .touch = touch_by_exercise};
