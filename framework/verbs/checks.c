/* verbs/checks.c: the checks of scans. Reads the summaries of the networks at the ends. */
#include "verbs/checks.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/extreme.h"
#include "base/file.h"
#include "base/text.h"

int check_put(json_t *summary, const char *name, const char *of, int pass, double figure, const char *format, ...) {
  json_t *list = json_object_get(summary, "checks");
  int status = list ? STRAIT_OK : put(summary, "checks", list = json_array());
  va_list arguments;
  va_start(arguments, format);
  struct text text = {0};
  text_add_v(&text, format, arguments);
  va_end(arguments);
  json_t *one = text.status ? NULL
                            : json_pack("{s:s, s:s*, s:s, s:o, s:s}", "check", name, "of", of, "state",
                                        pass ? "pass" : "warn", "figure", document_measure(figure), "text", text.data);
  text_free(&text);
  if (status)
    json_decref(one);
  else if (json_array_append_new(list, one))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  return status;
}

int check_lone(struct job *job) {
  if (!job->stage->lone)
    return STRAIT_OK;
  return check_put(job->summary, "members", NULL, 0, 1,
                   "one member: these are figures of a single network, not of an "
                   "ensemble");
}

/* --- the ends --- */

/* The stage whose network lies at an end, if one stage's own weights do. */
static const struct stage *end_of(const struct route *route, int last) {
  const struct reference *r =
      route->type == ROUTE_CURVE ? route->stage->tip[last] : route->parts[last ? route->count - 1 : 0];
  return r && r->type == REFERENCE_FINAL ? r->stage : NULL;
}

/* Do both measure in the same way? */
static int measures_alike(const struct stage *a, const struct stage *b) {
  const struct evaluate_keys *x = &a->evaluation, *y = &b->evaluation;
  return x->bn == y->bn && x->refresh_samples == y->refresh_samples && x->refresh_augment == y->refresh_augment &&
         x->train_samples == y->train_samples && x->test_samples == y->test_samples && x->batch == y->batch &&
         a->seeds.subset == b->seeds.subset && a->material->data == b->material->data &&
         a->optimiser.batch == b->optimiser.batch && a->optimiser.weight_decay == b->optimiser.weight_decay;
}

/* Relative to b; NaN where it cannot be told. */
static double apart(double a, double b) { return a == b ? 0 : larger(fabs(a - b) / larger(fabs(b), 1e-12), 0); }

/* The largest relative difference in loss and error between a path's end and the network that lies there. */
static int end_differs(struct job *job, const struct stage *end, const struct scan *scan, int64_t at, double *most) {
  static const int measures[] = {MEASURE_LOSS, MEASURE_ERROR};
  char *folder = stage_folder(job->session, end, job->arena);
  char *file = folder ? file_join(job->arena, folder, "summary.json") : NULL;
  json_t *summary = NULL;
  int status = file ? document_read(file, &summary) : error_failure();
  for (int split = 0; !status && split < SPLITS; split++)
    for (int k = 0; k < 2; k++) {
      const json_t *metrics = json_object_get(json_object_get(summary, "metrics"), split_name(split));
      const double *ours = scan->value[split][measures[k]];
      double theirs;
      int there = document_value(json_object_get(metrics, measure_name(measures[k])), &theirs);
      if (ours && there && !(isnan(ours[at]) && isnan(theirs)))
        *most = larger(*most, apart(ours[at], theirs));
    }
  json_decref(summary);
  return status;
}

#define END_LIMIT 1e-6

static int check_ends(struct job *job, const struct route *route, const struct scan *scan) {
  double most = 0;
  int compared = 0, status = STRAIT_OK;
  for (int last = 0; !status && last < 2; last++) {
    const struct stage *end = end_of(route, last);
    if (!end || !measures_alike(end, job->stage))
      continue;
    compared++;
    status = end_differs(job, end, scan, last ? scan->points - 1 : 0, &most);
  }
  if (status || !compared)
    return status;
  return check_put(job->summary, "ends", route->text, most <= END_LIMIT, most,
                   "loss and error at t = 0 and 1 differ from those of the endpoint networks by a fraction of %.2g "
                   "(rounding explains at most %g)",
                   most, END_LIMIT);
}

static int check_distinct(struct job *job, const struct route *route, const struct scan *scan) {
  double share = scan->chord / larger(scan->norm[0], 1e-300);
  return check_put(job->summary, "distinct", route->text, share > 1e-3, share,
                   "the ends are %.3g apart, %.3g of |w(0)| (two different networks should be above 0.001)",
                   scan->chord, share);
}

static int check_converged(struct job *job, const struct route *route, const struct scan *scan) {
  const double *error = scan->value[SPLIT_TRAIN][MEASURE_ERROR];
  const strait_split *split = data_describe(job->stage->material->data);
  if (!error || split->target != STRAIT_TARGET_CLASS || split->classes < 2)
    return STRAIT_OK;
  double worse = larger(error[0], error[scan->points - 1]), chance = 100 * (1 - 1 / (double)split->classes);
  return check_put(
      job->summary, "trained", route->text, worse < chance / 2, worse,
      "the worse endpoint misclassifies %.2f %% of its training data (a trained network should be below %.3g %%)",
      worse, chance / 2);
}

/* --- the geometry --- */

#define PIECES 1024 /* of the polygon, at least */

/* The length of a polygon on the path; its corners have the path's kinks among them. */
static double polygon(const struct path *path, const double *gram, int64_t pieces) {
  double sum = 0;
  for (int64_t i = 0; i < pieces; i++)
    sum += path_distance(path, gram, (double)i / (double)pieces, (double)(i + 1) / (double)pieces);
  return sum;
}

#define LENGTH_LIMIT 1e-6

/* Quadrature of the speed against sums of distances: those of two polygons, extrapolated; of a chain they are exact. */
static int check_length(struct job *job, const struct route *route, const struct path *path, const struct scan *scan) {
  double *gram = memory_alloc((size_t)path->points * (size_t)path->points, sizeof *gram);
  if (!gram)
    return error_failure();
  int64_t segments = path->points - 1, pieces = segments * ((PIECES + segments - 1) / segments);
  path_gram(path, gram);
  double coarse = polygon(path, gram, pieces), fine = polygon(path, gram, 2 * pieces);
  memory_free(gram);
  double off = apart(scan->length, (4 * fine - coarse) / 3);
  return check_put(job->summary, "length", route->text, off <= LENGTH_LIMIT, off,
                   "path lengths by quadrature and by fine polygons differ by a fraction of %.2g (limit %g)", off,
                   LENGTH_LIMIT);
}

/* --- the values along it --- */

/* The split to look at: train where it is measured. */
static int first_split(const struct scan *scan) {
  for (int split = 0; split < SPLITS; split++)
    if (scan->splits & 1u << split)
      return split;
  return SPLIT_TRAIN;
}

static int check_means(struct job *job, const struct route *route, const struct scan *scan) {
  struct statistics s;
  scan_statistics(scan, first_split(scan), MEASURE_LOSS, &s);
  double off = apart(s.integral, s.mean);
  return check_put(job->summary, "means", route->text, off <= .1, off,
                   "mean losses over arc length (Int) and over t (Mean) differ by a fraction of %.2g; above 0.1, state "
                   "which one you report",
                   off);
}

/* How far the parabola through the highest point and its neighbours, refined ones too, rises above it. */
static double above_peak(const struct scan *scan) {
  struct highest p = scan_peak(scan, first_split(scan), MEASURE_NLL, 0);
  double left = p.at - p.before, right = p.after - p.at;
  if (!(left > 0) || !(right > 0)) /* at an end */
    return 0;
  double down = (p.value - p.value_before) / left, up = (p.value_after - p.value) / right;
  double bend = (up - down) / (left + right), slope = (down * right + up * left) / (left + right);
  return bend < 0 ? slope * slope / (-4 * bend) : 0;
}

/* What the values' changes are measured by: their range; of a flat path, a tenth of its height. */
static double scale_of(const double *m, int64_t points) {
  double least = m[0], most = m[0];
  for (int64_t i = 1; i < points; i++) {
    least = smaller(least, m[i]);
    most = larger(most, m[i]);
  }
  return larger(larger(most - least, .1 * fabs(most)), 1e-300);
}

static int check_grid(struct job *job, const struct route *route, const struct scan *scan) {
  const double *m = scan->value[first_split(scan)][MEASURE_NLL];
  double scale = scale_of(m, scan->points), jump = 0;
  double missed = above_peak(scan) / scale;
  for (int64_t i = 1; i < scan->points; i++)
    jump = larger(jump, fabs(m[i] - m[i - 1]) / scale);
  int status = check_put(job->summary, "peak", route->text, missed <= .05, missed,
                         "a parabola through the highest nll exceeds it by %.2g of the nll's range; above 0.05 the "
                         "maximum is between points: raise points or refine",
                         missed);
  if (!status)
    status = check_put(job->summary, "smooth", route->text, jump <= .5, jump,
                       "nll jumps by %.0f %% of its range between neighbouring points (limit 50 %%); raise points",
                       100 * jump);
  return status;
}

static int check_regulariser(struct job *job, const struct route *route, const struct scan *scan) {
  int split = first_split(scan);
  const double *loss = scan->value[split][MEASURE_LOSS], *nll = scan->value[split][MEASURE_NLL];
  double share = 0;
  for (int64_t i = 0; i < scan->points; i++)
    share = larger(share, loss[i] == nll[i] ? 0 : (loss[i] - nll[i]) / loss[i]);
  return check_put(job->summary, "regulariser", route->text, share <= .5, share,
                   "weight decay is up to %.0f %% of the loss; above 50 %%, compare nll instead", 100 * share);
}

/* Told only where it is so. */
static int check_finite(struct job *job, const struct route *route, const struct scan *scan) {
  int64_t count = 0;
  for (int64_t i = 0; i < scan->points; i++) {
    int finite = 1;
    for (int split = 0; split < SPLITS; split++)
      finite &= !(scan->splits & 1u << split) || isfinite(scan->value[split][MEASURE_LOSS][i]);
    count += !finite;
  }
  if (!count)
    return STRAIT_OK;
  return check_put(job->summary, "finite", route->text, 0, (double)count,
                   "the loss is not finite at %lld of %lld points; quantities computed from them are nan or inf",
                   (long long)count, (long long)scan->points);
}

/* Told only where it is so. A fitted temperature is never 1 to the last bit. */
static int check_calibrated(struct job *job, const struct route *route, const struct scan *scan) {
  int64_t count = 0, all = 0;
  for (int split = 0; split < SPLITS; split++)
    for (int64_t i = 0; scan->beside[split][TEMPERATURE] && i < scan->points; i++) {
      count += scan->beside[split][TEMPERATURE][i] == 1;
      all++;
    }
  if (!count)
    return STRAIT_OK;
  return check_put(job->summary, "calibrated", route->text, 0, (double)count,
                   "no temperature could be fitted for %lld of %lld calibrated nlls, so it is 1: half of the samples "
                   "have no errors, or there are too few",
                   (long long)count, (long long)all);
}

int checks_of_path(struct job *job, const struct route *route, const struct path *path, const struct scan *scan) {
  int status = check_finite(job, route, scan);
  if (!status)
    status = check_ends(job, route, scan);
  if (!status)
    status = check_calibrated(job, route, scan);
  if (!status)
    status = check_distinct(job, route, scan);
  if (!status)
    status = check_converged(job, route, scan);
  if (!status)
    status = check_length(job, route, path, scan);
  if (!status)
    status = check_means(job, route, scan);
  if (!status)
    status = check_grid(job, route, scan);
  return status ? status : check_regulariser(job, route, scan);
}

/* --- all paths --- */

/* The stage that trained what lies on the way to this one, or NULL. */
static const struct stage *trained(const struct stage *stage) { return stage ? stage->base : NULL; }

static int differs(const struct stage *scan, const struct stage *stage) {
  const struct stage *base = trained(stage);
  return base && base->material->data != scan->material->data;
}

int checks_of_scan(struct job *job) {
  const struct stage *stage = job->stage;
  int others = 0;
  for (size_t i = 0; i < stage->route_count; i++)
    others += differs(stage, stage->routes[i]->stage);
  for (size_t i = 0; i < stage->reference_count; i++)
    others += differs(stage, stage->references[i]->stage);
  return check_put(job->summary, "data", NULL, others == 0, others,
                   "%d of the networks %s trained on other data, splits or normalisation than it is measured on; "
                   "the same batch-norm rule is applied to all",
                   others, others == 1 ? "was" : "were");
}

int checks_of_refresh(struct job *job) {
  const struct stage *stage = job->stage;
  const struct evaluate_keys *keys = &stage->evaluation;
  if (!network_statistics(stage->material->network)->count || keys->bn != BN_REFRESH ||
      !data_augments(stage->material->data) || keys->refresh_augment)
    return STRAIT_OK;
  return check_put(job->summary, "refresh", NULL, 0, 0,
                   "batch-norm statistics are re-estimated without the augmentation used in training; set "
                   "refresh.augment = yes to match training");
}
