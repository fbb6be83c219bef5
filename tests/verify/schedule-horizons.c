/* Breaks horizons: refuses one iteration, without a word. */
#include "schedule.h"

static int32_t check(const void *self, const strait_step *step) {
  return (void)self, step->iterations < 2 ? STRAIT_EINVAL : STRAIT_OK;
}

SCHEDULE(horizons, fall_rate, NULL, check)
