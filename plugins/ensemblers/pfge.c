/* pfge: Parsimonious Fast Geometric Ensembling. */
#include <strait/ensembler.h>

static const char about[] =
    "Parsimonious Fast Geometric Ensembling (Guo, Jin and Liu, 2022, arXiv 2202.06658): fewer, better members. The "
    "training after the start is cut into `rounds`. In each round the weights at the moments that the schedule names "
    "(the middles of fge's cycles) are averaged; the average is a member, and the next round starts from it, without "
    "momentum.\n\n"
    "With a start of s iterations and a budget B, a round runs (B - s) / rounds iterations.";

struct pfge {
  strait_object object;
  int64_t rounds;
};

static const strait_option options[] = {
    STRAIT_INT("rounds", struct pfge, rounds, "4", 1, 1000, "members: rounds that share what the budget leaves"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  return strait_share_rounds(self, ((const struct pfge *)self)->rounds, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return moment->wanted ? strait_slots_fold(slots, moment->weights) : STRAIT_OK;
}

static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  int32_t status = strait_slots_mean(slots);
  return status ? strait_fail(self, status, "round %lld", (long long)source) : STRAIT_OK;
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, pfge, struct pfge, .version = "1.0", .summary = "Parsimonious Fast Geometric Ensembling",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets), .description = about)
