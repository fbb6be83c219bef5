/* swag: Stochastic Weight Averaging, Gaussian. */
#include <math.h>
#include <stdio.h>
#include <strait/ensembler.h>

static const char about[] =
    "SWAG (Maddox et al., 2019, Algorithm 1). Training continues from the start; at each moment that the schedule "
    "names (with one that names none, such as a constant rate: at the end of each epoch) the mean m and the variance "
    "v of each weight are updated, and the deviation w - m from the mean so far is kept. The members are drawn from "
    "the Gaussian\n\n"
    "  m + sqrt(scale) (sqrt(max(v, 1e-30)) z + D y / sqrt(rank - 1))\n\n"
    "where the columns of D are the last `rank` deviations, and z, y are standard normal; with rank = 0 there is no "
    "D (diagonal SWAG, for which the paper's scale is 1). Their batch-norm statistics are re-estimated. Several "
    "starts give `samples` members each; the budget is divided as in fge.";

struct swag {
  strait_object object;
  int64_t rank, samples;
  double scale;
};

static const strait_option options[] = {
    STRAIT_INT("rank", struct swag, rank, "20", 0, 100, "deviations kept; 0: diagonal"),
    STRAIT_INT("samples", struct swag, samples, "30", 1, 1000, "members drawn"),
    STRAIT_FLOAT("scale", struct swag, scale, "0.5", 0, 100, "factor on the variance; 0: all members are the mean"),
};

static int32_t init(void *self) {
  return ((struct swag *)self)->rank == 1
             ? strait_fail(self, STRAIT_EINVAL, "rank = 1: D is divided by sqrt(rank - 1); set rank to 0 or at least 2")
             : STRAIT_OK;
}

static int32_t source(const void *self, int64_t index, strait_source *source) {
  source->offer_epochs = 1;
  return strait_share_starts(self, index, source);
}

/* A standard normal number by Box and Muller. */
static double normal(const void *self, const char *purpose, int64_t index) {
  uint32_t bits[4];
  strait_random(self, purpose, (uint64_t)index, bits);
  const double u = ((double)bits[0] + 1) / 4294967296., v = (double)bits[1] / 4294967296.;
  return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static float *column_of(strait_slots *slots, int64_t i) {
  char name[32];
  snprintf(name, sizeof name, "column-%d", (int)i);
  return strait_slots_vector(slots, name);
}

/* Draws member `number`; the slot "draw" has room for it. */
static int32_t draw(const struct swag *swag, int64_t number, int64_t count, int64_t columns, strait_slots *slots) {
  const float *mean = strait_slots_vector(slots, "mean"), *variance = strait_slots_vector(slots, "variance");
  float *drawn = strait_slots_vector(slots, "draw");
  char purpose[32];
  if (!mean || !variance || !drawn)
    return STRAIT_ENOMEM;
  snprintf(purpose, sizeof purpose, "swag-%lld", (long long)number);
  for (int64_t k = 0; k < count; k++)
    drawn[k] = (float)(sqrt(variance[k] > 1e-30f ? (double)variance[k] : 1e-30) * normal(swag, purpose, k));
  snprintf(purpose, sizeof purpose, "swag-columns-%lld", (long long)number);
  for (int64_t i = 0; i < columns; i++) {
    const float *column = column_of(slots, i);
    if (!column)
      return STRAIT_ENOMEM;
    const double y = normal(swag, purpose, i) / sqrt((double)(swag->rank - 1));
    for (int64_t k = 0; k < count; k++)
      drawn[k] = (float)((double)drawn[k] + y * (double)column[k]);
  }
  for (int64_t k = 0; k < count; k++)
    drawn[k] = (float)((double)mean[k] + sqrt(swag->scale) * (double)drawn[k]);
  return strait_slots_member(slots, drawn, STRAIT_STATISTICS_REFRESH);
}

static int32_t note(const struct swag *swag, const strait_moment *moment, int64_t *seen, strait_slots *slots) {
  float *mean = strait_slots_vector(slots, "mean"), *variance = strait_slots_vector(slots, "variance");
  float *column = swag->rank ? column_of(slots, *seen % swag->rank) : mean;
  if (!mean || !variance || !column)
    return STRAIT_ENOMEM;
  const double share = 1. / (double)++*seen;
  for (int64_t k = 0; k < moment->count; k++) {
    const double w = (double)moment->weights[k], before = w - (double)mean[k];
    mean[k] = (float)((double)mean[k] + share * before);
    variance[k] = (float)((double)variance[k] + share * (before * (w - (double)mean[k]) - (double)variance[k]));
    if (swag->rank)
      column[k] = (float)(w - (double)mean[k]);
  }
  return STRAIT_OK;
}

/* The members are drawn at the training's end, where their length is known. */
static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  const struct swag *swag = self;
  int64_t *seen = strait_slots_integer(slots, "seen");
  int32_t status = !seen ? STRAIT_ENOMEM : moment->wanted ? note(swag, moment, seen, slots) : STRAIT_OK;
  if (status || !moment->last)
    return status;
  if (*seen < 2)
    return strait_fail(self, STRAIT_EINVAL,
                       "the training from start %lld has %lld of the 2 moments that a variance needs; raise the budget",
                       (long long)moment->source, (long long)*seen);
  for (int64_t i = 0; !status && i < swag->samples; i++)
    status =
        draw(swag, moment->source * swag->samples + i, moment->count, *seen < swag->rank ? *seen : swag->rank, slots);
  *seen = 0;
  return status;
}

static const strait_preset presets[] = {{"schedule", "constant"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER(ensembler, swag, struct swag, .version = "1.0", .summary = "Gaussian of averaged weights", .ops = &ops,
                .init = init, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets), .description = about)
