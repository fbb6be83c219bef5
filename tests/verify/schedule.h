/* tests/verify/schedule.h: a sound schedule, a rate that falls linearly, of which each bad one here spoils one thing.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <strait/schedule.h>

struct fall {
  strait_object object;
  double rate;
};
static const strait_option fall_options[] = {
    STRAIT_FLOAT("rate", struct fall, rate, "0.1", 0, 10, "the first learning rate"),
};

static inline double fall_rate(const void *self, const strait_step *step) {
  return ((const struct fall *)self)->rate * (1 - (double)(step->iteration - 1) / (double)step->iterations);
}

#define SCHEDULE(name, rate, collect, check)                                                                           \
  static const strait_schedule_ops ops = {sizeof ops, 0, rate, collect, check};                                        \
  static const strait_class cls = {                                                                                    \
      STRAIT_CLASS(STRAIT_SCHEDULE, #name, "1.0", "bad on purpose", struct fall, fall_options, &ops),                  \
      STRAIT_NO_PRESETS, NULL, NULL};                                                                                  \
  STRAIT_PLUGIN(schedule, name, cls)

#endif
