/* decay: a constant rate, then a linear fall. */
#include <strait/schedule.h>

static const char about[] = "The recipe for end points and curves (Garipov et al., 2018, appendix A.1). The rate is "
                            "constant within an epoch; with a = epoch / epochs, counted from 1, it is\n\n"
                            "  rate                              for a <= from (.5)\n"
                            "  falling linearly in a             between\n"
                            "  rate * final                      for a >= to (.9)";

struct decay {
  strait_object object;
  double rate, final, from, to;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct decay, rate, "0.05", 0, 1000, "learning rate of the first epochs"),
    STRAIT_FLOAT("final", struct decay, final, "0.01", 0, 1, "learning rate of the last epochs as a fraction of rate"),
    STRAIT_FLOAT("from", struct decay, from, "0.5", 0, 1, "fraction of the epochs after which the rate falls"),
    STRAIT_FLOAT("to", struct decay, to, "0.9", 0, 1, "fraction of the epochs after which the rate is constant again"),
};

static int32_t init(void *self) {
  const struct decay *decay = self;
  if (decay->from > decay->to)
    return strait_fail(self, STRAIT_EINVAL, "the fall's start, from = %g, is after its end, to = %g", decay->from,
                       decay->to);
  return STRAIT_OK;
}

static double rate(const void *self, const strait_step *step) {
  const struct decay *decay = self;
  int64_t epoch = (step->iteration - 1) / step->epoch_iterations + 1;
  int64_t epochs = (step->iterations - 1) / step->epoch_iterations + 1; /* a part of an epoch counts as one */
  double a = (double)epoch / (double)epochs;
  if (a <= decay->from)
    return decay->rate;
  if (a >= decay->to)
    return decay->rate * decay->final;
  return decay->rate * (1 - (1 - decay->final) * (a - decay->from) / (decay->to - decay->from));
}

static int32_t check(const void *self, const strait_step *step) {
  const struct decay *decay = self;
  strait_step first = *step;
  first.iteration = 1;
  int64_t epochs = (step->iterations - 1) / step->epoch_iterations + 1;
  if (rate(self, &first) < decay->rate)
    strait_log(self, STRAIT_LOG_WARNING,
               "of %lld epoch%s, even the first runs at %g instead of %g, as the rate falls after %g of them; train "
               "longer, or set schedule.final = 1 or schedule = constant",
               (long long)epochs, epochs == 1 ? "" : "s", rate(self, &first), decay->rate, decay->from);
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .check = check};
STRAIT_REGISTER(schedule, decay, struct decay, .version = "1.0", .summary = "constant, then a linear fall by epochs",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), .init = init, .description = about)
