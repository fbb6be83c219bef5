/* @name@: a rational Bezier curve with one bend, a working start for a curve of your own.
 *
 *   w(t) = sum_i b_i theta_i / sum_i b_i,   b = ((1-t)^2, 2 pull t (1-t), t^2)
 *
 * strait-plugin(7) explains, strait/curve.h has the contract. This file is C and C++20 alike. */
#include <strait/curve.h>

struct @ident@_curve {
  strait_object object; /* first, always */
  double pull;
};

static const strait_option options[] = {
    STRAIT_FLOAT("pull", struct @ident@_curve, pull, "1", 0.01, 100,
                 "how strongly the bend attracts the curve; 1 is a plain Bezier curve"),
};

static int64_t points(const void *self) {
  (void)self;
  return 3; /* two ends and a bend */
}

static void coefficients(const void *self, double t, double *c) {
  const struct @ident@_curve *curve = (const struct @ident@_curve *)self;
  double b0 = (1 - t) * (1 - t), b1 = 2 * curve->pull * t * (1 - t), b2 = t * t, sum = b0 + b1 + b2;
  c[0] = b0 / sum;
  c[1] = b1 / sum;
  c[2] = b2 / sum;
}

/* Optional: without it the host takes differences. (b/s)' = (b' - (b/s) s') / s */
static void derivatives(const void *self, double t, double *dc) {
  const struct @ident@_curve *curve = (const struct @ident@_curve *)self;
  double b0 = (1 - t) * (1 - t), b1 = 2 * curve->pull * t * (1 - t), b2 = t * t, sum = b0 + b1 + b2;
  double d0 = -2 * (1 - t), d1 = 2 * curve->pull * (1 - 2 * t), d2 = 2 * t, slope = d0 + d1 + d2;
  dc[0] = (d0 - b0 / sum * slope) / sum;
  dc[1] = (d1 - b1 / sum * slope) / sum;
  dc[2] = (d2 - b2 / sum * slope) / sum;
}

static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients, .derivatives = derivatives};
STRAIT_REGISTER_AS(curve, @ident@, "@name@", struct @ident@_curve,
                   .version = "1.0", .summary = "a rational Bezier curve with one bend",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options))
