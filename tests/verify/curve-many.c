/* Breaks points: one control point more than a training takes. */
#include "curve.h"

static int64_t points(const void *self) { return chain_points(self) + 62; }

CURVE(many, points, chain_coefficients, chain_derivatives, NULL)
