/* @name@: members along one training, a working start for an ensembler of your own.
 *
 * The training continues from `start`; its weights at the moments that the schedule names become members, except for
 * the first `skip`. Their class probabilities are averaged.
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

/* The index-th source of weights, or the end: here one training, from the one start to the budget's end. */
static int32_t source(const void *self, int64_t index, strait_source *source) {
  return strait_share_rounds(self, 1, index, source);
}

/* What is remembered between moments is kept in slots, which the host saves with its checkpoints. */
static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  const struct @ident@_ensembler *ensembler = (const struct @ident@_ensembler *)self;
  int64_t *seen = strait_slots_integer(slots, "seen");
  if (!seen)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a number");
  if (!moment->wanted || (*seen)++ < ensembler->skip)
    return STRAIT_OK;
  return strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH);
}

/* At a source's end: an ensembler that accumulates in slots makes its members here. */
static int32_t finish(const void *self, int64_t source, strait_slots *slots) {
  const struct @ident@_ensembler *ensembler = (const struct @ident@_ensembler *)self;
  const int64_t *seen = strait_slots_integer(slots, "seen");
  (void)source;
  if (!seen)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a number");
  if (*seen <= ensembler->skip)
    return strait_fail(self, STRAIT_EINVAL, "skip = %lld moments, but the schedule named only %lld", (long long)ensembler->skip,
                       (long long)*seen);
  return STRAIT_OK;
}

/* What its stages ask for unless their section says otherwise. */
static const strait_preset presets[] = {{"schedule", "triangle"}};
static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect, .finish = finish};
STRAIT_REGISTER_AS(ensembler, @ident@, "@name@", struct @ident@_ensembler,
                   .version = "1.0", .summary = "members along one training",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options), STRAIT_WITH_PRESETS(presets))
