/* cosine: cosine annealing with warm restarts. */
#include <math.h>

#include <strait/schedule.h>

static const char about[] =
    "Cosine annealing with warm restarts, as snapshot ensembles use it (Huang et al., 2017, equation 2). T iterations "
    "are cut into M cycles of c = ceil(T/M); the last may be shorter. With a0 = rate,\n\n"
    "  rate(i) = a0/2 (cos(pi mod(i-1, c) / c) + 1),  i = 1..T\n\n"
    "Weights are collected at the end of each cycle.";

struct cosine {
  strait_object object;
  double rate;    /* a0 */
  int64_t cycles; /* M */
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct cosine, rate, "0.1", 0, 1000, "learning rate at the start of each cycle"),
    STRAIT_INT("cycles", struct cosine, cycles, "5", 1, 1000000, "number of cycles in the training"),
};

static int64_t cycle_of(const struct cosine *cosine, const strait_step *step) {
  return (step->iterations - 1) / cosine->cycles + 1;
}

static double rate(const void *self, const strait_step *step) {
  const struct cosine *cosine = self;
  int64_t c = cycle_of(cosine, step);
  const double pi = 3.14159265358979323846;
  return cosine->rate / 2 * (cos(pi * (double)((step->iteration - 1) % c) / (double)c) + 1);
}

static int32_t collect(const void *self, const strait_step *step) {
  return step->iteration % cycle_of(self, step) == 0 || step->iteration == step->iterations;
}

static int32_t check(const void *self, const strait_step *step) {
  const struct cosine *cosine = self;
  if (cosine->cycles > step->iterations)
    return strait_fail(self, STRAIT_EINVAL, "cycles = %lld, but the training has only %lld iteration%s",
                       (long long)cosine->cycles, (long long)step->iterations, step->iterations == 1 ? "" : "s");
  int64_t c = cycle_of(cosine, step), cycles = (step->iterations - 1) / c + 1;
  if (cycles != cosine->cycles || step->iterations % c)
    strait_log(self, STRAIT_LOG_INFO, "%lld cycle%s of %lld iteration%s, the last of %lld", (long long)cycles,
               cycles == 1 ? "" : "s", (long long)c, c == 1 ? "" : "s",
               (long long)(step->iterations - (cycles - 1) * c));
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .collect = collect, .check = check};
STRAIT_REGISTER(schedule, cosine, struct cosine, .version = "1.0", .summary = "cosine annealing with restarts",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), .description = about)
