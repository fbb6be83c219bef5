/* landscape/scan.h: a path measured at many t, and the statistics of what was measured. */
#ifndef LANDSCAPE_SCAN_H
#define LANDSCAPE_SCAN_H

#include "landscape/evaluate.h"
#include "landscape/path.h"

enum { MEASURE_LOSS, MEASURE_NLL, MEASURE_ERROR, MEASURES };
const char *measure_name(int measure); /* "loss" "nll" "error" */

/* points rows; value[split][measure][i]. A split that is not measured has NULL. */
struct scan {
  int64_t points;
  double *t, *arc, *norm;     /* t; arc length from 0; |w(t)| */
  double *from_start, *from_end; /* |w(t)-w(0)|, |w(t)-w(1)| */
  double *value[SPLITS][MEASURES];
  unsigned char *done;        /* 1: measured */
};
int scan_create(struct scan **scan, int64_t points, unsigned splits_mask);
void scan_free(struct scan *scan);
/* The grid: `points` equally spaced t, and each t of extra (sorted, merged where equal to 1e-12). */
int scan_grid(struct scan **scan, int64_t points, const double *extra, int64_t extras, unsigned splits_mask);
/* Measures every point that is not done. After each point: point_done(context, scan, i); a failure of it, or a stop, ends
 * the scan with what is done intact. */
typedef int scan_observer(void *context, const struct scan *scan, int64_t i);
int scan_run(struct scan *scan, const struct path *path, struct evaluator *evaluator, scan_observer *point_done,
             void *context);

struct statistics {
  double min, max, mean, integral; /* mean: trapezoid over t; integral: trapezoid over arc length / length */
  double average;                  /* the plain mean of the grid (the reference code's _avg) */
  double t_min, t_max;
  double start, end;               /* m(0), m(1) */
  double barrier_mean, barrier_line, barrier_end; /* see the paper's notes: max m - (m(0)+m(1))/2; max over t of m(t) -
                                                     (1-t) m(0) - t m(1); max m - max(m(0), m(1)) */
};
void scan_statistics(const struct scan *scan, int split, int measure, struct statistics *statistics);
/* Writes curve.npz with the reference code's names (ts, dl, tr_loss, tr_loss_min, ...) and ours beside. */
int scan_write(const struct scan *scan, const struct path *path, const char *file);
int scan_read(struct scan *scan, const char *file); /* of the same grid: fills what is done */

#endif
