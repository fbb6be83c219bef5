/* Breaks instances: what belongs to one lies where all share it. */
#include "curve.h"

static struct chain last;

static int32_t init(void *self) {
  last = *(const struct chain *)self;
  return STRAIT_OK;
}
static int64_t points(const void *self) { return (void)self, chain_points(&last); }
static void coefficients(const void *self, double t, double *c) {
  (void)self;
  chain_coefficients(&last, t, c);
}

CURVE(instances, points, coefficients, NULL, init)
