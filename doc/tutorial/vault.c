/* vault: arch with an option: the share of the bend at t = 1/2. */
#include <strait/curve.h>

struct vault {
  strait_object object;
  double height;
};

static const strait_option options[] = {
    STRAIT_FLOAT("height", struct vault, height, "1", 0.1, 2,
                 "weight of the bend at t = 1/2"),
};

static int64_t points(const void *self) {
  (void)self;
  return 3;
}

static void coefficients(const void *self, double t, double *c) {
  const struct vault *vault = self;
  c[1] = 4 * vault->height * t * (1 - t);
  c[0] = 1 - t - c[1] / 2;
  c[2] = t - c[1] / 2;
}

static void derivatives(const void *self, double t, double *dc) {
  const struct vault *vault = self;
  dc[1] = 4 * vault->height * (1 - 2 * t);
  dc[0] = -1 - dc[1] / 2;
  dc[2] = 1 - dc[1] / 2;
}

static const strait_curve_ops ops = {.size = sizeof ops,
                                     .points = points,
                                     .coefficients = coefficients,
                                     .derivatives = derivatives};
STRAIT_REGISTER(curve, vault, struct vault, .version = "1.0",
                .summary = "parabola of a given height", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
