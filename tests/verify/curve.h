/* tests/verify/curve.h: a sound curve, the polygonal chain, of which each bad one here spoils one thing. */
#ifndef CURVE_H
#define CURVE_H

#include <math.h>

#include <strait/curve.h>

struct chain {
  strait_object object;
  int64_t bends;
};
static const strait_option chain_options[] = {
    STRAIT_INT("bends", struct chain, bends, "1", 0, 8, "control points between the two ends"),
};

static inline int64_t chain_points(const void *self) { return ((const struct chain *)self)->bends + 2; }
static inline void chain_coefficients(const void *self, double t, double *c) {
  int64_t last = chain_points(self) - 1;
  for (int64_t i = 0; i <= last; i++)
    c[i] = fmax(0, 1 - fabs(t * (double)last - (double)i));
}
static inline void chain_derivatives(const void *self, double t, double *dc) {
  int64_t last = chain_points(self) - 1, k = (int64_t)(t * (double)last);
  k -= k == last;
  for (int64_t i = 0; i <= last; i++)
    dc[i] = i == k ? (double)-last : i == k + 1 ? (double)last : 0;
}

/* The last lines: the operations, init, and the name (a bare word; what the file is called). */
#define CURVE(name, points, coefficients, derivatives, init)                                                           \
  static const strait_curve_ops ops = {sizeof ops, 0, points, coefficients, derivatives};                              \
  static const strait_class cls = {                                                                                    \
      STRAIT_CLASS(STRAIT_CURVE, #name, "1.0", "bad on purpose", struct chain, chain_options, &ops),                   \
      STRAIT_NO_PRESETS, init, NULL};                                                                                  \
  STRAIT_PLUGIN(curve, name, cls)

#endif
