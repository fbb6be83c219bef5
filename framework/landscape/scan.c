/* landscape/scan.c: the grid of a scan, and the walk along it. Weights are made on the host, one point at a time. */
#include "landscape/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "landscape/mixture.h"
#include "landscape/quality.h"

const char *measure_name(int measure) {
  static const char *const names[MEASURES] = {"loss", "nll", "error"};
  return measure >= 0 && measure < MEASURES ? names[measure] : "?";
}

const char *const beside_suffix[BESIDES] = {"disagree_start", "disagree_end", "pair_nll",
                                            "pair_err",       "temperature",  "calibrated_nll"};

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
    for (int beside = 0; beside < BESIDES; beside++)
      memory_free(scan->beside[split][beside]);
  }
  memory_free(scan->refined);
  memory_free(scan->done);
  memory_free(scan);
}

int scan_look_beside(struct scan *scan) {
  for (int split = 0; split < SPLITS; split++)
    for (int beside = 0; beside < BESIDES && scan->splits >> split & 1; beside++) {
      if (split == SPLIT_TRAIN && beside >= TEMPERATURE)
        continue; /* a temperature is for data that was not trained on */
      double *row = scan->beside[split][beside] = memory_alloc((size_t)scan->points, sizeof *row);
      if (!row)
        return STRAIT_ENOMEM;
      for (int64_t i = 0; i < scan->points; i++)
        row[i] = NAN;
    }
  return STRAIT_OK;
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
  if (!status) {
    memcpy((*scan)->t, t, (size_t)count * sizeof *t);
    (*scan)->spacing = 1 / (double)(points - 1);
  }
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
    scan->tokens = evaluator_tokens(evaluator);
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

/* --- the walk --- */

/* What a walk needs: the mixture, and where predictions are looked at, those of the two ends and of this point. */
struct walk {
  struct scan *scan;
  const struct path *path;
  struct evaluator *evaluator;
  struct mixture mixture;
  int64_t classes;
  float *end[2][SPLITS], *here[SPLITS], *pair[SPLITS]; /* (samples, classes) */
  int32_t *labels[SPLITS];
};

static void walk_end(struct walk *w) {
  for (int split = 0; split < SPLITS; split++) {
    memory_free(w->end[0][split]);
    memory_free(w->end[1][split]);
    memory_free(w->here[split]);
    memory_free(w->pair[split]);
    memory_free(w->labels[split]);
  }
  mixture_end(&w->mixture);
}

static int measure(struct walk *w, double t, struct metrics metrics[SPLITS], float *const logs[SPLITS]) {
  double c[PATH_POINTS];
  path_coefficients(w->path, t, c);
  return mixture_measure(&w->mixture, c, w->scan->splits, metrics, logs);
}

/* Labels, room, and the predictions of the two ends. */
static int look_at_ends(struct walk *w) {
  struct metrics metrics[SPLITS];
  int status = STRAIT_OK;
  for (int split = 0; !status && split < SPLITS; split++) {
    if (!w->scan->beside[split][FROM_START])
      continue;
    const size_t rows = (size_t)w->scan->samples[split], bytes = (size_t)w->classes * sizeof(float);
    float **room[] = {&w->end[0][split], &w->end[1][split], &w->here[split], &w->pair[split]};
    for (size_t k = 0; k < sizeof room / sizeof room[0]; k++)
      if (!(*room[k] = memory_alloc(rows, bytes)))
        return STRAIT_ENOMEM;
    w->labels[split] = memory_alloc(rows, sizeof(int32_t));
    status = w->labels[split] ? evaluator_labels(w->evaluator, split, w->labels[split]) : STRAIT_ENOMEM;
  }
  for (int end = 0; !status && end < 2; end++)
    status = measure(w, end, metrics, w->end[end]);
  return status;
}

static int walk_begin(struct walk *w, struct scan *scan, const struct path *path, struct evaluator *evaluator) {
  *w = (struct walk){.scan = scan, .path = path, .evaluator = evaluator};
  w->classes = network_signature(evaluator_network(evaluator))->classes;
  int status = mixture_begin(&w->mixture, path->name, path->points, path->theta, path->statistics, evaluator), left = 0;
  w->mixture.repair = path->repair;
  for (int64_t i = 0; i < scan->points; i++)
    left |= !scan->done[i];
  for (int split = 0; !status && left && split < SPLITS; split++)
    if (scan->beside[split][FROM_START])
      return look_at_ends(w);
  return status;
}

static int look_beside(struct walk *w, int split, int64_t i) {
  double *const *beside = w->scan->beside[split];
  const int64_t rows = w->scan->samples[split];
  struct metrics pair;
  beside[FROM_START][i] = 100 * disagreement(rows, w->classes, w->end[0][split], w->here[split]);
  beside[FROM_END][i] = 100 * disagreement(rows, w->classes, w->end[1][split], w->here[split]);
  mean_of_two(rows * w->classes, w->end[0][split], w->here[split], w->pair[split]);
  judge(rows, w->classes, w->pair[split], w->labels[split], &pair);
  beside[PAIR_NLL][i] = pair.nll;
  beside[PAIR_ERROR][i] = pair.error;
  if (!beside[TEMPERATURE])
    return STRAIT_OK;
  const char *why; /* then the temperature is 1 */
  return calibrate(rows, w->classes, w->here[split], w->labels[split], &beside[TEMPERATURE][i],
                   &beside[CALIBRATED_NLL][i], &why);
}

static int measure_point(struct walk *w, int64_t i) {
  struct scan *scan = w->scan;
  struct metrics metrics[SPLITS];
  int status = measure(w, scan->t[i], metrics, w->here);
  for (int split = 0; split < SPLITS && !status; split++)
    if (scan->splits >> split & 1) {
      scan->value[split][MEASURE_LOSS][i] = metrics[split].loss;
      scan->value[split][MEASURE_NLL][i] = metrics[split].nll;
      scan->value[split][MEASURE_ERROR][i] = metrics[split].error;
      if (w->here[split])
        status = look_beside(w, split, i);
    }
  if (!status)
    scan->done[i] = 1;
  return status;
}

static int measure_refined(struct walk *w, double t) {
  struct refined point = {.t = t};
  struct metrics metrics[SPLITS];
  int status = measure(w, t, metrics, NULL);
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES; measure++)
      point.value[split][measure] = NAN;
  for (int split = 0; split < SPLITS && !status; split++)
    if (w->scan->splits >> split & 1) {
      point.value[split][MEASURE_LOSS] = metrics[split].loss;
      point.value[split][MEASURE_NLL] = metrics[split].nll;
      point.value[split][MEASURE_ERROR] = metrics[split].error;
    }
  return status ? status : scan_add_refined(w->scan, &point);
}

int scan_run(struct scan *scan, const struct path *path, struct evaluator *evaluator, scan_observer *point_done,
             void *context) {
  struct walk walk = {0};
  double t;
  int status = note_samples(scan, evaluator);
  if (!status)
    status = walk_begin(&walk, scan, path, evaluator);
  for (int64_t i = 0; i < scan->points && !status; i++) {
    if (scan->done[i])
      continue;
    status = stop_check();
    if (!status)
      status = measure_point(&walk, i);
    if (!status && point_done)
      status = point_done(context, scan, i);
  }
  while (!status && scan_next_refined(scan, &t)) {
    status = stop_check();
    if (!status)
      status = measure_refined(&walk, t);
    if (!status && point_done)
      status = point_done(context, scan, scan->points);
  }
  walk_end(&walk);
  return status;
}
