/* Breaks continuous: in less than a hundredth of [0,1] it takes from one control point and gives to another. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  double shift = t > 0.5713 && t < 0.5751 ? 0.001 : 0;
  chain_coefficients(self, t, c);
  c[0] += shift;
  c[1] -= shift;
}

CURVE(jump, chain_points, coefficients, chain_derivatives, NULL)
