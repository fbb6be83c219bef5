/* pfge: Parsimonious Fast Geometric Ensembling (Guo, Jin and Liu, 2022, arXiv 2202.06658): fewer, better members. The
 * training after the start is cut into `rounds`; in each, the weights at the moments the schedule names (fge's cycles'
 * middles) are averaged, the average is a member, and the next round starts from it, without momentum.
 * With a start of s iterations and a budget B, a round runs (B - s) / rounds iterations.
 */
#include <strait/ensembler.h>

struct pfge {
  strait_object object;
  int64_t rounds;
};

static const strait_option options[] = {
    STRAIT_INT("rounds", struct pfge, rounds, "4", 1, 1000, "members: rounds that share what the budget leaves"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  const struct pfge *pfge = self;
  if (source->given_starts != 1)
    return strait_fail(self, STRAIT_EINVAL, "start names %lld networks, not one", (long long)source->given_starts);
  int64_t left = source->given_budget - source->start_spent[0];
  if (left < pfge->rounds)
    return strait_fail(self, STRAIT_EINVAL,
                       "the budget leaves %lld iterations after the start: too few for %lld rounds", (long long)left,
                       (long long)pfge->rounds);
  if (index >= pfge->rounds)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = index ? STRAIT_START_MEMBER : 0;
  source->seed_offset = index;
  source->iterations = left / pfge->rounds;
  return STRAIT_OK;
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  if (!moment->wanted)
    return STRAIT_OK;
  float *mean = strait_slots_vector(slots, "mean");
  int64_t *folded = strait_slots_integer(slots, "folded");
  if (!mean || !folded)
    return strait_fail(self, STRAIT_ENOMEM, "no room for the mean");
  double share = 1. / (double)++*folded;
  for (int64_t k = 0; k < moment->count; k++)
    mean[k] = (float)((double)mean[k] + share * ((double)moment->weights[k] - (double)mean[k]));
  return STRAIT_OK;
}

static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  float *mean = strait_slots_vector(slots, "mean");
  int64_t *folded = strait_slots_integer(slots, "folded");
  if (!mean || !folded)
    return strait_fail(self, STRAIT_ENOMEM, "no room for the mean");
  if (!*folded)
    return strait_fail(self, STRAIT_EINVAL, "round %lld ended before the schedule's first moment", (long long)source);
  *folded = 0;
  return strait_slots_member(slots, mean, STRAIT_STATISTICS_REFRESH);
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, pfge, struct pfge, .version = "1.0", .summary = "Parsimonious Fast Geometric Ensembling",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets))
