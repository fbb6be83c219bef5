/* Breaks members: keeps none. */
#include "ensembler.h"

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  return (void)self, (void)moment, (void)slots, STRAIT_OK;
}

ENSEMBLER(members, runs_source, collect, NULL)
