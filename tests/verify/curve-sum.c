/* Breaks sum: the coefficients add up to 1 + t (1 - t) / 1000. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  chain_coefficients(self, t, c);
  c[0] += t * (1 - t) / 1000;
}
static void derivatives(const void *self, double t, double *dc) {
  chain_derivatives(self, t, dc);
  dc[0] += (1 - 2 * t) / 1000;
}

CURVE(sum, chain_points, coefficients, derivatives, NULL)
