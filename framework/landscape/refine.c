/* landscape/refine.c: where between the points of a grid to look for higher maxima. What comes next follows from what
 * is measured alone, so an interrupted scan ends with the same points. */
#include <math.h>
#include <string.h>

#include "landscape/scan.h"

/* Grid and refined points as one ascending list. */
struct merged {
  const struct scan *scan;
  int64_t grid, count;
  size_t refined;
  double t, value;
};

static int merged_next(struct merged *m, int split, int measure) {
  const struct scan *s = m->scan;
  const int grid = m->grid < s->points, refined = m->refined < s->refined_count;
  if (!grid && !refined)
    return 0;
  if (refined && (!grid || s->refined[m->refined].t < s->t[m->grid])) {
    m->t = s->refined[m->refined].t;
    m->value = s->refined[m->refined++].value[split][measure];
  } else {
    m->t = s->t[m->grid];
    m->value = s->value[split][measure][m->grid++];
  }
  return 1;
}

struct highest scan_peak(const struct scan *scan, int split, int measure, int above) {
  const double *m = scan->value[split][measure], start = m[0], end = m[scan->points - 1];
  struct merged list = {.scan = scan};
  struct highest peak = {NAN, NAN, NAN, NAN, NAN, NAN};
  double highest = 0, last = NAN, last_value = NAN;
  int open = 0; /* 1: the peak's next neighbour is still to come */
  while (merged_next(&list, split, measure)) {
    double height = list.value - (above ? (1 - list.t) * start + list.t * end : 0);
    if (open)
      peak.after = list.t, peak.value_after = list.value, open = 0;
    if (isnan(peak.at) || height > highest) {
      peak = (struct highest){last, list.t, NAN, last_value, list.value, NAN};
      highest = height;
      open = 1;
    }
    last = list.t, last_value = list.value;
  }
  return peak;
}

int scan_next_refined(const struct scan *scan, double *t) {
  const double least = ldexp(scan->spacing, -(int)scan->levels) * (1 + 1e-9);
  if (scan->levels < 1 || !(scan->spacing > 0))
    return 0;
  for (int split = 0; split < SPLITS; split++)
    for (int k = 0; k < 2 * MEASURES && scan->splits >> split & 1; k++) {
      if (isnan(scan->value[split][k / 2][0]))
        continue; /* there is no such measure */
      struct highest peak = scan_peak(scan, split, k / 2, k % 2);
      if (peak.at - peak.before > least)
        return *t = (peak.before + peak.at) / 2, 1;
      if (peak.after - peak.at > least)
        return *t = (peak.at + peak.after) / 2, 1;
    }
  return 0;
}

int scan_add_refined(struct scan *scan, const struct refined *point) {
  size_t at = 0;
  int status = memory_grow(&scan->refined, &scan->refined_capacity, scan->refined_count + 1, sizeof *scan->refined);
  if (status)
    return status;
  while (at < scan->refined_count && scan->refined[at].t < point->t)
    at++;
  memmove(scan->refined + at + 1, scan->refined + at, (scan->refined_count - at) * sizeof *scan->refined);
  scan->refined[at] = *point;
  scan->refined_count++;
  return STRAIT_OK;
}
