/* @name@: members along one training, a working start for an ensembler of your own.
 *
 * The training goes on from `start`; at the moments the schedule names its weights become members, but for the first
 * `skip` of them. Their class probabilities are averaged.
 *
 * strait-plugin(7) explains, strait/ensembler.h has the contract. This file is C and C++20 alike. */
#include <strait/ensembler.h>

struct @ident@_ensembler {
  strait_object object; /* first, always */
  int64_t skip;
};

static const strait_option options[] = {
    STRAIT_INT("skip", struct @ident@_ensembler, skip, "0", 0, 1000000, "moments that pass before the first member"),
};

/* The index-th source of weights; nothing set is the end. */
static int32_t source(const void *self, int64_t index, strait_source *source) {
  if (source->given_starts != 1)
    return strait_fail(self, STRAIT_EINVAL, "start names %lld networks; it needs one, as start = left@2",
                       (long long)source->given_starts);
  if (source->given_budget <= source->start_spent[0])
    return strait_fail(self, STRAIT_EINVAL, "a budget of %lld iterations leaves nothing to run: the start spent %lld; raise it",
                       (long long)source->given_budget, (long long)source->start_spent[0]);
  if (index > 0)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_TRAINING;
  source->start = 0;
  source->iterations = source->given_budget - source->start_spent[0];
  return STRAIT_OK;
}

/* What is remembered between moments lies in slots, which the host saves with its checkpoints. */
static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  const struct @ident@_ensembler *ensembler = (const struct @ident@_ensembler *)self;
  int64_t *seen = strait_slots_integer(slots, "seen");
  if (!seen)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a number");
  if (!moment->wanted || (*seen)++ < ensembler->skip)
    return STRAIT_OK;
  return strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH);
}

/* At a source's end; here what accumulated in slots would become members. */
static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  const struct @ident@_ensembler *ensembler = (const struct @ident@_ensembler *)self;
  const int64_t *seen = strait_slots_integer(slots, "seen");
  (void)source;
  if (!seen)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a number");
  if (*seen <= ensembler->skip)
    return strait_fail(self, STRAIT_EINVAL, "skip = %lld, but the schedule named only %lld moments", (long long)ensembler->skip,
                       (long long)*seen);
  return STRAIT_OK;
}

/* What its stages ask for unless their section says otherwise. */
static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER_AS(ensembler, @ident@, "@name@", struct @ident@_ensembler,
                   .version = "1.0", .summary = "members along one training",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets))
