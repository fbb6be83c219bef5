/* verbs/scan_results.c: what a scan says of one path, as JSON. */
#include "verbs/scan_results.h"

#include <math.h>
#include <strait/plugin.h>

#include "base/error.h"
#include "base/extreme.h"
#include "experiment/experiment.h"
#include "stage/job.h"

/* Real targets have no error; every other measure of a finished scan was measured. */
static json_t *(*number_of(int measure))(double) {
  return measure == MEASURE_ERROR ? document_number : document_measure;
}

static json_t *statistics_json(const struct scan *scan, int split, int measure) {
  struct statistics s;
  json_t *(*number)(double) = number_of(measure);
  scan_statistics(scan, split, measure, &s);
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "start", number(s.start),
                   "end", number(s.end), "min", number(s.min), "t_min", document_number(s.t_min), "max", number(s.max),
                   "t_max", document_number(s.t_max), "grid_max", number(s.grid_max), "mean", number(s.mean),
                   "integral", number(s.integral), "average", number(s.average), "barrier_mean", number(s.barrier_mean),
                   "barrier_line", number(s.barrier_line), "t_line", document_number(s.t_line), "barrier_end",
                   number(s.barrier_end));
}

/* The perplexities where the nlls lie: of no mean along the path. */
static json_t *perplexity_json(const struct scan *scan, int split) {
  struct statistics s;
  scan_statistics(scan, split, MEASURE_NLL, &s);
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "start", document_measure(exp(s.start)), "end",
                   document_measure(exp(s.end)), "min", document_measure(exp(s.min)), "t_min", document_number(s.t_min),
                   "max", document_measure(exp(s.max)), "t_max", document_number(s.t_max));
}

/* --- what is measured beside --- */

/* A row's ends and extremes. */
static json_t *row_json(const struct scan *scan, const double *row) {
  int64_t low, high;
  extremes_of(row, scan->points, &low, &high);
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "start", document_measure(row[0]), "end",
                   document_measure(row[scan->points - 1]), "min", document_measure(row[low]), "t_min",
                   document_number(scan->t[low]), "max", document_measure(row[high]), "t_max",
                   document_number(scan->t[high]));
}

static int put_beside(json_t *into, const struct scan *scan, int split) {
  int status = STRAIT_OK;
  for (int beside = 0; !status && beside < BESIDES; beside++)
    if (scan->beside[split][beside])
      status = put(into, beside_suffix[beside], row_json(scan, scan->beside[split][beside]));
  return status;
}

/* --- the pieces between bends --- */

static int64_t find_t(const struct scan *scan, double t) {
  int64_t nearest = 0;
  for (int64_t i = 1; i < scan->points; i++)
    if (fabs(scan->t[i] - t) < fabs(scan->t[nearest] - t))
      nearest = i;
  return nearest;
}

/* One measure at the start, middle and end of every piece, and how many middles are lower than both ends. */
static json_t *pieces_json(const struct scan *scan, int split, int measure, const double *t, int bends) {
  const double *m = scan->value[split][measure];
  json_t *(*number)(double) = number_of(measure);
  json_t *list = json_array();
  int64_t below = 0;
  for (int i = 0; i <= bends; i++) {
    double from = i ? t[i - 1] : 0, to = i < bends ? t[i] : 1;
    double a = m[find_t(scan, from)], b = m[find_t(scan, (from + to) / 2)], c = m[find_t(scan, to)];
    below += b < a && b < c;
    json_array_append_new(list, json_pack("[o, o, o]", number(a), number(b), number(c)));
  }
  return json_pack("{s:I, s:o}", "below", (json_int_t)below, "values", list);
}

static int put_pieces(json_t *one, const struct path *path, const struct scan *scan) {
  double *t = memory_alloc((size_t)path->points, sizeof *t);
  int bends = t ? path_bends(path, t) : 0, status = t ? STRAIT_OK : error_failure();
  json_t *pieces = bends ? json_pack("{s:i}", "count", bends + 1) : NULL;
  if (bends)
    status = put(one, "segments", pieces);
  for (int split = 0; bends && !status && split < SPLITS; split++) {
    json_t *measures = scan->splits >> split & 1 ? json_object() : NULL;
    if (!(scan->splits >> split & 1))
      continue;
    status = put(pieces, split_name(split), measures);
    for (int measure = 0; !status && measure < MEASURES; measure++)
      status = put(measures, measure_name(measure), pieces_json(scan, split, measure, t, bends));
  }
  memory_free(t);
  return status;
}

/* --- the path --- */

int scan_put_splits(json_t *into, const struct scan *scan) {
  int status = STRAIT_OK;
  for (int split = 0; !status && split < SPLITS; split++) {
    if (!(scan->splits & 1u << split))
      continue;
    json_t *one = json_pack("{s:I}", "samples", (json_int_t)scan->samples[split]);
    status = put(into, split_name(split), one);
    for (int measure = 0; !status && measure < MEASURES; measure++)
      status = put(one, measure_name(measure), statistics_json(scan, split, measure));
    if (!status && scan->tokens)
      status = put(one, "perplexity", perplexity_json(scan, split));
    if (!status)
      status = put_beside(one, scan, split);
  }
  return status;
}

int scan_results(json_t *paths, const struct route *route, const struct path *path, const struct scan *scan) {
  json_t *splits = json_object();
  json_t *one =
      json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:O}", "path", route->text, "folder", route->folder, "points",
                (json_int_t)scan->points, "refined", (json_int_t)scan->refined_count, "length",
                document_measure(scan->length), "chord", document_measure(scan->chord), "length_ratio",
                scan->chord == 0 ? json_null() : document_measure(scan->length / scan->chord), "splits", splits);
  json_decref(splits); /* `one` has it now */
  if (!one || json_array_append_new(paths, one))
    return error_set(STRAIT_ENOMEM, "out of memory");
  if (route->type == ROUTE_CURVE && put_text(one, "curve", route->stage->choice[STRAIT_CURVE].cls->name))
    return error_failure();
  int status = put(one, "norm", row_json(scan, scan->norm));
  if (!status)
    status = scan_put_splits(splits, scan);
  return status ? status : put_pieces(one, path, scan);
}
