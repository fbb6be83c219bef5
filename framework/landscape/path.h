/* landscape/path.h: a curve with its control points: w(t), lengths, and what is on it. */
#ifndef LANDSCAPE_PATH_H
#define LANDSCAPE_PATH_H

#include "compute/device.h"
#include "plugin/registry.h"

struct path {
  const char *name;           /* "line(left,right)", "arc" */
  const strait_object *curve; /* NULL: the polygonal chain through the points (two points: the line) */
  int points;
  int64_t count;              /* P */
  const float *const *theta;  /* points vectors, on the host */
  const float *const *statistics; /* their batch-norm statistics; entries may be NULL */
};
/* c[0..points-1] at t; exact at 0 and 1. */
void path_coefficients(const struct path *path, double t, double *c);
void path_derivatives(const struct path *path, double t, double *dc);
/* w(t), bit for bit the end's at t = 0 and 1. */
void path_weights(const struct path *path, double t, float *weights);
/* The Gram matrix of the control points' differences from theta_0, in double: from it every length, norm and distance
 * follows without touching P-vectors again. gram: points*points, row-major. */
void path_gram(const struct path *path, double *gram);
/* The arc length, integral of |w'(t)| dt, by adaptive quadrature to 1e-9 relative; and |theta_last - theta_first|. */
double path_length(const struct path *path, const double *gram);
double path_chord(const struct path *path, const double *gram);

#endif
