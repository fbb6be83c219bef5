/* Breaks slots: counts in its instance what a resumed run does not know any more. */
#include "ensembler.h"

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  struct runs *runs = (struct runs *)(uintptr_t)self;
  return runs->seen++ ? runs_collect(self, moment, slots) : STRAIT_OK;
}

ENSEMBLER(slots, runs_source, collect, NULL)
