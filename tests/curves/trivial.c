/* trivial: c_i(t) = t^i, i = 0..layers, a test of the engine (Garipov et al., 2018, section 3.2). Point 0 is zero,
 * point 1 holds all weights and the first layer's biases, point i the biases of layer i: then W_i(t) = t W_i and b_i(t)
 * = t^i b_i, and the logits of a ReLU network of n layers are t^n times those at t = 1. It joins no ends, so it obeys
 * no law of ends.
 */
#include <strait/curve.h>

struct trivial {
  strait_object object;
  int64_t layers;
};

static const strait_option options[] = {
    STRAIT_INT("layers", struct trivial, layers, "3", 1, 62, "layers of the network"),
};

static int64_t points(const void *self) { return ((const struct trivial *)self)->layers + 1; }

static void coefficients(const void *self, double t, double *c) {
  c[0] = 1;
  for (int64_t i = 1; i < points(self); i++)
    c[i] = t * c[i - 1];
}

static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
STRAIT_REGISTER(curve, trivial, struct trivial, .version = "1.0", .summary = "powers of t (a test)", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
