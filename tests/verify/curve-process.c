/* Breaks process: has something of its process in it. */
#include <unistd.h>

#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  double off = t * (1 - t) * 1e-6 * (double)(getpid() % 10007);
  chain_coefficients(self, t, c);
  c[0] += off;
  c[1] -= off;
}

CURVE(process, chain_points, coefficients, NULL, NULL)
