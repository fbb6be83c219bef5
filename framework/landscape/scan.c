/* landscape/scan.c: the grid of a scan, and the walk along it. Weights are made on the host, one point at a time. */
#include "landscape/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "landscape/mixture.h"

const char *measure_name(int measure) {
  static const char *const names[MEASURES] = {"loss", "nll", "error"};
  return measure >= 0 && measure < MEASURES ? names[measure] : "?";
}

int scan_create(struct scan **scan, int64_t points, unsigned splits_mask) {
  struct scan *s = *scan = NULL;
  if (points < 2)
    return error_set(STRAIT_EINVAL, "points = %lld: a path is measured at 2 points at least", (long long)points);
  s = memory_alloc(1, sizeof *s);
  if (!s)
    return STRAIT_ENOMEM;
  s->points = points;
  s->splits = splits_mask;
  double **rows[] = {&s->t, &s->arc, &s->norm, &s->step, &s->from_start, &s->from_end};
  int whole = (s->done = memory_alloc((size_t)points, 1)) != NULL;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    whole &= (*rows[k] = memory_alloc((size_t)points, sizeof(double))) != NULL;
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES && splits_mask >> split & 1; measure++) {
      double *value = s->value[split][measure] = memory_alloc((size_t)points, sizeof(double));
      whole &= value != NULL;
      for (int64_t i = 0; value && i < points; i++)
        value[i] = NAN;
    }
  if (!whole) {
    scan_free(s);
    return STRAIT_ENOMEM;
  }
  *scan = s;
  return STRAIT_OK;
}

void scan_free(struct scan *scan) {
  if (!scan)
    return;
  double *rows[] = {scan->t, scan->arc, scan->norm, scan->step, scan->from_start, scan->from_end};
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    memory_free(rows[k]);
  for (int split = 0; split < SPLITS; split++) {
    memory_free(scan->numbers[split]);
    for (int measure = 0; measure < MEASURES; measure++)
      memory_free(scan->value[split][measure]);
  }
  memory_free(scan->done);
  memory_free(scan);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts, and keeps one of those closer than 1e-12. Returns how many are left. */
static int64_t sort_grid(double *t, int64_t count) {
  int64_t kept = 1;
  qsort(t, (size_t)count, sizeof *t, ascending);
  for (int64_t i = 1; i < count; i++) {
    if (t[i] - t[kept - 1] > 1e-12)
      t[kept++] = t[i];
    else if (t[i] == 1)
      t[kept - 1] = 1; /* the ends stay exact */
  }
  return kept;
}

int scan_grid(struct scan **scan, int64_t points, const double *extra, int64_t extras, unsigned splits_mask) {
  *scan = NULL;
  if (points < 2)
    return error_set(STRAIT_EINVAL, "points = %lld: a path is measured at 2 points at least", (long long)points);
  for (int64_t i = 0; i < extras; i++)
    if (!(extra[i] >= 0 && extra[i] <= 1))
      return error_set(STRAIT_EINVAL, "t = %g is not on the path: it must lie in [0,1]", extra[i]);
  double *t = memory_alloc((size_t)(points + extras), sizeof *t);
  if (!t)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < points; i++)
    t[i] = (double)i / (double)(points - 1);
  for (int64_t i = 0; i < extras; i++)
    t[points + i] = extra[i];
  int64_t count = sort_grid(t, points + extras);
  int status = scan_create(scan, count, splits_mask);
  if (!status)
    memcpy((*scan)->t, t, (size_t)count * sizeof *t);
  memory_free(t);
  return status;
}

int scan_geometry(struct scan *scan, const struct path *path) {
  int status = path_check(path);
  if (status)
    return status;
  double *gram = memory_alloc((size_t)path->points * (size_t)path->points, sizeof *gram);
  if (!gram)
    return STRAIT_ENOMEM;
  path_gram(path, gram);
  for (int64_t i = 0; i < scan->points; i++) {
    double t = scan->t[i], before = i ? scan->t[i - 1] : 0;
    scan->arc[i] = (i ? scan->arc[i - 1] : 0) + path_arc(path, gram, before, t);
    scan->norm[i] = path_norm(path, gram, t);
    scan->step[i] = i ? path_distance(path, gram, before, t) : 0;
    scan->from_start[i] = path_distance(path, gram, 0, t);
    scan->from_end[i] = path_distance(path, gram, t, 1);
  }
  scan->length = path_length(path, gram);
  scan->chord = path_chord(path, gram);
  memory_free(gram);
  return STRAIT_OK;
}

/* Which samples the measures are means over. */
static int note_samples(struct scan *scan, struct evaluator *evaluator) {
  for (int split = 0; split < SPLITS; split++) {
    if (!(scan->splits >> split & 1))
      continue;
    scan->samples[split] = evaluator_samples(evaluator, split);
    memory_free(scan->numbers[split]);
    scan->numbers[split] = NULL;
    if (!evaluator_subset(evaluator, split, NULL))
      continue;
    scan->numbers[split] = memory_alloc((size_t)scan->samples[split], sizeof(int64_t));
    if (!scan->numbers[split])
      return STRAIT_ENOMEM;
    evaluator_subset(evaluator, split, scan->numbers[split]);
  }
  return STRAIT_OK;
}

static int measure_point(struct scan *scan, const struct path *path, struct mixture *mixture, int64_t i) {
  struct metrics metrics[SPLITS];
  double c[PATH_POINTS];
  path_coefficients(path, scan->t[i], c);
  int status = mixture_measure(mixture, c, scan->splits, metrics, NULL);
  for (int split = 0; split < SPLITS && !status; split++)
    if (scan->splits >> split & 1) {
      scan->value[split][MEASURE_LOSS][i] = metrics[split].loss;
      scan->value[split][MEASURE_NLL][i] = metrics[split].nll;
      scan->value[split][MEASURE_ERROR][i] = metrics[split].error;
    }
  if (!status)
    scan->done[i] = 1;
  return status;
}

int scan_run(struct scan *scan, const struct path *path, struct evaluator *evaluator, scan_observer *point_done,
             void *context) {
  struct mixture mixture = {0};
  int status = note_samples(scan, evaluator);
  if (!status)
    status = mixture_begin(&mixture, path->name, path->points, path->theta, path->statistics, evaluator);
  for (int64_t i = 0; i < scan->points && !status; i++) {
    if (scan->done[i])
      continue;
    status = stop_check();
    if (!status)
      status = measure_point(scan, path, &mixture, i);
    if (!status && point_done)
      status = point_done(context, scan, i);
  }
  mixture_end(&mixture);
  return status;
}
