/* constant: one learning rate throughout. */
#include <strait/schedule.h>

struct constant {
  strait_object object;
  double rate;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct constant, rate, "0.05", 0, 1000, "the learning rate"),
};

static double rate(const void *self, const strait_step *step) {
  (void)step;
  return ((const struct constant *)self)->rate;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate};
static const strait_class constant = {
    STRAIT_CLASS(STRAIT_SCHEDULE, "constant", "1.0", "one learning rate throughout", struct constant, options, &ops),
    STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(schedule, constant, constant)
