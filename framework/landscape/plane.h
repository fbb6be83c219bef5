/* landscape/plane.h: the plane through three weight vectors, measured on a grid (Garipov et al., 2018, section 3 and
 * appendix A.1): u = w2 - w1, v = (w3 - w1) minus its projection on u, both normalised; P(x, y) = w1 + x u + y v. */
#ifndef LANDSCAPE_PLANE_H
#define LANDSCAPE_PLANE_H

#include "landscape/path.h"
#include "landscape/scan.h"

enum { PLANE_CORNERS = 3 };
struct plane_keys {
  int64_t grid;                    /* points along each side, 2 at least */
  double left, right, bottom, top; /* margins: shares of |u| beyond 0 and 1, and of |v| */
};

struct plane {
  const float *const *theta;      /* w1, w2, w3: on the host, borrowed */
  const float *const *statistics; /* theirs; it or entries may be NULL */
  int64_t count;
  double width, height, share; /* |u|, |v|; <w3-w1,u>/|u|^2 before normalising: w3 lies at x = share * width */
  int64_t grid;
  double *alpha, *beta; /* (grid): x = alpha * width, y = beta * height */
  unsigned splits;
  int tokens; /* each position of a sample has a class: exp(nll) is the perplexity */
  /* First the three corners, then the grid, beta running faster: site 3 + i * grid + j is (alpha[i], beta[j]). */
  int64_t sites;
  double *value[SPLITS][MEASURES]; /* (sites), NaN until measured */
  unsigned char *done;             /* (sites) */
  int64_t samples[SPLITS];
  /* A path projected on the plane; none: bends are the corners, in the order in which a curve would pass them (w1, w3,
   * w2), curve_points is 0. */
  int64_t bends, curve_points;
  double *bend, *bend_off;       /* (bends, 2); distance from the plane (bends) */
  double *t, *curve, *curve_off; /* (curve_points); (curve_points, 2); (curve_points) */
  const struct metadata *made;   /* as a scan's */
  size_t made_pairs;
};
/* STRAIT_EINVAL when the three lie on one line, as far as float32 can tell. name: of the plane, for messages. */
int plane_create(struct plane **plane, const char *name, const float *const *theta, const float *const *statistics,
                 int64_t count, const struct plane_keys *keys, unsigned splits);
void plane_free(struct plane *plane); /* NULL is nothing */
/* Coordinates of any weights, and their distance from the plane. */
void plane_project(const struct plane *plane, const float *weights, double *x, double *y, double *off);
/* Projects a path: its control points, and `points` equally spaced t. */
int plane_curve(struct plane *plane, const struct path *path, int64_t points);
/* What the corners weigh at (alpha, beta): P = sum c_i w_i; exact at the corners. */
void plane_coefficients(const struct plane *plane, double alpha, double beta, double c[PLANE_CORNERS]);
/* Measures every site that is not done, in order; batch-norm statistics as mixture.h says, at each site. After each:
 * site_done(context, plane, site); a failure of it, or a stop, ends the run with what is done intact. */
typedef int plane_observer(void *context, const struct plane *plane, int64_t site);
int plane_run(struct plane *plane, const char *name, struct evaluator *evaluator, plane_observer *site_done,
              void *context);

/* plane.npz. Reading fills what is done, of the same grid, points and splits. Defined in plane_npz.c, which has the
 * list of arrays. */
int plane_write(const struct plane *plane, const char *file);
int plane_read(struct plane *plane, const char *file);

#endif
