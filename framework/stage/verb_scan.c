/* stage/verb_scan.c: [scan NAME]: loss, nll and error along paths. Results: PATH/curve.npz for each path; what is
 * measured is saved as it comes, so that an interrupted scan goes on. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "landscape/scan.h"
#include "stage/checks.h"
#include "stage/cost.h"
#include "stage/job.h"
#include "stage/prepare.h"
#include "stage/verb.h"
#include "stage/weights.h"

struct scan_keys {
  strait_strings paths;
  int64_t points;
  strait_strings splits;
};

static const strait_option options[] = {
    STRAIT_OPTION("paths", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct scan_keys, paths, "line(left,right) arc", 0, 0,
                  NULL, "the paths to measure: connect stages, line(a,b), chain(a,b,c,...)"),
    STRAIT_INT("points", struct scan_keys, points, "61", 2, 100000,
               "equally spaced t from 0 to 1; the t of bends are added"),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct scan_keys, splits, NULL, 0, 0, NULL,
                  "what to measure on: train, validation, test; unset: all there are"),
};

static int refer(struct stage *stage) {
  struct scan_keys *k = stage->own;
  if (k->paths.n == 0) {
    error_set(STRAIT_EINVAL, "no path to scan");
    return stage_fault(stage, "paths");
  }
  for (size_t i = 0; i < k->paths.n; i++) {
    struct route *route;
    if (stage_route(stage, "paths", k->paths.v[i], &route))
      return error_status();
    for (size_t j = 0; j < i; j++)
      if (strcmp(stage->routes[j]->folder, route->folder) == 0) {
        error_set(STRAIT_EINVAL, "the path %s is there twice", route->text);
        return stage_fault(stage, "paths");
      }
  }
  return STRAIT_OK;
}

static int check(struct session *session, struct stage *stage) {
  (void)session;
  return stage_check_splits(stage, &((const struct scan_keys *)stage->own)->splits);
}

static int cost(const struct stage *stage, struct cost *c) {
  const struct scan_keys *k = stage->own;
  int64_t points = 0;
  for (size_t i = 0; i < stage->route_count; i++) {
    int controls = (int)stage->routes[i]->count;
    int status = stage->routes[i]->stage ? curve_points(stage->routes[i]->stage, &controls) : STRAIT_OK;
    if (status)
      return status;
    points += k->points;
    c->vectors = controls + 1 > c->vectors ? controls + 1 : c->vectors;
  }
  c->evaluated = points * cost_of_measuring(stage, &k->splits);
  c->disk = points * 64 * (int64_t)sizeof(double);
  return STRAIT_OK;
}

/* --- one path --- */

struct watcher {
  struct job *job;
  const char *path, *file;
  double saved; /* when the file was last written */
};

#define SAVE_EVERY 1. /* second */

static int point_done(void *context, const struct scan *scan, int64_t i) {
  struct watcher *w = context;
  char note[96];
  snprintf(note, sizeof note, "%.64s  t = %.3f", w->path, scan->t[i]);
  job_tick(w->job, i + 1, note, 0);
  if (clock_now() < w->saved + SAVE_EVERY)
    return STRAIT_OK;
  int status = scan_write(scan, w->file);
  w->saved = clock_now();
  return status;
}

/* The grid, with what an interrupted scan measured already. */
static int begin(struct job *job, const struct path *path, unsigned splits, const char *file, struct scan **scan) {
  const struct scan_keys *k = job->stage->own;
  double *bends = memory_alloc((size_t)path->points, sizeof *bends);
  if (!bends)
    return error_status();
  int count = path_bends(path, bends), status = scan_grid(scan, k->points, bends, count, splits);
  memory_free(bends);
  if (!status && file_exists(file) && scan_read(*scan, file)) {
    log_message(STRAIT_LOG_WARNING, "the scan begins anew: %s", error_text());
    error_clear();
    scan_free(*scan);
    *scan = NULL;
    return begin(job, path, splits, "", scan);
  }
  return status ? status : scan_geometry(*scan, path);
}

static int measure(struct job *job, const struct route *route, struct evaluator *evaluator, unsigned splits,
                   struct loaded_path *loaded, struct scan **scan) {
  struct watcher watcher = {.job = job, .path = route->text, .saved = clock_now()};
  char *folder = job_file(job, "%s", route->folder);
  watcher.file = job_file(job, "%s/curve.npz", route->folder);
  int status = folder && watcher.file ? file_make_folders(folder) : error_status();
  if (!status)
    status = route_load(job->session, route, job->stage->material->network, loaded);
  if (!status)
    status = begin(job, &loaded->path, splits, watcher.file, scan);
  if (status)
    return status;
  int64_t done = 0;
  for (int64_t i = 0; i < (*scan)->points; i++)
    done += (*scan)->done[i];
  job_begin(job, route->text, done, (*scan)->points, "point");
  status = scan_run(*scan, &loaded->path, evaluator, point_done, &watcher);
  job_end(job);
  struct error_chain chain;
  error_take(&chain);
  int written = scan_write(*scan, watcher.file); /* also what a stop left undone */
  if (!status)
    return written;
  return error_give(&chain);
}

/* --- results --- */

static json_t *statistics_json(const struct scan *scan, int split, int measure) {
  struct statistics s;
  scan_statistics(scan, split, measure, &s);
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "start",
                   document_number(s.start), "end", document_number(s.end), "min", document_number(s.min), "t_min",
                   document_number(s.t_min), "max", document_number(s.max), "t_max", document_number(s.t_max), "mean",
                   document_number(s.mean), "integral", document_number(s.integral), "average",
                   document_number(s.average), "barrier_mean", document_number(s.barrier_mean), "barrier_line",
                   document_number(s.barrier_line), "t_line", document_number(s.t_line), "barrier_end",
                   document_number(s.barrier_end));
}

static int put_splits(json_t *into, const struct scan *scan) {
  for (int split = 0; split < SPLITS; split++) {
    if (!(scan->splits & 1u << split))
      continue;
    json_t *one = json_pack("{s:I}", "samples", (json_int_t)scan->samples[split]);
    if (put(into, split_name(split), one))
      return error_status();
    for (int measure = 0; measure < MEASURES; measure++)
      if (put(one, measure_name(measure), statistics_json(scan, split, measure)))
        return error_status();
  }
  return STRAIT_OK;
}

static int put_path(json_t *paths, const struct route *route, const struct scan *scan) {
  json_t *splits = json_object();
  json_t *one = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:O}", "path", route->text, "folder", route->folder, "points",
                          (json_int_t)scan->points, "length", document_number(scan->length), "chord",
                          document_number(scan->chord), "length_ratio", document_number(scan->length / scan->chord),
                          "splits", splits);
  json_decref(splits); /* `one` has it now */
  if (!one || json_array_append_new(paths, one))
    return error_set(STRAIT_ENOMEM, "out of memory");
  if (route->type == ROUTE_CURVE && put_text(one, "curve", route->stage->choice[STRAIT_CURVE].cls->name))
    return error_status();
  return put_splits(splits, scan);
}

static int run(struct job *job) {
  const struct scan_keys *k = job->stage->own;
  struct evaluator *evaluator = NULL;
  unsigned splits;
  json_t *paths = json_array();
  int status = put(job->summary, "paths", paths);
  if (!status)
    status = job_splits(job, &k->splits, &splits);
  if (!status)
    status = job_evaluator(job, &evaluator);
  for (size_t i = 0; !status && i < job->stage->route_count; i++) {
    struct loaded_path loaded = {0};
    struct scan *scan = NULL;
    status = measure(job, job->stage->routes[i], evaluator, splits, &loaded, &scan);
    if (!status)
      status = put_path(paths, job->stage->routes[i], scan);
    if (!status)
      status = checks_of_path(job, job->stage->routes[i], &loaded.path, scan);
    scan_free(scan);
    route_unload(&loaded);
    if (status)
      error_wrap("%s", job->stage->routes[i]->text);
  }
  evaluator_free(evaluator);
  return status ? status : checks_of_scan(job);
}

static void summarise(const json_t *summary, struct text *line) {
  size_t i;
  json_t *path;
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    const json_t *nll = json_object_get(json_object_get(json_object_get(path, "splits"), "train"), "nll");
    if (nll)
      text_add(line, "%s%s: train nll at most %.4g", line->length ? "; " : "",
               json_string_value(json_object_get(path, "path")), json_number_value(json_object_get(nll, "max")));
  }
}

static const char *const reference_keys[] = {"paths", NULL};
const struct verb verb_scan = {
    .name = "scan",
    .summary = "measures loss, nll and error along paths",
    .help =
        "Measures the network at many points of each path, by one batch-norm rule for all of them, on the training and "
        "test data (and the validation split where there is one). The regulariser in the loss, and the batch size of "
        "the batch-norm refresh, are those of the first path's training. Results: STAGE/PATH/curve.npz.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct scan_keys),
    .reference_keys = reference_keys,
    .refer = refer,
    .check = check,
    .cost = cost,
    .run = run,
    .summarise = summarise,
};
