/* exponential: a constant rate, then times a factor each epoch. */
#include <math.h>

#include <strait/schedule.h>

static const char about[] = "The recipe of the LSTM language models on the Penn Treebank (Zaremba et al., 2014; "
                            "TensorFlow's tutorial). In epoch e, "
                            "counted from 1,\n\n"
                            "  rate(e) = rate * factor^max(e - constant, 0)\n\n"
                            "The tutorial's small, medium and large models have rate 1, constant 4, 6 and 14, and "
                            "factor 1/2, 1/1.25 and 1/1.15.";

struct exponential {
  strait_object object;
  double rate, factor;
  int64_t constant;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct exponential, rate, "1", 0, 1000, "learning rate of the first epochs"),
    STRAIT_FLOAT("factor", struct exponential, factor, "0.5", 0, 1, "what the rate is multiplied by per epoch"),
    STRAIT_INT("constant", struct exponential, constant, "4", 0, 1000000, "number of epochs before the rate falls"),
};

static double rate(const void *self, const strait_step *step) {
  const struct exponential *exponential = self;
  const int64_t epoch = (step->iteration - 1) / step->epoch_iterations + 1, falls = epoch - exponential->constant;
  return exponential->rate * pow(exponential->factor, falls > 0 ? (double)falls : 0);
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate};
STRAIT_REGISTER(schedule, exponential, struct exponential, .version = "1.0",
                .summary = "constant, then times a factor per epoch", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .description = about)
