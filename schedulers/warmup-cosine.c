/* warmup-cosine: a linear warm-up, then half a cosine down to a floor. */
#include <math.h>

#include <strait/schedule.h>

static const char about[] = "The recipe of GPT-2 and its likes, as nanoGPT has it. With W = warm-up, D = decay (or all "
                            "iterations), floor = rate * "
                            "final, and k = i - 1 for iteration i, counted from 1,\n\n"
                            "  rate(i) = rate (k + 1) / (W + 1)                                       for k < W\n"
                            "            floor + (rate - floor)/2 (1 + cos(pi (k - W) / (D - W)))     for W <= k <= D\n"
                            "            floor                                                        for k > D";

struct warmup_cosine {
  strait_object object;
  double rate, final;
  int64_t warm_up, decay;
};

static const strait_option options[] = {
    STRAIT_FLOAT("rate", struct warmup_cosine, rate, "0.001", 0, 1000, "learning rate at the end of the warm-up"),
    STRAIT_FLOAT("final", struct warmup_cosine, final, "0.1", 0, 1, "learning rate of the end as a fraction of rate"),
    STRAIT_INT("warm-up", struct warmup_cosine, warm_up, "100", 0, 1e12, "iterations over which the rate rises"),
    STRAIT_INT("decay", struct warmup_cosine, decay, "0", 0, 1e12,
               "iterations after which the rate is at its end; 0: those of the training"),
};

static int64_t end_of(const struct warmup_cosine *w, const strait_step *step) {
  return w->decay ? w->decay : step->iterations;
}

static double rate(const void *self, const strait_step *step) {
  const struct warmup_cosine *w = self;
  const int64_t k = step->iteration - 1, end = end_of(w, step);
  const double pi = 3.14159265358979323846, floor = w->rate * w->final;
  if (k < w->warm_up)
    return w->rate * (double)(k + 1) / (double)(w->warm_up + 1);
  if (k > end)
    return floor;
  const double part = end > w->warm_up ? (double)(k - w->warm_up) / (double)(end - w->warm_up) : 0;
  return floor + (w->rate - floor) / 2 * (1 + cos(pi * part));
}

static int32_t check(const void *self, const strait_step *step) {
  const struct warmup_cosine *w = self;
  if (w->warm_up >= end_of(w, step))
    return strait_fail(self, STRAIT_EINVAL,
                       "schedule.warm-up = %lld leaves nothing of %lld iterations; lower it, or train longer",
                       (long long)w->warm_up, (long long)end_of(w, step));
  return STRAIT_OK;
}

static const strait_schedule_ops ops = {.size = sizeof ops, .rate = rate, .check = check};
STRAIT_REGISTER_AS(schedule, warmup_cosine, "warmup-cosine", struct warmup_cosine, .version = "1.0",
                   .summary = "linear warm-up, then a cosine to a floor", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                   .description = about)
