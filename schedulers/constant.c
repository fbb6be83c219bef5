/* constant: one learning rate throughout. */
#include <strait/schedule.h>

struct constant {
  strait_object object;
  double rate;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct constant, rate, "0.05", 0, 1000, "learning rate"),
};

static double rate(const void *self, const strait_step *step) {
  (void)step;
  return ((const struct constant *)self)->rate;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate};
STRAIT_REGISTER(schedule, constant, struct constant, .version = "1.0", .summary = "one learning rate throughout",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
