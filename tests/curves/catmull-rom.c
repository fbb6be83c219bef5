/* catmull-rom: the uniform Catmull-Rom spline through the ends and n bends, as a test: a new curve is one file. In
 * segment k, with u = (n+1) t - k, the four points around it have the weights
 *
 *   (-u + 2u^2 - u^3, 2 - 5u^2 + 3u^3, u + 4u^2 - 3u^3, -u^2 + u^3) / 2
 *
 * and before the first point and behind the last lies the straight continuation, 2 theta_0 - theta_1.
 */
#include <strait/curve.h>

struct catmull_rom {
  strait_object object;
  int64_t bends;
};

static const strait_option options[] = {
    STRAIT_INT("bends", struct catmull_rom, bends, "1", 0, 62, "control points between the two ends"),
};

static int64_t points(const void *self) { return ((const struct catmull_rom *)self)->bends + 2; }

/* Adds the weight of point i, which may be one before the first or one behind the last. */
static void add(double *c, int64_t last, int64_t i, double weight) {
  if (i >= 0 && i <= last) {
    c[i] += weight;
    return;
  }
  c[i < 0 ? 0 : last] += 2 * weight;
  c[i < 0 ? 1 : last - 1] -= weight;
}

static void coefficients(const void *self, double t, double *c) {
  int64_t last = points(self) - 1;
  int64_t k = t < 1 ? (int64_t)(t * (double)last) : last - 1;
  if (k == last)
    k--;
  double u = t * (double)last - (double)k;
  for (int64_t i = 0; i <= last; i++)
    c[i] = 0;
  add(c, last, k - 1, u * (-1 + u * (2 - u)) / 2);
  add(c, last, k, (2 + u * u * (-5 + 3 * u)) / 2);
  add(c, last, k + 1, u * (1 + u * (4 - 3 * u)) / 2);
  add(c, last, k + 2, u * u * (-1 + u) / 2);
}

static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
STRAIT_REGISTER_AS(curve, catmull_rom, "catmull-rom", struct catmull_rom, .version = "1.0",
                   .summary = "Catmull-Rom spline", .ops = &ops, STRAIT_WITH_OPTIONS(options))
