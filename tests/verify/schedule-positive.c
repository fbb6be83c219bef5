/* Breaks positive: falls below 0. */
#include "schedule.h"

static double rate(const void *self, const strait_step *step) { return fall_rate(self, step) - 0.001; }

SCHEDULE(positive, rate, NULL, NULL)
