/* swa: Stochastic Weight Averaging. */
#include <strait/ensembler.h>

static const char about[] =
    "Stochastic Weight Averaging (Izmailov et al., 2018, Algorithm 1). Training continues from the start; the weights "
    "at each moment that the schedule names (with one that names none, such as a constant rate: at the end of each "
    "epoch) are folded into a running mean,\n\n"
    "  w_swa = (w_swa n + w) / (n + 1)\n\n"
    "and that mean is the only member, its batch-norm statistics re-estimated. Several starts give one mean each. The "
    "budget is divided as in fge: the longest start counts once, the rest equally.";

struct swa {
  strait_object object;
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  source->offer_epochs = 1;
  return strait_share_starts(self, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return moment->wanted ? strait_slots_fold(slots, moment->weights) : STRAIT_OK;
}

static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  int32_t status = strait_slots_mean(slots);
  return status ? strait_fail(self, status, "the training from start %lld", (long long)source) : STRAIT_OK;
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, swa, struct swa, .version = "1.0", .summary = "Stochastic Weight Averaging", .ops = &ops,
                STRAIT_WITH_PRESETS(presets), .description = about)
