/* landscape/scan.c: the grid of a scan, and the walk along it. Weights are made on the host, one point at a time. */
#include "landscape/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"

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

/* What a walk needs besides the scan: room, and the statistics at each control point where the rule asks for them. */
struct walk {
  const struct path *path;
  struct evaluator *evaluator;
  int64_t count;    /* statistics */
  float *weights;   /* w(t) */
  float *combined;  /* statistics at t */
  float **own;      /* statistics re-estimated here, by control point */
  const float **at; /* statistics at each control point; an entry may be NULL */
};

static void walk_free(struct walk *walk) {
  for (int i = 0; walk->own && i < walk->path->points; i++)
    memory_free(walk->own[i]);
  memory_free(walk->own);
  memory_free(walk->at);
  memory_free(walk->weights);
  memory_free(walk->combined);
}

/* bn = interpolate at a control point without statistics: they are re-estimated there. */
static int complete(struct walk *walk) {
  for (int i = 0; i < walk->path->points; i++) {
    if (walk->at[i])
      continue;
    walk->own[i] = memory_alloc((size_t)walk->count, sizeof(float));
    if (!walk->own[i])
      return STRAIT_ENOMEM;
    if (evaluator_refresh(walk->evaluator, walk->path->theta[i], walk->own[i]))
      return error_status();
    walk->at[i] = walk->own[i];
  }
  return STRAIT_OK;
}

static int walk_begin(struct walk *walk, const struct path *path, struct evaluator *evaluator) {
  size_t points = (size_t)path->points;
  *walk = (struct walk){.path = path, .evaluator = evaluator};
  walk->count = network_statistics(evaluator_network(evaluator))->count;
  walk->weights = memory_alloc((size_t)path->count, sizeof(float));
  walk->combined = memory_alloc((size_t)walk->count, sizeof(float));
  walk->own = memory_alloc(points, sizeof *walk->own);
  walk->at = memory_alloc(points, sizeof *walk->at);
  if (!walk->weights || !walk->combined || !walk->own || !walk->at)
    return STRAIT_ENOMEM;
  for (int i = 0; i < path->points; i++)
    walk->at[i] = path->statistics ? path->statistics[i] : NULL;
  return walk->count && evaluator_keys(evaluator)->bn == BN_INTERPOLATE ? complete(walk) : STRAIT_OK;
}

/* A combination with negative coefficients may leave a variance below 0. */
static void clip_variances(const struct walk *walk) {
  const struct layout *layout = network_statistics(evaluator_network(walk->evaluator));
  for (int s = 0; s < layout->segments; s++)
    for (int64_t k = 0; text_ends(layout->segment[s].name, "running_var") && k < layout->segment[s].count; k++)
      if (walk->combined[layout->segment[s].offset + k] < 0)
        walk->combined[layout->segment[s].offset + k] = 0;
}

/* The statistics that the rule gives for t; NULL where it needs none. */
static int statistics_at(const struct walk *walk, double t, const float **statistics) {
  double c[PATH_POINTS];
  int nearest = 0;
  *statistics = NULL;
  switch (walk->count ? evaluator_keys(walk->evaluator)->bn : BN_REFRESH) {
  case BN_INTERPOLATE:
    path_combine(walk->path, t, walk->at, walk->count, walk->combined);
    clip_variances(walk);
    *statistics = walk->combined;
    return STRAIT_OK;
  case BN_RUNNING:
    path_coefficients(walk->path, t, c);
    for (int i = 1; i < walk->path->points; i++)
      if (c[i] > c[nearest])
        nearest = i;
    *statistics = walk->at[nearest];
    if (!*statistics)
      return error_set(STRAIT_EINVAL,
                       "bn = running, but control point %d of %s has no batch-norm statistics; set bn = refresh",
                       nearest, walk->path->name);
    return STRAIT_OK;
  default:
    return STRAIT_OK;
  }
}

static int measure_point(struct scan *scan, const struct walk *walk, int64_t i) {
  struct metrics metrics[SPLITS];
  const float *statistics;
  int status = statistics_at(walk, scan->t[i], &statistics);
  if (status)
    return status;
  path_weights(walk->path, scan->t[i], walk->weights);
  status = evaluator_point(walk->evaluator, walk->weights, statistics, scan->splits, metrics, NULL, NULL);
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
  struct walk walk;
  int status = note_samples(scan, evaluator);
  if (status)
    return status;
  status = walk_begin(&walk, path, evaluator);
  for (int64_t i = 0; i < scan->points && !status; i++) {
    if (scan->done[i])
      continue;
    status = stop_check();
    if (!status)
      status = measure_point(scan, &walk, i);
    if (!status && point_done)
      status = point_done(context, scan, i);
  }
  walk_free(&walk);
  return status;
}
