/* polychain: straight segments through the ends and the bends. */
#include <math.h>

#include <strait/curve.h>

static const char about[] = "The polygonal chain through the two ends and n bends (Garipov et al., 2018, section 3.4), "
                            "each segment of which takes the same share of t:\n\n"
                            "  c_i(t) = max(0, 1 - |(n+1) t - i|),  i = 0..n+1";

struct polychain {
  strait_object object;
  int64_t bends;
};

static const strait_option options[] = {
    STRAIT_INT("bends", struct polychain, bends, "1", 0, STRAIT_MAX_POINTS - 2, "control points between the two ends"),
};

static int64_t points(const void *self) { return ((const struct polychain *)self)->bends + 2; }

static void coefficients(const void *self, double t, double *c) {
  int64_t segments = points(self) - 1;
  double x = t * (double)segments; /* how many segments lie behind t */
  for (int64_t i = 0; i <= segments; i++)
    c[i] = fmax(0, 1 - fabs(x - (double)i));
}

static void derivatives(const void *self, double t, double *dc) {
  int64_t segments = points(self) - 1;
  int64_t k = (int64_t)(t * (double)segments); /* t lies in segment k, from theta_k to theta_{k+1} */
  if (k == segments)
    k--;
  for (int64_t i = 0; i <= segments; i++)
    dc[i] = i == k ? (double)-segments : i == k + 1 ? (double)segments : 0;
}

static const strait_curve_ops ops = {
    .size = sizeof ops, .points = points, .coefficients = coefficients, .derivatives = derivatives};
STRAIT_REGISTER(curve, polychain, struct polychain, .version = "1.0",
                .summary = "polygonal chain with any number of bends", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .description = about)
