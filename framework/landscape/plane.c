/* landscape/plane.c: the frame of a plane, and the walk over its grid. Weights are made on the host. */
#include "landscape/plane.h"

#include <math.h>

#include "base/error.h"
#include "base/stop.h"
#include "landscape/mixture.h"

/* --- the frame --- */

/* <a - a0, b - b0 - share (c - b0)>: four sums side by side, added in one order. c NULL: share is 0. */
static double dot(int64_t count, const float *a, const float *a0, const float *b, const float *b0, double share,
                  const float *c) {
  double sum[4] = {0, 0, 0, 0};
  for (int64_t k = 0; k < count; k++) {
    double x = (double)a[k] - (double)a0[k], y = (double)b[k] - (double)b0[k];
    if (c)
      y -= share * ((double)c[k] - (double)b0[k]);
    sum[k & 3] += x * y;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static double norm(int64_t count, const float *w) {
  double sum = 0;
  for (int64_t k = 0; k < count; k++)
    sum += (double)w[k] * (double)w[k];
  return sqrt(sum);
}

/* |w3 - w1 - share (w2 - w1)| */
static double height(const struct plane *p) {
  const float *w1 = p->theta[0], *w2 = p->theta[1], *w3 = p->theta[2];
  double sum = 0;
  for (int64_t k = 0; k < p->count; k++) {
    double v = (double)w3[k] - (double)w1[k] - p->share * ((double)w2[k] - (double)w1[k]);
    sum += v * v;
  }
  return sqrt(sum);
}

/* A point of a line through the others is off it by the rounding of its float32 numbers, 6e-8 of its own size. */
#define FLAT 1e-6
static int frame(struct plane *p, const char *name) {
  const float *w1 = p->theta[0], *w2 = p->theta[1], *w3 = p->theta[2];
  double size = norm(p->count, w1), across = dot(p->count, w2, w1, w2, w1, 0, NULL);
  p->width = sqrt(across);
  if (!(p->width > FLAT * size))
    return error_set(STRAIT_EINVAL, "%s: the first two weights are the same point; a plane needs three that differ",
                     name);
  p->share = dot(p->count, w3, w1, w2, w1, 0, NULL) / across;
  p->height = height(p);
  if (!(p->height > FLAT * (p->width + size)))
    return error_set(STRAIT_EINVAL,
                     "%s: the three weights lie on one line, so they span no plane; name one off that line", name);
  return STRAIT_OK;
}

void plane_project(const struct plane *plane, const float *weights, double *x, double *y, double *off) {
  const struct plane *p = plane;
  const float *w1 = p->theta[0], *w2 = p->theta[1], *w3 = p->theta[2];
  *x = dot(p->count, weights, w1, w2, w1, 0, NULL) / p->width;
  *y = dot(p->count, weights, w1, w3, w1, p->share, w2) / p->height;
  double a = *x / p->width, b = *y / p->height, sum = 0;
  for (int64_t k = 0; k < p->count; k++) {
    double u = (double)w2[k] - (double)w1[k], v = (double)w3[k] - (double)w1[k] - p->share * u;
    double rest = (double)weights[k] - (double)w1[k] - a * u - b * v;
    sum += rest * rest;
  }
  *off = sqrt(sum);
}

void plane_coefficients(const struct plane *plane, double alpha, double beta, double c[PLANE_CORNERS]) {
  c[0] = (1 - alpha) - beta * (1 - plane->share);
  c[1] = alpha - beta * plane->share;
  c[2] = beta;
}

/* --- making --- */

static double *spread(int64_t points, double from, double to) {
  double *x = memory_alloc((size_t)points, sizeof *x);
  for (int64_t i = 0; x && i < points; i++)
    x[i] = i == points - 1 ? to : from + (double)i * ((to - from) / (double)(points - 1));
  return x;
}

static int make_room(struct plane *p) {
  int whole = p->alpha && p->beta && (p->done = memory_alloc((size_t)p->sites, 1)) != NULL;
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES && p->splits >> split & 1; measure++) {
      double *value = p->value[split][measure] = memory_alloc((size_t)p->sites, sizeof *value);
      whole &= value != NULL;
      for (int64_t i = 0; value && i < p->sites; i++)
        value[i] = NAN;
    }
  return whole ? STRAIT_OK : STRAIT_ENOMEM;
}

static int make_bends(struct plane *p, int64_t bends, int64_t curve_points) {
  p->bends = bends, p->curve_points = curve_points;
  double **rows[] = {&p->bend, &p->bend_off, &p->t, &p->curve, &p->curve_off};
  const int64_t sizes[] = {2 * bends, bends, curve_points, 2 * curve_points, curve_points};
  int status = STRAIT_OK;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    memory_free(*rows[k]);
    *rows[k] = memory_alloc((size_t)sizes[k], sizeof **rows[k]);
    if (!*rows[k])
      status = STRAIT_ENOMEM;
  }
  return status;
}

static void put(const struct plane *p, const float *weights, double *xy, double *off) {
  plane_project(p, weights, &xy[0], &xy[1], off);
}

int plane_create(struct plane **plane, const char *name, const float *const *theta, const float *const *statistics,
                 int64_t count, const struct plane_keys *keys, unsigned splits) {
  struct plane *p = *plane = NULL;
  if (keys->grid < 2)
    return error_set(STRAIT_EINVAL, "grid = %lld: a plane is measured at 2 points along each side at least",
                     (long long)keys->grid);
  p = memory_alloc(1, sizeof *p);
  if (!p)
    return STRAIT_ENOMEM;
  p->theta = theta, p->statistics = statistics, p->count = count;
  p->grid = keys->grid, p->splits = splits;
  p->sites = PLANE_CORNERS + keys->grid * keys->grid;
  p->alpha = spread(keys->grid, -keys->left, 1 + keys->right);
  p->beta = spread(keys->grid, -keys->bottom, 1 + keys->top);
  int status = make_room(p);
  if (!status)
    status = frame(p, name);
  if (!status)
    status = make_bends(p, PLANE_CORNERS, 0);
  if (status) {
    plane_free(p);
    return status;
  }
  static const int order[PLANE_CORNERS] = {0, 2, 1};
  for (int i = 0; i < PLANE_CORNERS; i++)
    put(p, theta[order[i]], p->bend + 2 * i, p->bend_off + i);
  *plane = p;
  return STRAIT_OK;
}

void plane_free(struct plane *plane) {
  if (!plane)
    return;
  double *rows[] = {plane->alpha, plane->beta, plane->bend, plane->bend_off, plane->t, plane->curve, plane->curve_off};
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    memory_free(rows[k]);
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES; measure++)
      memory_free(plane->value[split][measure]);
  memory_free(plane->done);
  memory_free(plane);
}

int plane_curve(struct plane *plane, const struct path *path, int64_t points) {
  float *w = memory_alloc((size_t)plane->count, sizeof *w);
  int status = w ? make_bends(plane, path->points, points) : STRAIT_ENOMEM;
  for (int i = 0; !status && i < path->points; i++)
    put(plane, path->theta[i], plane->bend + 2 * i, plane->bend_off + i);
  for (int64_t i = 0; !status && i < points; i++) {
    plane->t[i] = points > 1 ? (double)i / (double)(points - 1) : 0;
    path_weights(path, plane->t[i], w);
    put(plane, w, plane->curve + 2 * i, plane->curve_off + i);
  }
  memory_free(w);
  return status;
}

/* --- the walk --- */

static void site_place(const struct plane *p, int64_t site, double *alpha, double *beta) {
  const double corner[PLANE_CORNERS][2] = {{0, 0}, {1, 0}, {p->share, 1}};
  int64_t at = site - PLANE_CORNERS;
  *alpha = at < 0 ? corner[site][0] : p->alpha[at / p->grid];
  *beta = at < 0 ? corner[site][1] : p->beta[at % p->grid];
}

static int measure_site(struct plane *p, struct mixture *mixture, int64_t site) {
  struct metrics metrics[SPLITS];
  double alpha, beta, c[PLANE_CORNERS];
  site_place(p, site, &alpha, &beta);
  plane_coefficients(p, alpha, beta, c);
  int status = mixture_measure(mixture, c, p->splits, metrics, NULL);
  for (int split = 0; split < SPLITS && !status; split++)
    if (p->splits >> split & 1) {
      p->value[split][MEASURE_LOSS][site] = metrics[split].loss;
      p->value[split][MEASURE_NLL][site] = metrics[split].nll;
      p->value[split][MEASURE_ERROR][site] = metrics[split].error;
    }
  if (!status)
    p->done[site] = 1;
  return status;
}

int plane_run(struct plane *plane, const char *name, struct evaluator *evaluator, plane_observer *site_done,
              void *context) {
  struct mixture mixture;
  int status = mixture_begin(&mixture, name, PLANE_CORNERS, plane->theta, plane->statistics, evaluator);
  for (int split = 0; split < SPLITS; split++)
    plane->samples[split] = plane->splits >> split & 1 ? evaluator_samples(evaluator, split) : 0;
  plane->tokens = evaluator_tokens(evaluator);
  for (int64_t site = 0; site < plane->sites && !status; site++) {
    if (plane->done[site])
      continue;
    status = stop_check();
    if (!status)
      status = measure_site(plane, &mixture, site);
    if (!status && site_done)
      status = site_done(context, plane, site);
  }
  mixture_end(&mixture);
  return status;
}
