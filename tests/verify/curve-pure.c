/* Breaks pure: every other call is a little off. */
#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  static int calls;
  double off = t * (1 - t) * 1e-6 * (calls++ % 2);
  chain_coefficients(self, t, c);
  c[0] += off;
  c[1] -= off;
}

CURVE(pure, chain_points, coefficients, NULL, NULL)
