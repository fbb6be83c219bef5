/* Breaks derivatives: off by 1 %. */
#include "curve.h"

static void derivatives(const void *self, double t, double *dc) {
  chain_derivatives(self, t, dc);
  dc[0] *= 1.01;
}

CURVE(derivatives, chain_points, chain_coefficients, derivatives, NULL)
