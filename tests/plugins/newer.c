/* Odd, but sound: what a plugin of version 1.1 looks like, were there one: every struct longer than ours, behind which
 * lies what we know nothing of; a service that our host lacks, asked for as the headers' inline functions will ask. */
#include "flat.h"

struct host_1_1 {
  strait_host first;
  int32_t (*later)(const void *self, int32_t value);
};
static int32_t later(const void *self, int32_t value) {
  const struct host_1_1 *host = (const struct host_1_1 *)strait_host_of(self);
  return host->first.size >= sizeof *host ? host->later(self, value) : STRAIT_ENOTSUP;
}

struct option_1_1 {
  strait_option first;
  const char *unit;
  uint64_t mask;
};
static const struct option_1_1 options[] = {
    {STRAIT_INT("bends", struct flat, bends, "1", 0, 9, "how often it bends"), "bends", UINT64_MAX},
    {STRAIT_BOOL("small", struct flat, small, "yes", "whether it is small"), "none", UINT64_MAX}};

struct preset_1_1 {
  strait_preset first;
  const char *why;
};
static const struct preset_1_1 presets[] = {{{"schedule", "constant"}, "so"}, {{"epochs", "3"}, "few"}};

/* Points: what the later service says of 20, or 2 on a host without it. */
static int32_t init(void *self) {
  struct flat *flat = self;
  flat->bends = later(self, 20);
  return STRAIT_OK;
}
static int64_t points(const void *self) {
  int64_t answer = ((const struct flat *)self)->bends;
  return answer == STRAIT_ENOTSUP ? 2 : answer;
}

struct ops_1_1 {
  strait_curve_ops first;
  double (*curvature)(const void *self, double t);
};
static double curvature(const void *self, double t) { return (void)self, t; }
static const struct ops_1_1 ops = {{.size = sizeof ops, .points = points, .coefficients = flat_coefficients},
                                   curvature};

struct class_1_1 {
  strait_class first;
  const void *more;
};
static const struct class_1_1 newer = {{.size = sizeof newer,
                                        .host_minor = 0, /* it does without */
                                        .kind = STRAIT_CURVE,
                                        .instance_size = sizeof(struct flat),
                                        .name = "newer",
                                        .version = "1.0",
                                        .summary = "longer structs",
                                        .ops = &ops,
                                        .options = &options[0].first,
                                        .option_size = sizeof options[0],
                                        .option_count = 2,
                                        .presets = &presets[0].first,
                                        .preset_size = sizeof presets[0],
                                        .preset_count = 2,
                                        .init = init},
                                       &newer};
STRAIT_PLUGIN(curve, newer, newer.first)
