/* Breaks threads: puts its numbers together in a static variable, and takes its time. */
#include <string.h>

#include "curve.h"

static void coefficients(const void *self, double t, double *c) {
  static double scratch[16];
  chain_coefficients(self, t, scratch);
  for (volatile int wait = 0; wait < 1000; wait++)
    continue;
  memcpy(c, scratch, (size_t)chain_points(self) * sizeof *c);
}

CURVE(scratch, chain_points, coefficients, chain_derivatives, NULL)
