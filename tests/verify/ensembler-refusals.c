/* Breaks refusals: takes no starts, and does not say so. */
#include "ensembler.h"

static int32_t source(const void *self, int64_t index, strait_source *source) {
  return source->given_starts ? STRAIT_EINVAL : runs_source(self, index, source);
}

ENSEMBLER(refusals, source, runs_collect, NULL)
