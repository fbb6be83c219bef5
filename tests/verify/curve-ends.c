/* Breaks ends: does not quite reach the second. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) { chain_coefficients(self, t * (1 - 1e-12), c); }

CURVE(ends, chain_points, coefficients, chain_derivatives, NULL)
