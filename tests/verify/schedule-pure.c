/* Breaks pure: counts its own calls instead of reading the step. */
#include "schedule.h"

static double rate(const void *self, const strait_step *step) {
  static int64_t calls;
  return (void)step, ((const struct fall *)self)->rate / (double)++calls;
}

SCHEDULE(pure, rate, NULL, NULL)
