/* An ensembler of interface 1.0: one training; sums what it is offered in a slot, counts in another, and makes one
 * member of their quotient; combines by the first member alone. */
#include <strait/ensembler.h>

static int32_t source(const void *self, int64_t index, strait_source *source) {
  if (source->given_starts < 1)
    return strait_fail(self, STRAIT_EINVAL, "it needs a start");
  if (index > 0)
    return source->type = STRAIT_SOURCE_END, STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = 0;
  source->seed_offset = 5;
  source->iterations = source->given_budget - source->start_spent[0];
  return STRAIT_OK;
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  float *sum = strait_slots_vector(slots, "sum");
  int64_t *count = strait_slots_integer(slots, "count");
  (void)self;
  if (!sum || !count)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < moment->count; i++)
    sum[i] += moment->weights[i];
  *count += 1;
  return STRAIT_OK;
}

static int32_t finish(const void *self, int64_t index, strait_slots *slots) {
  float *sum = strait_slots_vector(slots, "sum");
  const int64_t *count = strait_slots_integer(slots, "count");
  (void)self;
  (void)index;
  if (!sum || !count)
    return STRAIT_ENOMEM;
  sum[0] /= (float)*count;
  return strait_slots_member(slots, sum, STRAIT_STATISTICS_REFRESH);
}

static int32_t combine(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                       float *combined) {
  (void)self;
  (void)members;
  for (int64_t i = 0; i < rows * classes; i++)
    combined[i] = probabilities[i];
  return STRAIT_OK;
}

static const strait_ensembler_ops ops = {sizeof ops, 0, source, collect, finish, combine};
static const strait_class frozen = {
    STRAIT_CLASS_BARE(STRAIT_ENSEMBLER, "frozen", "1.0", "frozen in 1.0", strait_object, &ops), STRAIT_NO_PRESETS, NULL,
    NULL};
STRAIT_PLUGIN(ensembler, frozen, frozen)
