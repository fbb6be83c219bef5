/* landscape/geometry.c: norms, distances and arc lengths of a path from one Gram matrix. Reads host vectors once, in
 * path_gram; the rest is arithmetic on points x points numbers. */
#include "landscape/path.h"

#include <math.h>

enum {
  BLOCK = 4096, /* elements of each vector that are in the cache while all pairs of them are multiplied */
  DEPTH = 48    /* bisections at most: a kink at any place is then within 2^-48 */
};

/* sum (a_k - a0_k) (b_k - b0_k); a NULL subtrahend is 0. Four sums side by side, added in one order. */
static double dot_block(const float *a, const float *a0, const float *b, const float *b0, int64_t count) {
  double sum[4] = {0, 0, 0, 0};
  for (int64_t k = 0; k < count; k++) {
    double x = (double)a[k] - (a0 ? (double)a0[k] : 0);
    double y = (double)b[k] - (b0 ? (double)b0[k] : 0);
    sum[k & 3] += x * y;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

double weights_distance(const float *a, const float *b, int64_t count) {
  double sum = 0;
  for (int64_t k = 0; k < count; k++)
    sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
  return sqrt(sum);
}

void path_gram(const struct path *path, double *gram) {
  int n = path->points;
  for (int i = 0; i < n * n; i++)
    gram[i] = 0;
  for (int64_t at = 0; at < path->count; at += BLOCK) {
    int64_t length = path->count - at < BLOCK ? path->count - at : BLOCK;
    const float *origin = path->theta[0] + at;
    for (int i = 0; i < n; i++)
      for (int j = i; j < n; j++)
        gram[i * n + j] +=
            dot_block(path->theta[i] + at, i ? origin : NULL, path->theta[j] + at, j ? origin : NULL, length);
  }
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++)
      gram[i * n + j] = gram[j * n + i];
}

/* |s theta_0 + sum_{i>0} c_i d_i|, where c[0] is s. Coefficients that are 0 cost nothing: a chain has two at a time. */
static double gram_norm(int n, const double *gram, const double *c) {
  int used[PATH_POINTS], count = 0;
  double sum = 0;
  for (int i = 0; i < n; i++)
    if (c[i] != 0)
      used[count++] = i;
  for (int a = 0; a < count; a++)
    for (int b = 0; b < count; b++)
      sum += c[used[a]] * c[used[b]] * gram[used[a] * n + used[b]];
  return sum > 0 ? sqrt(sum) : 0;
}

/* From coefficients of the control points to those of (theta_0, d_1, ...): the first becomes the sum of all. The sum is
 * `law` (1 for points, 0 for derivatives and differences) for all curves but exotic ones; rounding is taken off. */
static void to_gram(int n, double *c, double law) {
  double sum = 0, size = 0;
  for (int i = 0; i < n; i++)
    sum += c[i], size += fabs(c[i]);
  c[0] = fabs(sum - law) <= 1e-9 * (1 + size) ? law : sum;
}

double path_norm(const struct path *path, const double *gram, double t) {
  double c[PATH_POINTS];
  path_coefficients(path, t, c);
  to_gram(path->points, c, 1);
  return gram_norm(path->points, gram, c);
}

double path_distance(const struct path *path, const double *gram, double s, double t) {
  double a[PATH_POINTS], b[PATH_POINTS];
  path_coefficients(path, s, a);
  path_coefficients(path, t, b);
  for (int i = 0; i < path->points; i++)
    a[i] -= b[i];
  to_gram(path->points, a, 0);
  return gram_norm(path->points, gram, a);
}

double path_chord(const struct path *path, const double *gram) { return path_distance(path, gram, 0, 1); }

/* |w'(t)| */
static double speed(const struct path *path, const double *gram, double t) {
  double dc[PATH_POINTS];
  path_derivatives(path, t, dc);
  to_gram(path->points, dc, 0);
  return gram_norm(path->points, gram, dc);
}

/* Gauss-Kronrod with 7 and 15 points (QUADPACK, Piessens et al. 1983): abscissae, Kronrod weights, Gauss weights. */
static const double node[8] = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                               0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                               0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
                               0.207784955007898467600689403773245, 0};
static const double kronrod[8] = {0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
                                  0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
                                  0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
                                  0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
static const double gauss[4] = {0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
                                0.381830050505118944950369775488975, 0.417959183673469387755102040816327};

struct quadrature {
  const struct path *path;
  const double *gram;
  double tolerance; /* absolute, of one interval */
};

/* The integral over [a,b]; *error: how far the two rules are apart. */
static double rule(const struct quadrature *q, double a, double b, double *error) {
  double middle = (a + b) / 2, half = (b - a) / 2;
  double centre = speed(q->path, q->gram, middle);
  double fine = kronrod[7] * centre, coarse = gauss[3] * centre;
  for (int i = 0; i < 7; i++) {
    double pair = speed(q->path, q->gram, middle - half * node[i]) + speed(q->path, q->gram, middle + half * node[i]);
    fine += kronrod[i] * pair;
    if (i & 1)
      coarse += gauss[i / 2] * pair;
  }
  *error = fabs(fine - coarse) * half;
  return fine * half;
}

static double adaptive(const struct quadrature *q, double a, double b, int depth) {
  double error, value = rule(q, a, b, &error);
  double middle = (a + b) / 2;
  if (!(error > q->tolerance) || depth == DEPTH || middle <= a || middle >= b)
    return value;
  return adaptive(q, a, middle, depth + 1) + adaptive(q, middle, b, depth + 1);
}

/* The next multiple of 1/(points-1) after t, or `to` when that comes first. */
static double next_knot(const struct path *path, double t, double to) {
  int pieces = path->points - 1;
  for (double k = floor(t * pieces); k <= pieces; k++)
    if (k / pieces > t)
      return k / pieces < to ? k / pieces : to;
  return to;
}

double path_arc(const struct path *path, const double *gram, double from, double to) {
  struct quadrature q = {path, gram, 0};
  double rough = 0, sum = 0, error;
  for (double t = from, next; t < to; t = next) {
    next = next_knot(path, t, to);
    rough += rule(&q, t, next, &error);
  }
  q.tolerance = 1e-11 * rough;
  for (double t = from, next; t < to; t = next) {
    next = next_knot(path, t, to);
    sum += adaptive(&q, t, next, 0);
  }
  return sum;
}

double path_length(const struct path *path, const double *gram) { return path_arc(path, gram, 0, 1); }
