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
  return strait_share_runs(self, ((const struct independent *)self)->runs, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return moment->last ? strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH) : STRAIT_OK;
}

static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER(ensembler, independent, struct independent, .version = "1.0",
                .summary = "networks trained with different seeds", .ops = &ops, STRAIT_WITH_OPTIONS(options))
