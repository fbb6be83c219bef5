/* arch: the curve of degree two that passes through its bend at t = 1/2. */
#include <strait/curve.h>

struct arch {
  strait_object object; /* first, always */
};

static int64_t points(const void *self) {
  (void)self;
  return 3; /* two ends and a bend */
}

static void coefficients(const void *self, double t, double *c) {
  (void)self;
  c[0] = (1 - t) * (1 - 2 * t);
  c[1] = 4 * t * (1 - t);
  c[2] = t * (2 * t - 1);
}

static const strait_curve_ops ops = {
    .size = sizeof ops, .points = points, .coefficients = coefficients};
STRAIT_REGISTER(curve, arch, struct arch, .version = "1.0",
                .summary = "parabola through its bend", .ops = &ops)
