/* curve-points: networks along a path. */
#include <strait/ensembler.h>

static const char about[] =
    "The networks at equally spaced t of each path in `path`, ends included (Garipov et al., 2018, section 5.1: 50 "
    "points of one curve). Nothing is trained; batch-norm statistics are re-estimated at each point.";

struct curve_points {
  strait_object object;
  int64_t points;
};

static const strait_option options[] = {
    STRAIT_INT("points", struct curve_points, points, "50", 2, 10000, "equally spaced points of each path"),
};

static int32_t source(const void *self, int64_t index, strait_source *source) {
  if (!source->given_paths)
    return strait_fail(self, STRAIT_EINVAL, "path is not set: name a curve, as path = arc or path = line(left,right)");
  if (index >= source->given_paths)
    return STRAIT_OK;
  source->type = STRAIT_SOURCE_PATH;
  source->path = index;
  source->points = ((const struct curve_points *)self)->points;
  return STRAIT_OK;
}

static int32_t collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  (void)self;
  return strait_slots_member(slots, moment->weights, STRAIT_STATISTICS_REFRESH);
}

static const strait_ensembler_ops ops = {.size = sizeof ops, .source = source, .collect = collect};
STRAIT_REGISTER_AS(ensembler, curve_points, "curve-points", struct curve_points, .version = "1.0",
                   .summary = "equally spaced points of a path", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                   .description = about)
