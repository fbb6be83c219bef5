/* Breaks pure: writes to the step. */
#include <stdint.h>

#include "schedule.h"

static double rate(const void *self, const strait_step *step) {
  ((strait_step *)(uintptr_t)step)->reserved++;
  return fall_rate(self, step);
}

SCHEDULE(lent, rate, NULL, NULL)
