/* landscape/path.c: the coefficients of a path and its points w(t). Reads the curve plugin's operations and host
 * vectors. */
#include "landscape/path.h"

#include <math.h>
#include <string.h>

#include <strait/curve.h>

#include "base/error.h"

enum { BLOCK = 512 }; /* elements summed in double at a time: stays on the stack and in the first cache */

static const strait_curve_ops *curve_ops(const struct path *path) { return object_ops(path->curve); }

int path_check(const struct path *path) {
  if (path->points < 2)
    return error_set(STRAIT_EINVAL, "path %s has %d point%s; a path needs at least 2", path->name, path->points,
                     path->points == 1 ? "" : "s");
  if (path->points > PATH_POINTS)
    return error_set(STRAIT_EINVAL, "path %s has %d points; at most %d are possible", path->name, path->points,
                     PATH_POINTS);
  if (path->curve) {
    int64_t points = curve_ops(path)->points(path->curve);
    if (points != path->points)
      return error_set(STRAIT_EINVAL, "path %s has %d control points, its curve %s wants %lld", path->name,
                       path->points, path->curve->name, (long long)points);
  }
  for (int i = 0; i < path->points; i++)
    if (!path->theta[i])
      return error_set(STRAIT_EBUG, "path %s: control point %d has no weights", path->name, i);
  return STRAIT_OK;
}

/* The straight pieces between neighbours: c_i(t) = max(0, 1 - |t(n-1) - i|), of which at most two are not 0. */
static int chain_piece(int points, double t, double *share) {
  double x = t * (points - 1);
  int piece = (int)floor(x);
  if (piece < 0)
    piece = 0;
  if (piece > points - 2)
    piece = points - 2;
  *share = x - piece;
  return piece;
}

static void chain_coefficients(int points, double t, double *c) {
  double share;
  int piece = chain_piece(points, t, &share);
  memset(c, 0, (size_t)points * sizeof *c);
  c[piece] = 1 - share;
  c[piece + 1] = share;
}

static void chain_derivatives(int points, double t, double *dc) {
  double share;
  int piece = chain_piece(points, t, &share);
  memset(dc, 0, (size_t)points * sizeof *dc);
  dc[piece] = -(points - 1);
  dc[piece + 1] = points - 1;
}

void path_coefficients(const struct path *path, double t, double *c) {
  if (!path->curve) {
    chain_coefficients(path->points, t, c);
    return;
  }
  curve_ops(path)->coefficients(path->curve, t, c);
}

/* Differences that stay within [k/(n-1), (k+1)/(n-1)], so that they see the kinks of curves knotted there: central
 * where there is room, else one-sided of second order. */
static void curve_differences(const struct path *path, double t, double *dc) {
  int n = path->points;
  double x[3], weight[3], share, c[PATH_POINTS];
  double h = 1e-5; /* truncation h^2 c'''/6 and rounding 1e-16/h meet near 1e-11 */
  int piece = chain_piece(n, t, &share);
  double low = (double)piece / (n - 1), high = (double)(piece + 1) / (n - 1);
  if (t - low >= h && high - t >= h) {
    x[0] = t - h, x[1] = t, x[2] = t + h;
    weight[0] = -1 / (2 * h), weight[1] = 0, weight[2] = 1 / (2 * h);
  } else {
    double step = high - t >= 2 * h ? h : -h;
    x[0] = t, x[1] = t + step, x[2] = t + 2 * step;
    weight[0] = -3 / (2 * step), weight[1] = 4 / (2 * step), weight[2] = -1 / (2 * step);
  }
  memset(dc, 0, (size_t)n * sizeof *dc);
  for (int k = 0; k < 3; k++) {
    if (weight[k] == 0)
      continue;
    curve_ops(path)->coefficients(path->curve, x[k], c);
    for (int i = 0; i < n; i++)
      dc[i] += weight[k] * c[i];
  }
}

void path_derivatives(const struct path *path, double t, double *dc) {
  if (!path->curve) {
    chain_derivatives(path->points, t, dc);
    return;
  }
  if (curve_ops(path)->derivatives)
    curve_ops(path)->derivatives(path->curve, t, dc);
  else
    curve_differences(path, t, dc);
}

/* sum += c * from over one block. */
static void add_block(double *sum, double c, const float *from, int64_t count) {
  for (int64_t k = 0; k < count; k++)
    sum[k] += c * (double)from[k];
}

void combine_points(int points, const double *c, const float *const *vectors, int64_t count, float *sum) {
  double block[BLOCK];
  int used = 0, only = 0;
  for (int i = 0; i < points; i++)
    if (c[i] != 0)
      used++, only = i;
  if (used == 1 && c[only] == 1) {
    memcpy(sum, vectors[only], (size_t)count * sizeof *sum);
    return;
  }
  for (int64_t at = 0; at < count; at += BLOCK) {
    int64_t length = count - at < BLOCK ? count - at : BLOCK;
    memset(block, 0, (size_t)length * sizeof *block);
    for (int i = 0; i < points; i++)
      if (c[i] != 0)
        add_block(block, c[i], vectors[i] + at, length);
    for (int64_t k = 0; k < length; k++)
      sum[at + k] = (float)block[k];
  }
}

void path_combine(const struct path *path, double t, const float *const *vectors, int64_t count, float *sum) {
  double c[PATH_POINTS];
  path_coefficients(path, t, c);
  combine_points(path->points, c, vectors, count, sum);
}

void path_weights(const struct path *path, double t, float *weights) {
  path_combine(path, t, path->theta, path->count, weights);
}

int path_bends(const struct path *path, double *t) {
  double c[PATH_POINTS];
  int found = 0;
  for (int i = 1; i < path->points - 1; i++) {
    double at = (double)i / (path->points - 1);
    path_coefficients(path, at, c);
    if (fabs(c[i] - 1) < 1e-12)
      t[found++] = at;
  }
  return found;
}
