/* triangle: the cyclical rate of Fast Geometric Ensembling. */
#include <math.h>

#include <strait/schedule.h>

static const char about[] =
    "The cyclical learning rate of Fast Geometric Ensembling (Garipov et al., 2018, section 4.2 and Algorithm 1). With "
    "a1 = high, a2 = low, an even cycle of c iterations and t(i) = (mod(i-1, c) + 1) / c,\n\n"
    "  rate(i) = (1 - 2t) a1 + 2t a2        for t <= 1/2\n"
    "            (2 - 2t) a2 + (2t - 1) a1  for t > 1/2,      i = 1, 2, ...\n\n"
    "Weights are collected in the middle of each cycle, where mod(i, c) = c/2 and the rate is a2.";

struct triangle {
  strait_object object;
  double high, low; /* a1, a2 */
  double cycle;
  int64_t iterations;
};

static const strait_option options[] = {
    STRAIT_FLOAT("high", struct triangle, high, "0.05", 0, 1000, "learning rate at the ends of each cycle"),
    STRAIT_FLOAT("low", struct triangle, low, "0.0005", 0, 1000, "learning rate in the middle of each cycle"),
    STRAIT_FLOAT("cycle", struct triangle, cycle, "2", 0, 1e6,
                 "cycle length in epochs, rounded down to an even number of iterations"),
    STRAIT_INT("cycle-iterations", struct triangle, iterations, "0", 0, 1e12,
               "cycle length in iterations, an even number; 0: set by cycle, in epochs"),
};

static int32_t init(void *self) {
  const struct triangle *triangle = self;
  if (triangle->iterations % 2)
    return strait_fail(self, STRAIT_EINVAL,
                       "cycle-iterations = %lld is odd: the middle of a cycle must be an iteration",
                       (long long)triangle->iterations);
  if (triangle->low > triangle->high)
    return strait_fail(self, STRAIT_EINVAL, "low = %g is above high = %g", triangle->low, triangle->high);
  return STRAIT_OK;
}

/* c. The term 1e-9 undoes the rounding of products such as .29 * 200 = 57.999... */
static int64_t cycle_of(const struct triangle *triangle, const strait_step *step) {
  if (triangle->iterations)
    return triangle->iterations;
  return 2 * (int64_t)floor(triangle->cycle * (double)step->epoch_iterations / 2 + 1e-9);
}

static double rate(const void *self, const strait_step *step) {
  const struct triangle *triangle = self;
  int64_t c = cycle_of(triangle, step);
  double t = (double)((step->iteration - 1) % c + 1) / (double)c;
  if (t <= .5)
    return (1 - 2 * t) * triangle->high + 2 * t * triangle->low;
  return (2 - 2 * t) * triangle->low + (2 * t - 1) * triangle->high;
}

static int32_t collect(const void *self, const strait_step *step) {
  int64_t c = cycle_of(self, step);
  return step->iteration % c == c / 2;
}

static int32_t check(const void *self, const strait_step *step) {
  const struct triangle *triangle = self;
  int64_t c = cycle_of(triangle, step);
  if (c < 2)
    return strait_fail(self, STRAIT_EINVAL,
                       "cycle = %g of epochs that have %lld iteration%s makes less than two iterations",
                       triangle->cycle, (long long)step->epoch_iterations, step->epoch_iterations == 1 ? "" : "s");
  if (!triangle->iterations && fabs(triangle->cycle * (double)step->epoch_iterations - (double)c) > 1e-6)
    strait_log(self, STRAIT_LOG_INFO, "a cycle of %g epoch%s is rounded to %lld iterations", triangle->cycle,
               triangle->cycle == 1 ? "" : "s", (long long)c);
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .collect = collect, .check = check};
STRAIT_REGISTER(schedule, triangle, struct triangle, .version = "1.0",
                .summary = "the cycles of fast geometric ensembling", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .init = init, .description = about)
