/* snapshot: Snapshot Ensembles. */
#include <strait/ensembler.h>

static const char about[] =
    "Snapshot Ensembles (Huang et al., 2017): one training from scratch under a rate that falls to 0 and restarts; the "
    "weights at the end of each cycle are a member.\n\n"
    "Each of `runs` independent trainings gets budget / runs iterations; their members are pooled.";

struct snapshot {
  strait_object object;
  int64_t runs;
  int32_t keep;
};

static const char *const statistics[] = {"refresh", "keep", NULL};
static const strait_option options[] = {
    STRAIT_INT("runs", struct snapshot, runs, "1", 1, 1000, "independent trainings that share the budget"),
    STRAIT_CHOICE("statistics", struct snapshot, keep, "refresh", statistics,
                  "re-estimate the members' batch-norm statistics, or keep the running ones"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  return strait_share_runs(self, ((const struct snapshot *)self)->runs, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  uint32_t kept = ((const struct snapshot *)self)->keep ? STRAIT_STATISTICS_KEEP : STRAIT_STATISTICS_REFRESH;
  return moment->wanted ? strait_slots_member(slots, moment->weights, kept) : STRAIT_OK;
}

static const strait_preset presets[] = {{"schedule", "cosine"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER(ensembler, snapshot, struct snapshot, .version = "1.0", .summary = "Snapshot Ensembles", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets), .description = about)
