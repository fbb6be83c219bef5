/* strait/curve.h: a family of curves in weight space, w(t) = sum_i c_i(t) theta_i, t in [0,1].
 *
 * The host owns the control points theta_0..theta_{n-1}; the curve only says how much of each is in w(t). theta_0 and
 * theta_{n-1} are the two ends. Laws, checked by `strait verify`: c(0) = (1,0,..,0) and c(1) = (0,..,0,1) exactly;
 * sum c_i(t) = 1; all finite; the same t gives the same c.
 */
#ifndef STRAIT_CURVE_H
#define STRAIT_CURVE_H

#include <strait/host.h>
#include <strait/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most control points of a curve, both ends counted. (Since 1.1; 1.0 said 1024, but trained at most 64.) */
#define STRAIT_MAX_POINTS 64

typedef struct strait_curve_ops {
  uint32_t size;
  uint32_t reserved;
  /* The number of control points, both ends counted: 2 to STRAIT_MAX_POINTS, the same at every call.
   * [any thread, after init()] */
  int64_t (*points)(const void *self);
  /* Fills c[0..n-1] with the weights of the n control points at t in [0,1]. c is the caller's.
   * [any thread, after init()] */
  void (*coefficients)(const void *self, double t, double *c);
  /* Fills dc[0..n-1] with the derivatives dc_i/dt; at a kink, the one from the right (at t = 1, from the left). NULL:
   * the host takes differences. [any thread, after init()] */
  void (*derivatives)(const void *self, double t, double *dc);
} strait_curve_ops;

#ifdef __cplusplus
}
#endif
#endif
