/* fge: Fast Geometric Ensembling. */
#include <strait/ensembler.h>

static const char about[] = "Fast Geometric Ensembling (Garipov et al., 2018, section 4.2 and Algorithm 1). Training "
                            "continues from each start under a cyclical rate; the weights in the middle of each cycle, "
                            "where the rate is lowest, are a member. The members of all starts are pooled.\n\n"
                            "The longest start is counted once, since starts of one training share what was spent; the "
                            "rest of the budget B is divided equally: k starts of s_1..s_k iterations run (B - max s) "
                            "/ k iterations each. Of 200 epochs, the starts after 120 and 156 run 22 more each. With "
                            "include-start = yes each start is a member too, as in the paper's ImageNet rows.";

struct fge {
  strait_object object;
  int32_t include_start, keep;
};

static const char *const statistics[] = {"refresh", "keep", NULL};
static const strait_option options[] = {
    STRAIT_BOOL("include-start", struct fge, include_start, "no", "count each start as a member"),
    STRAIT_CHOICE("statistics", struct fge, keep, "refresh", statistics,
                  "re-estimate the members' batch-norm statistics, or keep the running ones as the paper did"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  source->offer_start = (uint32_t)((const struct fge *)self)->include_start;
  return strait_share_starts(self, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  uint32_t kept = ((const struct fge *)self)->keep ? STRAIT_STATISTICS_KEEP : STRAIT_STATISTICS_REFRESH;
  return moment->wanted ? strait_slots_member(slots, moment->weights, kept) : STRAIT_OK;
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER(ensembler, fge, struct fge, .version = "1.0", .summary = "Fast Geometric Ensembling", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets), .description = about)
