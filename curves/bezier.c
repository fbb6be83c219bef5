/* bezier: a Bezier curve through the ends, pulled by its bends. */
#include <strait/curve.h>

static const char about[] =
    "The Bezier curve of degree d = bends + 1: it goes through the two ends and is pulled towards the bends between "
    "them (Garipov et al., 2018, section 3.4). Its coefficients are the Bernstein polynomials\n\n"
    "  c_i(t) = B_i^d(t) = C(d,i) t^i (1-t)^(d-i),  i = 0..d\n"
    "  c_i'(t) = d (B_{i-1}^{d-1}(t) - B_i^{d-1}(t))";

struct bezier {
  strait_object object;
  int64_t bends;
};

static const strait_option options[] = {
    STRAIT_INT("bends", struct bezier, bends, "1", 0, STRAIT_MAX_POINTS - 2, "control points between the two ends"),
};

static int64_t points(const void *self) { return ((const struct bezier *)self)->bends + 2; }

/* Fills b[0..degree] with B_i^degree(t), degree by degree: B_i^k = (1-t) B_i^{k-1} + t B_{i-1}^{k-1}. Sums of positive
 * terms only, so nothing cancels or overflows at any degree, and t = 0 and 1 are exact. */
static void bernstein(int64_t degree, double t, double *b) {
  b[0] = 1;
  for (int64_t k = 1; k <= degree; k++) {
    b[k] = t * b[k - 1];
    for (int64_t i = k - 1; i > 0; i--)
      b[i] = (1 - t) * b[i] + t * b[i - 1];
    b[0] *= 1 - t;
  }
}

static void coefficients(const void *self, double t, double *c) { bernstein(points(self) - 1, t, c); }

static void derivatives(const void *self, double t, double *dc) {
  int64_t degree = points(self) - 1;
  bernstein(degree - 1, t, dc);
  dc[degree] = (double)degree * dc[degree - 1];
  for (int64_t i = degree - 1; i > 0; i--)
    dc[i] = (double)degree * (dc[i - 1] - dc[i]);
  dc[0] *= (double)-degree;
}

static const strait_curve_ops ops = {
    .size = sizeof ops, .points = points, .coefficients = coefficients, .derivatives = derivatives};
STRAIT_REGISTER(curve, bezier, struct bezier, .version = "1.0", .summary = "Bezier curve with any number of bends",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), .description = about)
