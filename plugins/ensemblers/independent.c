/* independent: networks trained from scratch with different seeds. */
#include <strait/ensembler.h>

static const char about[] =
    "Networks trained from scratch with different seeds, each a member at the end of its training, under whatever "
    "schedule the stage sets: the baseline for every cheaper ensemble.\n\n"
    "Each of `runs` trainings gets budget / runs iterations: for k networks of E epochs, runs = k and budget = k E.";

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
                .summary = "networks trained with different seeds", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .description = about)
