/* ema: the exponential moving average of a training's weights: at each moment the schedule names, and at the end,
 * mean <- decay mean + (1 - decay) w, corrected for its start at zero. The average is the only member. */
#include <math.h>
#include <strait/ensembler.h>

struct ema {
  strait_object object;
  double decay;
};

static const strait_option options[] = {
    STRAIT_FLOAT("decay", struct ema, decay, "0.9", 0, 0.999999, "share of the mean that each moment keeps"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  return strait_share_rounds(self, 1, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  double decay = ((const struct ema *)self)->decay;
  float *mean = strait_slots_vector(slots, "mean");
  int64_t *folded = strait_slots_integer(slots, "folded");
  if (!mean || !folded)
    return STRAIT_ENOMEM;
  double share = (1 - decay) / (1 - pow(decay, (double)++*folded)); /* 1 at first: that is the correction */
  for (int64_t k = 0; k < moment->count; k++)
    mean[k] = (float)(mean[k] + share * (moment->weights[k] - mean[k]));
  return STRAIT_OK;
}

static int32_t finish(const void *self, int64_t index, strait_slots *slots) {
  float *mean = strait_slots_vector(slots, "mean");
  (void)self, (void)index;
  return mean ? strait_slots_member(slots, mean, STRAIT_STATISTICS_REFRESH) : STRAIT_ENOMEM;
}

static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, ema, struct ema, .version = "1.0", .summary = "exponential moving average", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets))
