/* landscape/scan.h: a path measured at many t, and the statistics of what was measured. */
#ifndef LANDSCAPE_SCAN_H
#define LANDSCAPE_SCAN_H

#include "landscape/evaluate.h"
#include "landscape/path.h"

enum { MEASURE_LOSS, MEASURE_NLL, MEASURE_ERROR, MEASURES };
const char *measure_name(int measure); /* "loss" "nll" "error" */
/* What is measured beside them where predictions are looked at: shares of samples, in per cent, on which w(t) and an
 * end predict different classes; of the ensemble {w(0), w(t)}, the mean of the two's probabilities; off the training
 * split, quality.h's calibrate. */
enum { FROM_START, FROM_END, PAIR_NLL, PAIR_ERROR, TEMPERATURE, CALIBRATED_NLL, BESIDES };
extern const char *const beside_suffix[BESIDES]; /* "disagree_start", ... */

/* A point between those of the grid, near a maximum. */
struct refined {
  double t, value[SPLITS][MEASURES];
};

/* points rows; value[split][measure][i]. A split that is not measured has NULL. */
struct scan {
  int64_t points;
  unsigned splits;                 /* 1 << SPLIT_... for each that is measured */
  double *t;                       /* ascending */
  double *arc, *norm;              /* arc length from 0; |w(t)| */
  double *step;                    /* |w(t_i) - w(t_{i-1})|; 0 for the first */
  double *from_start, *from_end;   /* |w(t)-w(0)|, |w(t)-w(1)| */
  double length, chord;            /* arc length from 0 to 1; |w(1)-w(0)| */
  double *value[SPLITS][MEASURES]; /* NaN until measured */
  double *beside[SPLITS][BESIDES]; /* NULL: not looked at */
  unsigned char *done;             /* 1: measured */
  double spacing;                  /* of the equally spaced t; 0: unknown */
  int64_t levels;                  /* of refinement; 0, as made: none */
  struct refined *refined;         /* by t; extremes and barriers see these too */
  size_t refined_count, refined_capacity;
  int64_t samples[SPLITS];     /* how many samples the values are means over */
  int tokens;                  /* each position of these has a class: exp(nll) is the perplexity */
  int64_t *numbers[SPLITS];    /* their numbers in the split; NULL where it is the whole split */
  const struct metadata *made; /* what makes it, for its file: written there, and asked for when it is read; borrowed */
  size_t made_pairs;
};
int scan_create(struct scan **scan, int64_t points, unsigned splits_mask); /* t and all else zero */
void scan_free(struct scan *scan);                                         /* NULL is nothing */
/* The grid: `points` equally spaced t from 0 to 1, and each t of extra (sorted, merged where equal to 1e-12). */
int scan_grid(struct scan **scan, int64_t points, const double *extra, int64_t extras, unsigned splits_mask);
/* Fills what the path's geometry alone says: arc, norm, step, from_start, from_end, length, chord. */
int scan_geometry(struct scan *scan, const struct path *path);
/* Makes room for what is measured beside; before scan_read and scan_run. Class targets only. */
int scan_look_beside(struct scan *scan);
/* Measures every point that is not done, in order, after scan_geometry; batch-norm statistics as mixture.h says. Then
 * the intervals next to every maximum (of each measure, and of what barrier_line is the maximum of) are halved until
 * they are 2^-levels of the grid's. After each point: point_done(context, scan, i), i being its place in the grid, or
 * scan->points for one between; a failure of it, or a stop, ends the scan with what is done intact. */
typedef int scan_observer(void *context, const struct scan *scan, int64_t i);
int scan_run(struct scan *scan, const struct path *path, struct evaluator *evaluator, scan_observer *point_done,
             void *context);

/* The highest point of a measure and its neighbours, refined points among them; NaN where it has none. above: of the
 * measure less the straight line between its ends' values. Defined in refine.c. */
struct highest {
  double before, at, after;                /* t */
  double value_before, value, value_after; /* of the measure */
};
struct highest scan_peak(const struct scan *scan, int split, int measure, int above);
/* Of a scan whose grid is done: the next t to refine; 0: none is wanted. And room for one more, in its place. */
int scan_next_refined(const struct scan *scan, double *t);
int scan_add_refined(struct scan *scan, const struct refined *point);

/* Of one measure over one split; all NaN while a point is not done. Refined points enter extremes and barriers only.
 * Defined in statistics.c. */
struct statistics {
  double min, max, mean, integral; /* mean: trapezoid over t; integral: trapezoid over arc length / length */
  double average;                  /* the plain mean of the grid (the reference code's _avg) */
  double t_min, t_max;             /* the first of equals */
  double start, end;               /* m(0), m(1) */
  double barrier_mean, barrier_line, barrier_end; /* max m - (m(0)+m(1))/2; max over t of m(t) - (1-t) m(0) - t m(1);
                                                     max m - max(m(0), m(1)) */
  double t_line;                                  /* where barrier_line lies (the other two: t_max) */
  double grid_max;                                /* max without the refined points */
};
void scan_statistics(const struct scan *scan, int split, int measure, struct statistics *statistics);

/* Writes curve.npz: the reference code's names (ts, dl, tr_loss, tr_loss_min, ..., te_acc), ours beside. What is not
 * measured yet is NaN. Defined in curve_npz.c, which has the list. */
int scan_write(const struct scan *scan, const char *file);
/* Fills what is done in the file, of the same grid and splits. */
int scan_read(struct scan *scan, const char *file);

#endif
