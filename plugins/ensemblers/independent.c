/* independent: networks trained from scratch with different seeds, each a member at its training's end: the rival that
 * every cheaper ensemble is compared with, under whatever schedule the stage sets.
 *
 * Each of `runs` trainings gets budget / runs iterations: for k networks of E epochs, runs = k and budget = k E.
 */
#include <strait/ensembler.h>

struct independent {
  strait_object object;
  int64_t runs;
};

static const strait_option options[] = {
    STRAIT_INT("runs", struct independent, runs, "2", 1, 1000, "independent trainings that share the budget"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  int64_t runs = ((const struct independent *)self)->runs;
  if (source->given_starts)
    return strait_fail(self, STRAIT_EINVAL, "start is set, but independent networks start from new weights: drop it");
  if (source->given_budget < runs)
    return strait_fail(self, STRAIT_EINVAL,
                       "a budget of %lld iterations is too small for %lld runs: set budget in epochs",
                       (long long)source->given_budget, (long long)runs);
  if (index >= runs)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = STRAIT_START_FRESH;
  source->seed_offset = index;
  source->iterations = source->given_budget / runs;
  return STRAIT_OK;
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return moment->last ? strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH) : STRAIT_OK;
}

static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER(ensembler, independent, struct independent, .version = "1.0",
                .summary = "networks trained with different seeds", .ops = &ops, STRAIT_WITH_OPTIONS(options))
