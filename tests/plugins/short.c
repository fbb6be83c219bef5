/* Odd, but sound: structs of an older, shorter version. What lies behind them in memory is not theirs, and poisonous.
 */
#include <stddef.h>

#include "flat.h"

static int32_t poison(void *self) {
  (void)self;
  return STRAIT_EBUG;
}
static void poisoned_derivatives(const void *self, double t, double *dc) {
  (void)self;
  dc[0] = t;
}

static const strait_curve_ops old_ops = {.size = offsetof(strait_curve_ops, derivatives),
                                         .points = flat_points,
                                         .coefficients = flat_coefficients,
                                         .derivatives = poisoned_derivatives};
static const strait_class old = {.size = offsetof(strait_class, options),
                                 .kind = STRAIT_CURVE,
                                 .instance_size = sizeof(struct flat),
                                 .name = "short",
                                 .version = "0.1",
                                 .summary = "shorter structs",
                                 .ops = &old_ops,
                                 .options = (const strait_option *)16,
                                 .option_count = 7,
                                 .init = poison};
STRAIT_PLUGIN(curve, short, old)
