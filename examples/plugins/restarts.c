/* restarts: cosine annealing with warm restarts whose cycles grow (Loshchilov and Hutter, 2017): the first has `first`
 * epochs, each next one `growth` times as many. Within a cycle of T iterations, at its j-th from 0:
 *   rate = low + (high - low) (1 + cos(pi j / T)) / 2.   Weights are collected at each cycle's end. */
#include <math.h>
#include <strait/schedule.h>

struct restarts {
  strait_object object;
  double high, low;
  int64_t first, growth;
};

static const strait_option options[] = {
    STRAIT_FLOAT("high", struct restarts, high, "0.1", 0, 1000, "the rate at a cycle's start"),
    STRAIT_FLOAT("low", struct restarts, low, "0", 0, 1000, "the rate that a cycle falls to"),
    STRAIT_INT("first", struct restarts, first, "1", 1, 1000000, "epochs of the first cycle"),
    STRAIT_INT("growth", struct restarts, growth, "2", 1, 1000, "a cycle's length over the last one's"),
};

/* The iteration within its cycle, from 0; *length is the cycle's. */
static int64_t place(const struct restarts *restarts, const strait_step *step, int64_t *length) {
  int64_t j = step->iteration - 1;
  *length = restarts->first * step->epoch_iterations;
  if (restarts->growth == 1)
    return j % *length;
  for (; j >= *length; *length *= restarts->growth)
    j -= *length;
  return j;
}

static double rate(const void *self, const strait_step *step) {
  const struct restarts *restarts = self;
  int64_t length, j = place(restarts, step, &length);
  double share = (1 + cos(3.14159265358979323846 * (double)j / (double)length)) / 2;
  return restarts->low + (restarts->high - restarts->low) * share;
}

static int32_t collect(const void *self, const strait_step *step) {
  int64_t length;
  return place(self, step, &length) == length - 1;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .collect = collect};
STRAIT_REGISTER(schedule, restarts, struct restarts, .version = "1.0", .summary = "cosine cycles that grow",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
