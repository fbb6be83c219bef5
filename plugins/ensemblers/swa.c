/* swa: Stochastic Weight Averaging (Izmailov et al., 2018, Algorithm 1). From the start the training goes on; each
 * moment the schedule names is folded into a running mean, w_swa = (w_swa n + w) / (n + 1), and that mean is the only
 * member, its batch-norm statistics re-estimated. Several starts give one mean each; the budget is divided as fge
 * divides it: the longest start counts once, the rest equally.
 */
#include <strait/ensembler.h>

struct swa {
  strait_object object;
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  int64_t longest = 0;
  if (!source->given_starts)
    return strait_fail(self, STRAIT_EINVAL, "start is not set: name a trained network, as start = left@12");
  for (int64_t i = 0; i < source->given_starts; i++)
    if (source->start_spent[i] > longest)
      longest = source->start_spent[i];
  if (source->given_budget - longest < source->given_starts)
    return strait_fail(self, STRAIT_EINVAL,
                       "a budget of %lld iterations leaves nothing to run: the starts spent %lld; raise it",
                       (long long)source->given_budget, (long long)longest);
  if (index >= source->given_starts)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = source->seed_offset = index;
  source->iterations = (source->given_budget - longest) / source->given_starts;
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
    return strait_fail(self, STRAIT_EINVAL, "start %lld ended before the schedule's first moment", (long long)source);
  *folded = 0; /* the next source's mean begins with a share of 1, which forgets this one's */
  return strait_slots_member(slots, mean, STRAIT_STATISTICS_REFRESH);
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, swa, struct swa, .version = "1.0", .summary = "Stochastic Weight Averaging", .ops = &ops,
                STRAIT_WITH_PRESETS(presets))
