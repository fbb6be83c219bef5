/* Breaks pure: takes the horizon that was checked last to be its own. */
#include "schedule.h"

static int64_t horizon;

static int32_t check(const void *self, const strait_step *step) {
  return (void)self, horizon = step->iterations, STRAIT_OK;
}
static double rate(const void *self, const strait_step *step) {
  return ((const struct fall *)self)->rate / (double)(horizon + step->iteration);
}

SCHEDULE(horizon, rate, NULL, check)
