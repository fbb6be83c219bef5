/* Breaks finite: 0/0 in the middle. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  chain_coefficients(self, t, c);
  c[0] *= t == 0.5 ? NAN : 1;
}

CURVE(finite, chain_points, coefficients, chain_derivatives, NULL)
