/* Breaks slots: counts in a static variable what a resumed run has lost. */
#include "ensembler.h"

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  static int64_t seen;
  if (moment->source == 0 && moment->step.iteration <= 5)
    seen = 0;
  return seen++ % 2 ? STRAIT_OK : runs_collect(self, moment, slots);
}

ENSEMBLER(static, runs_source, collect, NULL)
