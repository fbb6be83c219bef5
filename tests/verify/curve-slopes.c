/* Breaks derivatives: in less than a hundredth of [0,1] one has the wrong sign. */
#include "curve.h"

static void derivatives(const void *self, double t, double *dc) {
  chain_derivatives(self, t, dc);
  for (int64_t i = 0; i < chain_points(self) && t > 0.2713 && t < 0.2751; i++)
    dc[i] = -dc[i];
}

CURVE(slopes, chain_points, chain_coefficients, derivatives, NULL)
