/* tests/verify/ensembler.h: a sound ensembler, a member at each wanted moment of trainings from nothing, of which each
 * bad one here spoils one thing. */
#ifndef ENSEMBLER_H
#define ENSEMBLER_H

#include <strait/ensembler.h>

struct runs {
  strait_object object;
  int64_t runs;
  int64_t seen; /* for the one that remembers */
};
static const strait_option runs_options[] = {
    STRAIT_INT("runs", struct runs, runs, "2", 1, 10, "trainings that share the budget"),
};

static inline int32_t runs_source(const void *self, int64_t index, strait_source *source) {
  const struct runs *runs = self;
  if (source->given_budget < runs->runs)
    return strait_fail(self, STRAIT_EINVAL, "the budget is too small for %lld runs", (long long)runs->runs);
  if (index >= runs->runs)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = STRAIT_START_FRESH;
  source->seed_offset = index;
  source->iterations = source->given_budget / runs->runs;
  return STRAIT_OK;
}
static inline int32_t runs_collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return moment->wanted ? strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH) : STRAIT_OK;
}

#define ENSEMBLER(name, source, collect, combine)                                                                      \
  static const strait_ensembler_ops ops = {sizeof ops, 0, source, collect, NULL, combine};                             \
  static const strait_class cls = {                                                                                    \
      STRAIT_CLASS(STRAIT_ENSEMBLER, #name, "1.0", "bad on purpose", struct runs, runs_options, &ops),                 \
      STRAIT_NO_PRESETS, NULL, NULL};                                                                                  \
  STRAIT_PLUGIN(ensembler, name, cls)

#endif
