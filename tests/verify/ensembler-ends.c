/* Breaks ends: there is always one more source. */
#include "ensembler.h"

static int32_t source(const void *self, int64_t index, strait_source *source) {
  return (void)index, runs_source(self, 0, source);
}

ENSEMBLER(ends, source, runs_collect, NULL)
