/* stage/plugins.c: makes instances of a stage's plugins, and asks them what must be known before it runs. */
#include "stage/plugins.h"

#include <strait/curve.h>
#include <strait/schedule.h>

#include "base/error.h"

int stage_object(const struct stage *stage, uint32_t kind, int64_t seed_offset, strait_object **object) {
  const struct choice *choice = &stage->choice[kind];
  /* Data and models are shared between stages of different seeds, so theirs is the experiment's. */
  int shared = kind == STRAIT_DATASET || kind == STRAIT_MODEL;
  uint64_t seed = (uint64_t)(shared ? stage->seeds.noise : stage->seeds.seed + seed_offset);
  return object_create(object, choice->cls, choice->cls->name, seed, choice->settings.v, choice->settings.n);
}

int curve_points(const struct stage *stage, int *points) {
  strait_object *curve = NULL;
  int status = stage_object(stage, STRAIT_CURVE, 0, &curve);
  if (status)
    return status;
  const strait_curve_ops *ops = object_ops(curve);
  int64_t n = ops->points(curve);
  object_free(curve);
  if (n < 2 || n > STRAIT_MAX_POINTS)
    return error_set(STRAIT_EINVAL, "curve %s has %lld control points with these options; 2 to %d are possible",
                     stage->choice[STRAIT_CURVE].cls->name, (long long)n, STRAIT_MAX_POINTS);
  *points = (int)n;
  return STRAIT_OK;
}

int schedule_check(const struct stage *stage, int64_t epoch_iterations, int64_t iterations) {
  strait_object *schedule = NULL;
  int status = stage_object(stage, STRAIT_SCHEDULE, 0, &schedule);
  if (status)
    return status;
  const strait_schedule_ops *ops = object_ops(schedule);
  strait_step step = {.size = sizeof step, .epoch_iterations = epoch_iterations, .iterations = iterations};
  if (ops->check && (status = ops->check(schedule, &step)) != STRAIT_OK)
    status = error_wrap("schedule %s", stage->choice[STRAIT_SCHEDULE].cls->name);
  object_free(schedule);
  return status;
}
