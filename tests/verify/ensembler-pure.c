/* Breaks pure: a new seed each time it is asked. */
#include "ensembler.h"

static int32_t source(const void *self, int64_t index, strait_source *source) {
  static int64_t asked;
  int32_t status = runs_source(self, index, source);
  source->seed_offset = asked++;
  return status;
}

ENSEMBLER(pure, source, runs_collect, NULL)
