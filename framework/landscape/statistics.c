/* landscape/statistics.c: what a finished scan says about one measure: extremes, means and barriers. Pure arithmetic.
 */
#include "landscape/scan.h"

#include <math.h>

static int finished(const struct scan *scan, const double *m) {
  for (int64_t i = 0; m && i < scan->points; i++)
    if (!scan->done[i])
      return 0;
  return m && scan->points > 0;
}

/* The trapezoid rule for m over x, divided by the length of x; the plain mean where x has no length. */
static double trapezoid(const double *x, const double *m, int64_t points) {
  double sum = 0, length = x[points - 1] - x[0];
  for (int64_t i = 1; i < points; i++)
    sum += 0.5 * (m[i] + m[i - 1]) * (x[i] - x[i - 1]);
  if (length > 0)
    return sum / length;
  sum = 0;
  for (int64_t i = 0; i < points; i++)
    sum += m[i];
  return sum / (double)points;
}

/* A value that is not a number shows in both extremes, rather than hide. */
static void see(struct statistics *s, double t, double value) {
  if (value < s->min || (isnan(value) && !isnan(s->min)))
    s->min = value, s->t_min = t;
  if (value > s->max || (isnan(value) && !isnan(s->max)))
    s->max = value, s->t_max = t;
}

static void extremes(const struct scan *scan, int split, int measure, struct statistics *s) {
  const double *m = scan->value[split][measure];
  double sum = 0;
  s->min = s->max = m[0];
  s->t_min = s->t_max = scan->t[0];
  for (int64_t i = 0; i < scan->points; i++) {
    sum += m[i];
    see(s, scan->t[i], m[i]);
  }
  s->average = sum / (double)scan->points;
  s->grid_max = s->max;
  for (size_t i = 0; i < scan->refined_count; i++)
    see(s, scan->refined[i].t, scan->refined[i].value[split][measure]);
}

static void see_above(struct statistics *s, double t, double value) {
  double above = value - (1 - t) * s->start - t * s->end;
  if (above > s->barrier_line || (isnan(above) && !isnan(s->barrier_line)))
    s->barrier_line = above, s->t_line = t;
}

static void barriers(const struct scan *scan, int split, int measure, struct statistics *s) {
  s->barrier_mean = s->max - (s->start + s->end) / 2;
  s->barrier_end = s->max - (s->start > s->end ? s->start : s->end);
  s->barrier_line = -INFINITY;
  for (int64_t i = 0; i < scan->points; i++)
    see_above(s, scan->t[i], scan->value[split][measure][i]);
  for (size_t i = 0; i < scan->refined_count; i++)
    see_above(s, scan->refined[i].t, scan->refined[i].value[split][measure]);
}

void scan_statistics(const struct scan *scan, int split, int measure, struct statistics *statistics) {
  const double *m = scan->value[split][measure];
  if (!finished(scan, m)) {
    *statistics = (struct statistics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    return;
  }
  statistics->start = m[0];
  statistics->end = m[scan->points - 1];
  statistics->mean = trapezoid(scan->t, m, scan->points);
  statistics->integral = scan->length > 0 ? trapezoid(scan->arc, m, scan->points) : statistics->mean;
  extremes(scan, split, measure, statistics);
  barriers(scan, split, measure, statistics);
}
