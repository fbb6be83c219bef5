/* Bad: needs a symbol that nobody has; with lazy binding it would end the program in the middle of a run. */
#include "flat.h"

extern double strait_no_such_function(double t);
static void coefficients(const void *self, double t, double *c) {
  flat_coefficients(self, strait_no_such_function(t), c);
}

static const strait_curve_ops ops = {.size = sizeof ops, .points = flat_points, .coefficients = coefficients};
static const strait_class bad = {
    STRAIT_CLASS_BARE(STRAIT_CURVE, "undefined", "1.0", "a missing symbol", struct flat, &ops), STRAIT_NO_PRESETS, NULL,
    NULL};
STRAIT_PLUGIN(curve, undefined, bad)
