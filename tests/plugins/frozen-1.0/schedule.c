/* A schedule of interface 1.0: the rate falls as 1/epoch; collects at each epoch's end. */
#include <strait/schedule.h>

static double rate(const void *self, const strait_step *step) {
  (void)self;
  return 1.0 / (double)((step->iteration - 1) / step->epoch_iterations + 1);
}
static int32_t collect(const void *self, const strait_step *step) {
  (void)self;
  return step->iteration % step->epoch_iterations == 0;
}
static int32_t check(const void *self, const strait_step *step) {
  if (step->iterations < step->epoch_iterations)
    return strait_fail(self, STRAIT_EINVAL, "%d iterations are not an epoch", (int)step->iterations);
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {sizeof ops, 0, rate, collect, check};
static const strait_class frozen = {
    STRAIT_CLASS_BARE(STRAIT_SCHEDULE, "frozen", "1.0", "frozen in 1.0", strait_object, &ops), STRAIT_NO_PRESETS, NULL,
    NULL};
STRAIT_PLUGIN(schedule, frozen, frozen)
