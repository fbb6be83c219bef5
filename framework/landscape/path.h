/* landscape/path.h: a curve with its control points: w(t), and its geometry: lengths, norms and distances.
 *
 * Touches the host's vectors only; the device never. All sums are taken in double, in one fixed order. */
#ifndef LANDSCAPE_PATH_H
#define LANDSCAPE_PATH_H

#include "compute/device.h"
#include "plugin/registry.h"

#define PATH_POINTS 1024 /* the most control points of a path, as of a curve plugin */

struct repair;
struct path {
  const char *name;               /* "line(left,right)", "arc" */
  const strait_object *curve;     /* NULL: the polygonal chain through the points (two points: the line) */
  int points;                     /* 2 to PATH_POINTS */
  int64_t count;                  /* P */
  const float *const *theta;      /* points vectors, on the host */
  const float *const *statistics; /* their batch-norm statistics; it or entries may be NULL */
  struct repair *repair;          /* what is measured on it is repaired; NULL: it is not */
};
/* Does the path hold together: its points, their vectors, the curve's number of points? */
int path_check(const struct path *path);
/* c[0..points-1] at t; for the chain exact at 0 and 1, for a curve what the plugin says (whose law that is). */
void path_coefficients(const struct path *path, double t, double *c);
/* dc_i/dt; at a kink the one from the right (at t = 1, from the left). A plugin without derivatives: differences, good
 * to about 1e-10, which see kinks at multiples of 1/(points-1) and smooth others over 1e-5. */
void path_derivatives(const struct path *path, double t, double *dc);
/* sum c_i vectors_i, in double; where one coefficient is 1 and the rest are 0, that vector bit for bit. */
void combine_points(int points, const double *c, const float *const *vectors, int64_t count, float *sum);
/* w(t), summed in double; where one coefficient is 1 and the rest are 0, that control point bit for bit. */
void path_weights(const struct path *path, double t, float *weights);
/* The same sum over vectors of any length that belong to the control points (batch-norm statistics). */
void path_combine(const struct path *path, double t, const float *const *vectors, int64_t count, float *sum);
/* The t strictly between 0 and 1 at which the path passes through a control point, in order, into t[0..points-3];
 * returns how many. A chain's are its bends; a Bezier curve has none. */
int path_bends(const struct path *path, double *t);

/* What every length, norm and distance follows from without touching P-vectors again: the Gram matrix of theta_0 and
 * the differences d_i = theta_i - theta_0, in double. gram: points*points, row-major, symmetric: (0,0) is |theta_0|^2,
 * (0,i) is <theta_0,d_i>, (i,j) is <d_i,d_j>. Defined in geometry.c. */
void path_gram(const struct path *path, double *gram);
double path_norm(const struct path *path, const double *gram, double t);               /* |w(t)| */
double path_distance(const struct path *path, const double *gram, double s, double t); /* |w(s) - w(t)| */
/* The arc length between two t, integral of |w'(t)| dt, by adaptive quadrature to 1e-9 relative; exact, but for
 * rounding, where the speed is constant between multiples of 1/(points-1), as on a chain. */
double path_arc(const struct path *path, const double *gram, double from, double to);
double path_length(const struct path *path, const double *gram); /* path_arc from 0 to 1 */
double path_chord(const struct path *path, const double *gram);  /* |w(1) - w(0)| */
/* |a - b| of two vectors of weights, summed in double, in their order. Defined in geometry.c. */
double weights_distance(const float *a, const float *b, int64_t count);

#endif
