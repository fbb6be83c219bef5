/* Breaks finite: divides by what is 0 at the end. */
#include "schedule.h"

static double rate(const void *self, const strait_step *step) {
  return (1 + ((const struct fall *)self)->rate) / (double)(step->iterations - step->iteration);
}

SCHEDULE(finite, rate, NULL, NULL)
