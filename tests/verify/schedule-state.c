/* Breaks pure: falls from where it was last asked. */
#include "schedule.h"

static double rate(const void *self, const strait_step *step) {
  static double last;
  last = step->iteration == 1 ? ((const struct fall *)self)->rate : last * 0.999;
  return last;
}

SCHEDULE(state, rate, NULL, NULL)
