/* Breaks moments: collects a number. */
#include "schedule.h"

static int32_t collect(const void *self, const strait_step *step) { return (void)self, (int32_t)(step->iteration % 3); }

SCHEDULE(moments, fall_rate, collect, NULL)
