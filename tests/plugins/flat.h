/* tests/plugins/flat.h: a sound curve, the straight line, for plugins that are bad in some other way. */
#ifndef FLAT_H
#define FLAT_H

#include <strait/curve.h>

struct flat {
  strait_object object;
  int64_t bends;
  int32_t small;
};

static inline int64_t flat_points(const void *self) { return (void)self, 2; }
static inline void flat_coefficients(const void *self, double t, double *c) {
  (void)self;
  c[0] = 1 - t;
  c[1] = t;
}

static const strait_curve_ops flat_ops = {
    .size = sizeof flat_ops, .points = flat_points, .coefficients = flat_coefficients};

#endif
