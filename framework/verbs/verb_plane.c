/* verbs/verb_plane.c: [plane NAME]: loss, nll and error on a grid in the plane through three networks. Result:
 * plane.npz; what is measured is saved as it comes, so that an interrupted plane resumes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/extreme.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "landscape/plane.h"
#include "stage/cost.h"
#include "stage/job.h"
#include "stage/plugins.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "verbs/checks.h"
#include "verbs/saving.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

struct plane_verb_keys {
  strait_strings through;
  const char *path;
  int64_t grid;
  strait_floats margins;
  int64_t curve_points;
  strait_strings splits;
};

static const strait_option options[] = {
    STRAIT_OPTION("through", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct plane_verb_keys, through, NULL, 0, 0, NULL,
                  "three networks that span the plane, as left right arc#1 (default: the ends and the bend of `path`)"),
    STRAIT_STRING("path", struct plane_verb_keys, path, NULL, "path to project onto the plane, as arc"),
    STRAIT_INT("grid", struct plane_verb_keys, grid, "21", 2, 10000, "points along each side"),
    STRAIT_FLOATS("margins", struct plane_verb_keys, margins, "0.2", 0, 1000,
                  "margins of the grid around the three networks, one or four (left, right, bottom, top), as fractions "
                  "of the width and height that the three span"),
    STRAIT_INT("curve-points", struct plane_verb_keys, curve_points, "61", 2, 100000, "points of the path to project"),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct plane_verb_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all there are)"),
};

/* The three in the order end, end, bend of a path of three points. */
static int refer_to_path(struct stage *stage) {
  const struct route *route = stage->routes[0];
  static const int order[PLANE_CORNERS] = {0, 2, 1};
  struct reference *r;
  if (!route->stage && route->count != PLANE_CORNERS) {
    error_set(STRAIT_EINVAL, "%s has %zu points; name the three that span the plane with `through`", route->text,
              route->count);
    return stage_fault(stage, "path");
  }
  for (int i = 0; i < PLANE_CORNERS; i++) {
    const char *text = route->stage ? arena_format(stage->experiment->arena, "%s#%d", route->name, order[i])
                                    : route->parts[order[i]]->text;
    if (!text || stage_refer(stage, "path", text, &r))
      return error_failure();
  }
  return STRAIT_OK;
}

static int refer_plane(struct stage *stage) {
  const struct plane_verb_keys *k = stage->own;
  struct reference *r;
  struct route *route;
  size_t several = 0;
  for (size_t i = 0; i < k->through.n; i++) {
    if (stage_refer(stage, "through", k->through.v[i], &r))
      return error_failure();
    several += r->type == REFERENCE_MEMBERS;
  }
  if (k->through.n && !several && k->through.n != PLANE_CORNERS) {
    error_set(STRAIT_EINVAL, "a plane goes through three networks, not %zu", k->through.n);
    return stage_fault(stage, "through");
  }
  for (size_t i = 0; !several && i < k->through.n; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(k->through.v[i], k->through.v[j]) == 0) {
        error_set(STRAIT_EINVAL, "'%s' is listed twice; a plane needs three networks that differ", k->through.v[i]);
        return stage_fault(stage, "through");
      }
  if (k->path && stage_route_plain(stage, "path", k->path, &route))
    return error_failure();
  if (!k->through.n && !k->path) {
    error_set(STRAIT_EINVAL, "no plane: set through = A B C, or path = NAME of a curve with one bend");
    return stage_fault(stage, NULL);
  }
  return k->through.n ? STRAIT_OK : refer_to_path(stage);
}

static int check_plane(struct stage *stage) {
  const struct plane_verb_keys *k = stage->own;
  int points = PLANE_CORNERS, status = stage_check_splits(stage, &k->splits);
  if (!status && k->margins.n != 1 && k->margins.n != 4)
    return error_set(STRAIT_EINVAL, "margins are one number or four (left, right, bottom, top), not %zu", k->margins.n);
  if (!status && !k->through.n && stage->routes[0]->stage)
    status = curve_points(stage->routes[0]->stage, &points);
  if (!status && points != PLANE_CORNERS)
    return error_set(STRAIT_EINVAL,
                     "path = %s has %d control points; name the three that span the plane with `through`",
                     stage->routes[0]->text, points);
  return status;
}

static int cost_plane(const struct stage *stage, struct cost *c) {
  const struct plane_verb_keys *k = stage->own;
  const int64_t sites = k->grid * k->grid + PLANE_CORNERS;
  int64_t loading = 0;
  int status = stage->route_count ? cost_of_path(stage->routes[0], &loading) : cost_of_loading(stage, &loading);
  c->evaluated = sites * cost_of_measuring(stage, &k->splits);
  c->vectors = PLANE_CORNERS + loading;
  c->disk = (k->grid * k->grid * 14 + k->curve_points * 4) * (int64_t)sizeof(double);
  return status;
}

/* --- the three --- */

struct corners {
  float *theta[PLANE_CORNERS], *statistics[PLANE_CORNERS];
  const char *text[PLANE_CORNERS];
};

static void corners_free(struct corners *corners) {
  for (int i = 0; i < PLANE_CORNERS; i++) {
    memory_free(corners->theta[i]);
    memory_free(corners->statistics[i]);
  }
}

/* The stage's references that are no parts of means, in order. */
static int corners_load(struct job *job, struct corners *corners) {
  const struct stage *stage = job->stage;
  const struct network *network = stage->material->network;
  struct reference **top = arena_alloc(job->arena, stage->reference_count, sizeof *top);
  struct weights_name *names;
  size_t n = 0, count = 0;
  if (!top)
    return error_failure();
  const size_t wanted = ((const struct plane_verb_keys *)stage->own)->through.n;
  for (size_t i = 0; i < stage->reference_count && n < (wanted ? wanted : PLANE_CORNERS); i++)
    if (!stage->references[i]->part)
      top[n++] = stage->references[i];
  int status = references_expand(job->session, top, n, job->arena, &names, &count);
  if (!status && count != PLANE_CORNERS)
    return error_set(STRAIT_EINVAL, "a plane goes through three networks, not %zu", count);
  for (size_t i = 0; !status && i < count; i++) {
    corners->text[i] = names[i].text;
    corners->theta[i] = memory_alloc((size_t)network_weights(network)->count, sizeof(float));
    corners->statistics[i] = memory_alloc((size_t)network_statistics(network)->count, sizeof(float));
    status = corners->theta[i] && corners->statistics[i] ? STRAIT_OK : error_failure();
    if (!status)
      status = reference_load(job->session, names[i].reference, names[i].index, network, corners->theta[i],
                              corners->statistics[i]);
  }
  return status;
}

/* --- the plane --- */

struct work {
  struct job *job;
  const struct corners *corners;
  unsigned splits;
  struct plane *plane;
  struct saving saving;
};

static int site_done(void *context, const struct plane *plane, int64_t site) {
  struct work *p = context;
  (void)plane;
  job_tick(p->job, site + 1, NULL, 0);
  return saving_point(&p->saving);
}

/* The grid, with nothing measured yet. */
static int fresh_plane(void *context) {
  struct work *p = context;
  const struct plane_verb_keys *k = p->job->stage->own;
  const double *m = k->margins.v;
  const int four = k->margins.n == 4;
  struct plane_keys keys = {k->grid, m[0], m[four ? 1 : 0], m[four ? 2 : 0], m[four ? 3 : 0]};
  const float *const *theta = (const float *const *)p->corners->theta;
  const float *const *statistics = (const float *const *)p->corners->statistics;
  const int64_t count = network_weights(p->job->stage->material->network)->count;
  plane_free(p->plane);
  p->plane = NULL;
  int status = plane_create(&p->plane, "plane", theta, statistics, count, &keys, p->splits);
  if (status)
    return status;
  p->plane->made = p->job->metadata;
  p->plane->made_pairs = JOB_METADATA;
  return STRAIT_OK;
}

static int read_plane(void *context, const char *file) { return plane_read(((struct work *)context)->plane, file); }
static int write_plane(const void *context, const char *file) {
  return plane_write(((const struct work *)context)->plane, file);
}

static int project(struct job *job, struct plane *plane) {
  const struct plane_verb_keys *k = job->stage->own;
  struct loaded_path loaded = {0};
  if (!k->path)
    return STRAIT_OK;
  int status = route_load(job->session, job->stage->routes[0], job->stage->material->network, &loaded);
  if (!status)
    status = plane_curve(plane, &loaded.path, k->curve_points);
  route_unload(&loaded);
  return status;
}

static int measure_plane(struct work *p, struct evaluator *evaluator) {
  int64_t done = 0;
  for (int64_t i = 0; i < p->plane->sites; i++)
    done += p->plane->done[i];
  job_begin(p->job, "measuring the plane", done, p->plane->sites, "point");
  int status = plane_run(p->plane, "the plane", evaluator, site_done, p);
  job_end(p->job);
  return saving_end(&p->saving, status);
}

/* --- results --- */

/* The perplexities where the nlls lie. */
static int put_perplexities(json_t *into, const struct plane *p, int split) {
  const double *v = p->value[split][MEASURE_NLL], *grid = v + PLANE_CORNERS;
  int64_t low, high;
  extremes_of(grid, p->sites - PLANE_CORNERS, &low, &high);
  json_t *corners = json_array();
  for (int i = 0; i < PLANE_CORNERS; i++)
    json_array_append_new(corners, document_measure(exp(v[i])));
  return put(into, "perplexity",
             json_pack("{s:o, s:o, s:o, s:o, s:o}", "corners", corners, "min", document_measure(exp(grid[low])),
                       "x_min", document_number(p->alpha[low / p->grid] * p->width), "y_min",
                       document_number(p->beta[low % p->grid] * p->height), "max", document_measure(exp(grid[high]))));
}

static int put_values(json_t *into, const struct plane *p, int split, int measure) {
  const double *v = p->value[split][measure];
  const double *grid = v + PLANE_CORNERS;
  json_t *(*number)(double) = measure == MEASURE_ERROR ? document_number : document_measure;
  int64_t low, high;
  extremes_of(grid, p->sites - PLANE_CORNERS, &low, &high);
  json_t *corners = json_array();
  for (int i = 0; i < PLANE_CORNERS; i++)
    json_array_append_new(corners, number(v[i]));
  return put(into, measure_name(measure),
             json_pack("{s:o, s:o, s:o, s:o, s:o}", "corners", corners, "min", number(grid[low]), "x_min",
                       document_number(p->alpha[low / p->grid] * p->width), "y_min",
                       document_number(p->beta[low % p->grid] * p->height), "max", number(grid[high])));
}

static int put_results(struct job *job, const struct plane *p, const struct corners *corners) {
  json_t *splits = json_object();
  double off = 0;
  for (int64_t i = 0; i < p->curve_points; i++)
    off = larger(off, p->curve_off[i]);
  json_t *through = json_pack("[s, s, s]", corners->text[0], corners->text[1], corners->text[2]);
  int status = put(job->summary, "through", through);
  if (!status && p->curve_points)
    status = put_text(job->summary, "path", job->stage->routes[0]->text);
  if (!status && p->curve_points)
    status = put_measure(job->summary, "path_distance", off);
  if (!status)
    status = put_integer(job->summary, "grid", p->grid);
  if (!status)
    status = put_measure(job->summary, "width", p->width);
  if (!status)
    status = put_measure(job->summary, "height", p->height);
  if (!status)
    status = put(job->summary, "splits", splits);
  else
    json_decref(splits);
  for (int split = 0; !status && split < SPLITS; split++) {
    if (!(p->splits & 1u << split))
      continue;
    json_t *one = json_pack("{s:I}", "samples", (json_int_t)p->samples[split]);
    status = put(splits, split_name(split), one);
    for (int measure = 0; !status && measure < MEASURES; measure++)
      status = put_values(one, p, split, measure);
    if (!status && p->tokens)
      status = put_perplexities(one, p, split);
  }
  return status;
}

static int run_plane(struct job *job) {
  const struct plane_verb_keys *k = job->stage->own;
  struct corners corners = {{0}, {0}, {0}};
  struct evaluator *evaluator = NULL;
  struct work p = {.job = job, .corners = &corners};
  p.saving = (struct saving){.what = "plane",
                             .file = job_file(job, "plane.npz"),
                             .context = &p,
                             .fresh = fresh_plane,
                             .read = read_plane,
                             .write = write_plane};
  int status = p.saving.file ? corners_load(job, &corners) : error_failure();
  if (!status)
    status = job_splits(job, &k->splits, &p.splits);
  if (!status)
    status = saving_begin(&p.saving);
  if (!status)
    status = project(job, p.plane);
  if (!status)
    status = job_evaluator(job, &evaluator);
  if (!status)
    status = measure_plane(&p, evaluator);
  if (!status)
    status = put_results(job, p.plane, &corners);
  if (!status)
    status = checks_of_refresh(job);
  evaluator_free(evaluator);
  plane_free(p.plane);
  corners_free(&corners);
  return status;
}

static void summarise_plane(const json_t *summary, struct text *line) {
  const json_t *splits = json_object_get(summary, "splits");
  text_add(line, "%.3g x %.3g", summary_value(summary, "width"), summary_value(summary, "height"));
  for (int split = 0; split < SPLITS; split++) {
    const json_t *nll = json_object_get(json_object_get(splits, split_name(split)), "nll");
    if (nll)
      text_add(line, "; %s nll %.4g to %.4g", split_name(split), summary_value(nll, "min"), summary_value(nll, "max"));
  }
}

static const char *const reference_keys[] = {"through", "path", NULL};
const struct verb verb_plane = {
    .name = "plane",
    .summary = "measures loss, nll and error in the plane of three networks",
    .help =
        "Measures the network on a grid in the plane through three weight vectors w1, w2, w3: x runs from w1 "
        "to w2, y from their line to w3. The three may be independent networks, the ends and a bend of a "
        "curve, or members of an ensemble; a path with any number of control points is projected onto the plane too. "
        "Batch-norm statistics are re-estimated by the same rule at every grid point. Result: STAGE/plane.npz.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct plane_verb_keys),
    .reference_keys = reference_keys,
    .refer = refer_plane,
    .check = check_plane,
    .cost = cost_plane,
    .run = run_plane,
    .summarise = summarise_plane,
    .print = print_plane,
    .draw = draw_plane,
};
