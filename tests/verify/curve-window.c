/* Breaks sum: in less than a hundredth of [0,1] the coefficients add up to a little more than 1. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  chain_coefficients(self, t, c);
  c[0] += t > 0.3713 && t < 0.3751 ? 1e-9 : 0;
}

CURVE(window, chain_points, coefficients, NULL, NULL)
