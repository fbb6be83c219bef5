/* ema: the exponential moving average of a training's weights. */
#include <strait/ensembler.h>

static const char about[] =
    "Exponential moving average. Training continues from the start; at each moment that the schedule names (with one "
    "that names none, such as a constant rate: at the end of each epoch) the average moves towards the weights,\n\n"
    "  e = d e + (1 - d) w,  d = min(decay, (1 + n) / (10 + n)) at moment n with warm-up = yes, else decay\n\n"
    "from the weights at the first moment. It is the only member, its batch-norm statistics re-estimated. Several "
    "starts give one average each; the budget is divided as in fge.";

struct ema {
  strait_object object;
  double decay;
  int32_t warm_up;
};

static const strait_option options[] = {
    STRAIT_FLOAT("decay", struct ema, decay, "0.9", 0, 0.999999, "share of the average that each moment leaves"),
    STRAIT_BOOL("warm-up", struct ema, warm_up, "no", "a smaller decay at first: (1 + n) / (10 + n)"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  source->offer_epochs = 1;
  return strait_share_starts(self, index, source);
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  const struct ema *ema = self;
  float *average = strait_slots_vector(slots, "average");
  int64_t *seen = strait_slots_integer(slots, "seen");
  if (!average || !seen)
    return STRAIT_ENOMEM;
  if (!moment->wanted)
    return STRAIT_OK;
  const double n = (double)(*seen)++, warm = (1 + n) / (10 + n);
  const double share = n == 0 ? 1 : 1 - (ema->warm_up && warm < ema->decay ? warm : ema->decay);
  for (int64_t k = 0; k < moment->count; k++)
    average[k] = (float)((double)average[k] + share * ((double)moment->weights[k] - (double)average[k]));
  return STRAIT_OK;
}

static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  float *average = strait_slots_vector(slots, "average");
  int64_t *seen = strait_slots_integer(slots, "seen");
  if (!average || !seen)
    return STRAIT_ENOMEM;
  if (!*seen)
    return strait_fail(
        self, STRAIT_EINVAL,
        "the training from start %lld: no weights to average: it ended before the schedule's first moment",
        (long long)source);
  *seen = 0;
  return strait_slots_member(slots, average, STRAIT_STATISTICS_REFRESH);
}

static const strait_preset presets[] = {{"schedule", "constant"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER(ensembler, ema, struct ema, .version = "1.0", .summary = "exponential moving average of weights",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets), .description = about)
