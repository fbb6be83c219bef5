/* cubic: the natural cubic spline through its control points, at evenly spaced knots: twice differentiable, and
 * straight at its ends. With n control points, knots i/(n-1) and second derivatives m_i (in units of knots): m_{i-1} +
 * 4 m_i + m_{i+1} = 6 (theta_{i-1} - 2 theta_i + theta_{i+1}),   m_0 = m_{n-1} = 0 w = a theta_i + b theta_{i+1} + (a^3
 * - a) m_i / 6 + (b^3 - b) m_{i+1} / 6,   a = 1 - b, b the place in the interval */
#include <strait/curve.h>

#define MOST STRAIT_MAX_POINTS

struct cubic {
  strait_object object;
  int64_t bends;
  double second[MOST][MOST]; /* m_i = sum_j second[i][j] theta_j */
};

static const strait_option options[] = {
    STRAIT_INT("bends", struct cubic, bends, "2", 0, MOST - 2, "control points between the two ends"),
};

/* Solves the tridiagonal system once for each control point. */
static int32_t init(void *self) {
  struct cubic *cubic = self;
  int last = (int)cubic->bends + 1;
  for (int j = 0; j <= last; j++) {
    double pivot[MOST] = {0}, right[MOST] = {0};
    for (int i = 1; i < last; i++) {
      pivot[i] = 1 / (4 - pivot[i - 1]);
      right[i] = (6 * ((i - 1 == j) - 2 * (i == j) + (i + 1 == j)) - right[i - 1]) * pivot[i];
    }
    for (int i = last - 1; i > 0; i--)
      cubic->second[i][j] = right[i] - pivot[i] * cubic->second[i + 1][j];
  }
  return STRAIT_OK;
}

static int64_t points(const void *self) { return ((const struct cubic *)self)->bends + 2; }

static void coefficients(const void *self, double t, double *c) {
  const struct cubic *cubic = self;
  int last = (int)cubic->bends + 1, i = (int)(t * last);
  i = i < last ? i : last - 1;
  double b = t * last - i, a = 1 - b;
  for (int j = 0; j <= last; j++)
    c[j] = (a * a * a - a) / 6 * cubic->second[i][j] + (b * b * b - b) / 6 * cubic->second[i + 1][j];
  c[i] += a;
  c[i + 1] += b;
}

static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
STRAIT_REGISTER(curve, cubic, struct cubic, .version = "1.0", .summary = "natural cubic spline through its bends",
                .ops = &ops, STRAIT_WITH_OPTIONS(options), .init = init)
