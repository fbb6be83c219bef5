/* verbs/verb_scan.c: [scan NAME]: loss, nll and error along paths. Results: PATH/curve.npz for each path; what is
 * measured is saved as it comes, so that an interrupted scan resumes. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/stop.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "landscape/repair.h"
#include "landscape/scan.h"
#include "stage/cost.h"
#include "stage/job.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "verbs/checks.h"
#include "verbs/saving.h"
#include "verbs/scan_results.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

struct scan_keys {
  strait_strings paths;
  int64_t points;
  int64_t refine;
  int32_t pairs;
  strait_strings splits;
};

static const strait_option options[] = {
    STRAIT_OPTION("paths", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct scan_keys, paths, "line(left,right) arc", 0, 0,
                  NULL, "paths to measure: connect stages, line(a,b), chain(a,b,c,...), line(a,b;repair)"),
    STRAIT_INT("points", struct scan_keys, points, "61", 2, 100000,
               "number of equally spaced t from 0 to 1; the t of bends are added"),
    STRAIT_INT("refine", struct scan_keys, refine, "2", 0, 20,
               "halvings of the grid step next to each maximum, so that no peak between two points is missed"),
    STRAIT_BOOL("pairs", struct scan_keys, pairs, "yes",
                "evaluate predictions at each t too: disagreement with both ends, the ensemble of w(0) and w(t), the "
                "temperature-scaled nll"),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct scan_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all there are)"),
};

static int refer_scan(struct stage *stage) {
  struct scan_keys *k = stage->own;
  if (k->paths.n == 0) {
    error_set(STRAIT_EINVAL, "no path to scan");
    return stage_fault(stage, "paths");
  }
  for (size_t i = 0; i < k->paths.n; i++) {
    struct route *route;
    if (stage_route(stage, "paths", k->paths.v[i], &route))
      return error_failure();
    for (size_t j = 0; j < i; j++)
      if (strcmp(stage->routes[j]->folder, route->folder) == 0) {
        error_set(STRAIT_EINVAL, "the path %s is listed twice", route->text);
        return stage_fault(stage, "paths");
      }
  }
  return STRAIT_OK;
}

/* Is there anything to repair on a line that is to be? */
static int check_repairs(const struct stage *stage) {
  struct hidden_layer layer;
  for (size_t i = 0; i < stage->route_count; i++)
    if (stage->routes[i]->repair && !network_hidden(stage->material->network, 0, &layer))
      return error_set(STRAIT_EINVAL,
                       "'%s': model %s has no layer to repair: that takes hidden layers with a bias and no batch norm "
                       "behind them; with batch norm, bn = refresh does it",
                       stage->routes[i]->text, network_model(stage->material->network));
  return STRAIT_OK;
}

static int check_scan(struct stage *stage) {
  int status = stage_check_splits(stage, &((const struct scan_keys *)stage->own)->splits);
  return status ? status : check_repairs(stage);
}

/* Samples of one repair's pass, which are those of a batch-norm refresh. */
static int64_t repair_samples(const struct stage *stage) {
  const int64_t all = data_count(stage->material->data, SPLIT_TRAIN), wanted = stage->evaluation.refresh_samples;
  return wanted && wanted < all ? wanted : all;
}

static int cost_scan(const struct stage *stage, struct cost *c) {
  const struct scan_keys *k = stage->own;
  int64_t points = 0;
  for (size_t i = 0; i < stage->route_count; i++) {
    int64_t vectors;
    int status = cost_of_path(stage->routes[i], &vectors);
    if (status)
      return status;
    const int64_t here = k->points + 4 * k->refine + (k->pairs ? 2 : 0); /* two maxima, say, with two neighbours each */
    points += here;
    c->evaluated += stage->routes[i]->repair ? here * repair_samples(stage) : 0;
    c->vectors = vectors > c->vectors ? vectors : c->vectors;
  }
  c->evaluated += points * cost_of_measuring(stage, &k->splits);
  c->disk = points * 64 * (int64_t)sizeof(double);
  return STRAIT_OK;
}

/* --- one path --- */

struct work {
  struct job *job;
  const char *text; /* the path's */
  struct loaded_path *loaded;
  unsigned splits;
  struct scan *scan;
  struct saving saving;
};

static int point_done(void *context, const struct scan *scan, int64_t i) {
  struct work *s = context;
  char note[96];
  if (i < scan->points)
    snprintf(note, sizeof note, "%.64s  t = %.3f", s->text, scan->t[i]);
  else
    snprintf(note, sizeof note, "%.64s  near its maxima", s->text);
  job_tick(s->job, i < scan->points ? i + 1 : i, note, 0);
  return saving_point(&s->saving);
}

/* The t that the grid must have: bends, and the middle of each piece between those. */
static int grid(const struct path *path, int64_t points, unsigned splits, struct scan **scan) {
  double *t = memory_alloc(2 * (size_t)path->points, sizeof *t);
  if (!t)
    return STRAIT_ENOMEM;
  int bends = path_bends(path, t), count = bends;
  for (int i = 0; bends && i <= bends; i++)
    t[count++] = ((i ? t[i - 1] : 0) + (i < bends ? t[i] : 1)) / 2;
  int status = scan_grid(scan, points, t, count, splits);
  memory_free(t);
  return status;
}

/* The grid, with nothing measured yet. */
static int fresh_scan(void *context) {
  struct work *s = context;
  const struct scan_keys *k = s->job->stage->own;
  const int classes = data_describe(s->job->stage->material->data)->target == STRAIT_TARGET_CLASS;
  scan_free(s->scan);
  s->scan = NULL;
  int status = grid(&s->loaded->path, k->points, s->splits, &s->scan);
  if (status)
    return status;
  s->scan->levels = k->refine;
  s->scan->made = s->job->metadata;
  s->scan->made_pairs = JOB_METADATA;
  return k->pairs && classes ? scan_look_beside(s->scan) : STRAIT_OK;
}

static int read_scan(void *context, const char *file) { return scan_read(((struct work *)context)->scan, file); }
static int write_scan(const void *context, const char *file) {
  return scan_write(((const struct work *)context)->scan, file);
}

/* What repairs the networks on a line, its ends measured. */
static int make_repair(struct job *job, const struct path *path, struct repair **repair) {
  const struct stage *stage = job->stage;
  const uint64_t seed = seed_of(&stage->seeds, stage->seeds.subset);
  const int64_t all = data_count(stage->material->data, SPLIT_TRAIN);
  const struct feeding feeding = {.split = SPLIT_TRAIN,
                                  .batch = stage->optimiser.batch < all ? stage->optimiser.batch : all,
                                  .subset = stage->evaluation.refresh_samples,
                                  .subset_seed = seed,
                                  .shuffle = 1,
                                  .order_seed = seed,
                                  .augment = stage->evaluation.refresh_augment && data_augments(stage->material->data),
                                  .augment_seed = seed};
  int status = repair_create(repair, stage->material->network, stage->material->data, job->session->device, &feeding);
  return status ? status : repair_points(*repair, path->points, path->theta);
}

static int measure_scan(struct job *job, const struct route *route, struct evaluator *evaluator, unsigned splits,
                        struct loaded_path *loaded, struct scan **scan) {
  struct work s = {.job = job, .text = route->text, .loaded = loaded, .splits = splits};
  char *folder = job_file(job, "%s", route->folder);
  s.saving = (struct saving){.what = "scan",
                             .file = job_file(job, "%s/curve.npz", route->folder),
                             .context = &s,
                             .fresh = fresh_scan,
                             .read = read_scan,
                             .write = write_scan};
  int status = folder && s.saving.file ? file_make_folders(folder) : error_failure();
  if (!status)
    status = route_load(job->session, route, job->stage->material->network, loaded);
  if (!status)
    status = saving_begin(&s.saving);
  *scan = s.scan;
  if (!status)
    status = scan_geometry(s.scan, &loaded->path);
  if (status)
    return status;
  int64_t done = 0;
  for (int64_t i = 0; i < s.scan->points; i++)
    done += s.scan->done[i];
  if (route->repair && (status = make_repair(job, &loaded->path, &loaded->path.repair)))
    return status;
  job_begin(job, route->text, done, s.scan->points, "point");
  status = scan_run(s.scan, &loaded->path, evaluator, point_done, &s);
  job_end(job);
  return saving_end(&s.saving, status);
}

static int run_scan(struct job *job) {
  const struct scan_keys *k = job->stage->own;
  struct evaluator *evaluator = NULL;
  unsigned splits = 0;
  json_t *paths = json_array();
  int status = put(job->summary, "paths", paths);
  if (!status)
    status = job_splits(job, &k->splits, &splits);
  if (!status)
    status = job_evaluator(job, &evaluator);
  for (size_t i = 0; !status && i < job->stage->route_count; i++) {
    struct loaded_path loaded = {0};
    struct scan *scan = NULL;
    status = measure_scan(job, job->stage->routes[i], evaluator, splits, &loaded, &scan);
    if (!status)
      status = scan_results(paths, job->stage->routes[i], &loaded.path, scan);
    if (!status)
      status = checks_of_path(job, job->stage->routes[i], &loaded.path, scan);
    scan_free(scan);
    repair_free(loaded.path.repair);
    route_unload(&loaded);
    if (status)
      error_wrap("%s", job->stage->routes[i]->text);
  }
  evaluator_free(evaluator);
  if (!status)
    status = checks_of_refresh(job);
  return status ? status : checks_of_scan(job);
}

static void summarise_scan(const json_t *summary, struct text *line) {
  size_t i;
  json_t *path;
  json_array_foreach(json_object_get(summary, "paths"), i, path) {
    const json_t *nll = json_object_get(json_object_get(json_object_get(path, "splits"), "train"), "nll");
    if (nll)
      text_add(line, "%s%s: train nll at most %.4g", line->length ? "; " : "",
               json_string_value(json_object_get(path, "path")), summary_value(nll, "max"));
  }
}

static const struct headline headlines[] = {
    {"splits.train.loss.max", "max train loss", 4, NULL, NULL},
    {"splits.train.nll.max", "max train nll", 4, "nll", "highest train nll"},
    {"norm.min", "least |w|", 2, NULL, NULL},
    {"splits.test.error.max", "max test err %", 2, NULL, NULL},
    {"splits.train.nll.barrier_mean", "barrier", 4, "barrier", "barrier in train nll"},
    {"length_ratio", "length", 4, "length", "length of the path over the distance of its ends"},
    {0},
};

static const char *const reference_keys[] = {"paths", NULL};
const struct verb verb_scan = {
    .name = "scan",
    .summary = "measures loss, nll and error along paths",
    .help = "Measures the network at many points of each path, by one batch-norm rule for all of them, on the "
            "training and test data (and the validation split where there is one). The regulariser in the loss, "
            "and the batch size of the batch-norm refresh, are those of the first path's training. Results: "
            "STAGE/PATH/curve.npz.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct scan_keys),
    .reference_keys = reference_keys,
    .refer = refer_scan,
    .check = check_scan,
    .cost = cost_scan,
    .run = run_scan,
    .summarise = summarise_scan,
    .print = print_scan,
    .draw = draw_scan,
    .headlines = headlines,
    .by_path = 1,
    .files = "PATH/curve.npz has the values at every t",
};
