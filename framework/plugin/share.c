/* plugin/share.c: how an ensembler's budget is divided among its trainings. Arithmetic on what the stage offers, the
 * same for every ensembler that counts as these do. */
#include <config.h>

#include "plugin/share.h"

/* The index-th of `parts` trainings of equal length, as far as they are alike. */
static void give(strait_source *source, int64_t index, int64_t iterations, int64_t parts) {
  source->type = index < parts ? STRAIT_SOURCE_TRAINING : STRAIT_SOURCE_END;
  source->seed_offset = index;
  source->iterations = iterations / parts;
}

static int32_t among_starts(const void *self, int64_t index, strait_source *source) {
  int64_t longest = 0, starts = source->given_starts;
  if (!starts)
    return strait_fail(self, STRAIT_EINVAL, "start is not set: name a trained network, as start = left@12");
  for (int64_t i = 0; i < starts; i++)
    if (source->start_spent[i] > longest)
      longest = source->start_spent[i];
  if (source->given_budget - longest < starts)
    return strait_fail(self, STRAIT_EINVAL,
                       "a budget of %lld iteration%s leaves nothing to run: the starts spent %lld; raise budget",
                       (long long)source->given_budget, source->given_budget == 1 ? "" : "s", (long long)longest);
  give(source, index, source->given_budget - longest, starts);
  source->start = index;
  return STRAIT_OK;
}

static int32_t among_rounds(const void *self, int64_t rounds, int64_t index, strait_source *source) {
  if (source->given_starts != 1)
    return strait_fail(self, STRAIT_EINVAL, "start names %lld networks, not one: set it as start = left@12",
                       (long long)source->given_starts);
  int64_t left = source->given_budget - source->start_spent[0];
  if (left < 1)
    return strait_fail(
        self, STRAIT_EINVAL, "a budget of %lld iteration%s leaves nothing to run: the start spent %lld; raise budget",
        (long long)source->given_budget, source->given_budget == 1 ? "" : "s", (long long)source->start_spent[0]);
  if (left < rounds)
    return strait_fail(self, STRAIT_EINVAL,
                       "the budget leaves %lld iteration%s after the start, too few for %lld rounds; raise budget",
                       (long long)left, left == 1 ? "" : "s", (long long)rounds);
  give(source, index, left, rounds);
  source->start = index ? STRAIT_START_MEMBER : 0;
  return STRAIT_OK;
}

static int32_t among_runs(const void *self, int64_t runs, int64_t index, strait_source *source) {
  if (source->given_starts)
    return strait_fail(self, STRAIT_EINVAL,
                       "start is set, but each training here begins from new weights: remove start");
  if (source->given_budget < runs)
    return strait_fail(self, STRAIT_EINVAL,
                       "a budget of %lld iteration%s is too small for %lld runs: set budget in epochs",
                       (long long)source->given_budget, source->given_budget == 1 ? "" : "s", (long long)runs);
  give(source, index, source->given_budget, runs);
  source->start = STRAIT_START_FRESH;
  return STRAIT_OK;
}

int32_t host_share(const void *self, uint32_t among, int64_t parts, int64_t index, strait_source *source) {
  if (parts < 1 || index < 0)
    return strait_fail(self, STRAIT_EINVAL, "a budget is divided into at least 1 part, not %lld", (long long)parts);
  switch (among) {
  case STRAIT_AMONG_STARTS:
    return among_starts(self, index, source);
  case STRAIT_AMONG_ROUNDS:
    return among_rounds(self, parts, index, source);
  case STRAIT_AMONG_RUNS:
    return among_runs(self, parts, index, source);
  default:
    return strait_fail(self, STRAIT_ENOTSUP, "this strait cannot divide a budget in way %u", (unsigned)among);
  }
}
