/* Bad: lacks an operation that curves cannot do without. */
#include "flat.h"

static const strait_curve_ops ops = {.size = sizeof ops, .points = flat_points};
static const strait_class bad = {STRAIT_CLASS_BARE(STRAIT_CURVE, "noops", "1.0", "no coefficients", struct flat, &ops),
                                 STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(curve, noops, bad)
