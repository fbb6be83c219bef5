/* @name@: a learning rate that falls by a factor each epoch, a working start for a schedule of your own.
 *
 *   rate(i) = rate * factor^floor((i-1) / iterations an epoch),   i = 1, 2, ...
 *
 * The moment to collect weights is the end of each `every`-th epoch.
 *
 * strait-plugin(7) explains, strait/schedule.h has the contract. This file is C and C++20 alike. */
#include <math.h>

#include <strait/schedule.h>

struct @ident@_schedule {
  strait_object object; /* first, always */
  double rate, factor;
  int64_t every;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct @ident@_schedule, rate, "0.1", 0, 1000, "the learning rate of the first epoch"),
    STRAIT_FLOAT("factor", struct @ident@_schedule, factor, "0.8", 0.01, 1, "each epoch's rate as a share of the last one's"),
    STRAIT_INT("every", struct @ident@_schedule, every, "1", 1, 1000000, "epochs between moments to collect weights"),
};

/* Pure: the same step gives the same rate, so that an interrupted training resumes as if nothing had happened. */
static double rate(const void *self, const strait_step *step) {
  const struct @ident@_schedule *schedule = (const struct @ident@_schedule *)self;
  int64_t epoch = (step->iteration - 1) / step->epoch_iterations;
  return schedule->rate * pow(schedule->factor, (double)epoch);
}

static int32_t collect(const void *self, const strait_step *step) {
  const struct @ident@_schedule *schedule = (const struct @ident@_schedule *)self;
  return step->iteration % (schedule->every * step->epoch_iterations) == 0;
}

/* Once before a training: refuses a length that cannot be served. */
static int32_t check(const void *self, const strait_step *step) {
  const struct @ident@_schedule *schedule = (const struct @ident@_schedule *)self;
  if (schedule->every > step->iterations / step->epoch_iterations)
    return strait_fail(self, STRAIT_EINVAL, "every = %lld epochs, but the training has only %lld", (long long)schedule->every,
                       (long long)(step->iterations / step->epoch_iterations));
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .collect = collect, .check = check};
STRAIT_REGISTER_AS(schedule, @ident@, "@name@", struct @ident@_schedule,
                   .version = "1.0", .summary = "a learning rate that falls by a factor each epoch",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options))
