/* verbs/verb_connect.c: [connect NAME]: trains a curve between two networks. Results: point-0.safetensors (an end) to
 * point-N.safetensors (the other). While it runs: the newest two checkpoints of the free points. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/cost.h"
#include "stage/plugins.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/course.h"
#include "verbs/join.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

static const strait_option options[] = {
    STRAIT_OPTION("ends", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct connect_keys, ends, "left right", 0, 0, NULL,
                  "two networks to join"),
    STRAIT_INT("epochs", struct connect_keys, epochs, "30", 1, 1000000, "epochs to train the curve"),
    STRAIT_BOOL("free-ends", struct connect_keys, free_ends, "no", "train the two ends too"),
    STRAIT_OPTION("start", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct connect_keys, start, NULL, 0, 0, NULL,
                  "initial control points between the ends, one network each, as mean(left,right) or other#1 (default: "
                  "evenly spaced on the segment)"),
    STRAIT_CHOICE("objective", struct connect_keys, objective.objective, "mean", objective_choices,
                  "loss to minimise: the mean over t (mean), the mean over arc length (length), or a soft maximum over "
                  "the t of a batch (worst)"),
    STRAIT_INT("draws", struct connect_keys, objective.draws, "1", 1, OBJECTIVE_DRAWS,
               "values of t per batch; each costs one forward and backward pass"),
    STRAIT_INT("strata", struct connect_keys, objective.strata, "1", 1, OBJECTIVE_STRATA,
               "stratify t: every n consecutive draws cover n equal parts of [0,1]; 1: independent draws"),
    STRAIT_FLOAT("sharpness", struct connect_keys, objective.sharpness, "10", 1e-6, 1e6,
                 "sharpness of the soft maximum log(mean exp(sharpness * loss)) / sharpness of objective = worst; "
                 "larger is closer to the maximum"),
    STRAIT_BOOL("trace", struct connect_keys, trace, "no", TRACE_HELP ", at the curve's middle"),
    STRAIT_FLOAT("checkpoint-every", struct connect_keys, checkpoint_every, "10", 0.001, 1e6,
                 "minutes between checkpoints inside an epoch"),
    STRAIT_FLOAT("checkpoint-limit", struct connect_keys, checkpoint_limit, "0", 0, 1e9, CHECKPOINT_LIMIT_HELP),
    STRAIT_CHOICE("on-divergence", struct connect_keys, on_divergence, "stop", divergence_choices, DIVERGENCE_HELP),
};

static int refer_connect(struct stage *stage) {
  struct connect_keys *k = stage->own;
  if (k->ends.n != 2) {
    error_set(STRAIT_EINVAL, "a curve joins two networks, not %zu", k->ends.n);
    return stage_fault(stage, "ends");
  }
  int status = STRAIT_OK;
  for (int i = 0; !status && i < 2; i++) {
    status = stage_refer(stage, "ends", k->ends.v[i], &k->end[i]);
    if (!status && k->end[i]->type == REFERENCE_MEMBERS) {
      error_set(STRAIT_EINVAL, "'%s' is several networks; %s[0] names one", k->end[i]->text, k->end[i]->name);
      status = stage_fault(stage, "ends");
    }
  }
  k->inner = arena_alloc(stage->experiment->arena, k->start.n, sizeof *k->inner);
  if (!k->inner)
    return error_failure();
  for (size_t i = 0; !status && i < k->start.n; i++) {
    status = stage_refer(stage, "start", k->start.v[i], &k->inner[i]);
    if (!status && k->inner[i]->type == REFERENCE_MEMBERS) {
      error_set(STRAIT_EINVAL, "'%s' is several networks; name each", k->inner[i]->text);
      status = stage_fault(stage, "start");
    }
  }
  if (!status && strcmp(k->end[0]->text, k->end[1]->text) == 0) {
    error_set(STRAIT_EINVAL, "both ends are the same network");
    status = stage_fault(stage, "ends");
  }
  return status;
}

static int check_objective(const struct stage *stage) {
  strait_object *curve;
  int status = stage_object(stage, STRAIT_CURVE, 0, &curve);
  if (!status)
    status = objective_check(&((const struct connect_keys *)stage->own)->objective, curve);
  object_free(curve);
  return status;
}

static int check_connect(struct stage *stage) {
  const struct connect_keys *k = stage->own;
  int points, status = curve_points(stage, &points);
  if (!status && k->start.n && k->start.n != (size_t)points - 2)
    return error_set(STRAIT_EINVAL, "the curve has %d point%s between its ends, and `start` names %zu", points - 2,
                     points == 3 ? "" : "s", k->start.n);
  if (!status)
    status = check_objective(stage);
  stage->iterations = k->epochs * stage_epoch(stage);
  for (int last = 0; last < 2; last++)
    stage->tip[last] = k->free_ends ? NULL : k->end[last];
  if (!status && points == 2 && !k->free_ends)
    return error_set(STRAIT_EINVAL, "the curve has no point between its ends, so nothing can be trained; a scan takes "
                                    "line(a,b), or set curve.bends or free-ends = yes");
  return status ? status : schedule_check(stage, stage_epoch(stage), stage->iterations);
}

static int cost_connect(const struct stage *stage, struct cost *c) {
  int points, status = curve_points(stage, &points);
  if (status)
    return status;
  const struct connect_keys *k = stage->own;
  const int free_points = points - (k->free_ends ? 0 : 2);
  c->trained = k->objective.draws * cost_of_training(stage);
  c->evaluated = cost_of_measuring(stage, NULL); /* of the middle */
  if (k->trace)                                  /* each with its refresh of batch norm */
    c->evaluated += course_trace_cost(stage, k->epochs) + k->epochs * data_count(stage->material->data, SPLIT_TRAIN);
  c->vectors = cost_of_points(stage, points, free_points);
  if (k->objective.draws > 1)
    c->vectors += k->objective.draws + 2 * free_points;
  c->kept = points * cost_of_weights(stage, 0);
  c->disk = c->kept + cost_of_checkpoints(free_points * cost_of_weights(stage, 1), k->checkpoint_limit);
  return STRAIT_OK;
}

/* --- results --- */

/* All control points as weights files. A free point's statistics are those of the curve's training; a fixed end keeps
 * its own. */
static int write_points(struct curve_training *j) {
  struct job *job = j->job;
  const struct connect_keys *k = job->stage->own;
  const struct network *network = job->stage->material->network;
  int points = j->trainer.snapshot->points, status = STRAIT_OK;
  float *theta = memory_alloc((size_t)j->trainer.snapshot->count, sizeof *theta);
  float *statistics = memory_alloc((size_t)j->trainer.snapshot->buffers, sizeof *statistics);
  if (!theta || !statistics)
    status = error_failure();
  for (int i = 0; !status && i < points; i++) {
    const float *theirs = j->trainer.snapshot->statistics;
    if (!j->trainer.snapshot->velocity[i]) {
      status = reference_load(job->session, k->end[i > 0], 0, network, theta, statistics);
      theirs = statistics;
    }
    char *file = status ? NULL : control_file(job->session, job->stage, i, job->arena);
    if (!status)
      status = file ? checkpoint_write_weights(file, network, j->trainer.snapshot->theta[i], theirs, job->metadata,
                                               JOB_METADATA)
                    : error_failure();
  }
  memory_free(statistics);
  memory_free(theta);
  return status;
}

static int put_geometry(struct curve_training *j, const struct path *path) {
  json_t *summary = j->job->summary;
  double *gram = memory_alloc((size_t)path->points * (size_t)path->points, sizeof *gram);
  if (!gram)
    return error_failure();
  path_gram(path, gram);
  double length = path_length(path, gram), chord = path_chord(path, gram);
  memory_free(gram);
  int status = put_text(summary, "curve", j->job->stage->choice[STRAIT_CURVE].cls->name);
  if (!status)
    status = put_integer(summary, "points", path->points);
  if (!status)
    status = put_integer(summary, "iterations", j->end);
  if (!status)
    status = put_measure(summary, "length", length);
  if (!status)
    status = put_measure(summary, "chord", chord);
  return status ? status : put(summary, "length_ratio", chord == 0 ? json_null() : document_measure(length / chord));
}

/* The metrics at the curve's middle: a first look at whether it holds. */
static int put_middle(struct curve_training *j, const struct path *path) {
  struct job *job = j->job;
  const struct network *network = job->stage->material->network;
  struct evaluator *evaluator = NULL;
  json_t *metrics = NULL;
  strait_strings all = {0};
  unsigned splits;
  float *w = memory_alloc((size_t)path->count, sizeof *w);
  float *statistics = memory_alloc((size_t)network_statistics(network)->count, sizeof *statistics);
  int status = w && statistics ? job_splits(job, &all, &splits) : error_failure();
  job_begin(job, "measuring its middle", 0, 1, "point");
  if (!status)
    status = job_evaluator(job, &evaluator);
  if (!status) {
    path_weights(path, .5, w);
    memcpy(statistics, j->trainer.snapshot->statistics, (size_t)j->trainer.snapshot->buffers * sizeof *statistics);
    status = job_measure(evaluator, w, statistics, splits, &metrics);
  }
  job_end(job);
  evaluator_free(evaluator);
  memory_free(statistics);
  memory_free(w);
  return status ? status : put(job->summary, "middle", metrics);
}

/* The points of a curve that was trained to its end, where an interruption came after that. */
static int read_points(struct curve_training *j) {
  struct job *job = j->job;
  int status = STRAIT_OK;
  for (int i = 0; !status && i < j->trainer.snapshot->points; i++) {
    char *file = control_file(job->session, job->stage, i, job->arena);
    float *statistics = j->trainer.snapshot->velocity[i] ? j->trainer.snapshot->statistics : NULL;
    status = file ? checkpoint_read_weights(file, job->stage->material->network, j->trainer.snapshot->theta[i],
                                            statistics, job->metadata, JOB_METADATA)
                  : error_failure();
  }
  return status;
}

static int train_or_read(struct curve_training *j) {
  struct job *job = j->job;
  char *last = control_file(job->session, job->stage, j->trainer.snapshot->points - 1, job->arena);
  if (!last)
    return error_failure();
  const int trained = file_exists(last); /* the last that write_points writes */
  int status = trained ? read_points(j) : STRAIT_OK;
  const int unusable = error_is_of_contents(status);
  if (unusable) {
    log_message(STRAIT_LOG_WARNING, "%s; training the curve again", error_text());
    error_clear();
    status = file_remove_tree(last);
  }
  if (!status && (!trained || unusable) && (status = curve_training_run(j)) == STRAIT_OK)
    status = write_points(j);
  return status ? status : curve_training_prune(j, 0);
}

static int run_connect(struct job *job) {
  struct curve_training j;
  int status = curve_training_create(&j, job);
  if (!status)
    status = moments_sweep(&j.moments);
  if (!status)
    status = train_or_read(&j);
  struct path path = {.name = job->stage->name, .curve = j.curve};
  const struct rates_of rates = {0, 0, j.end, j.end};
  if (!status)
    status = rates_write(job, j.schedule, &rates, 1);
  if (!status) {
    path.points = j.trainer.snapshot->points;
    path.count = j.trainer.snapshot->count;
    path.theta = (const float *const *)j.trainer.snapshot->theta;
    status = put_geometry(&j, &path);
  }
  if (!status)
    status = put_middle(&j, &path);
  curve_training_free(&j);
  return status;
}

static void summarise_connect(const json_t *summary, struct text *line) {
  text_add(line, "length ratio %.3f; at t = 0.5: ", summary_value(summary, "length_ratio"));
  struct text metrics = {0};
  summary_metrics(json_object_get(summary, "middle"), &metrics);
  text_add(line, "%s", metrics.data ? metrics.data : "");
  text_free(&metrics);
}

static const char *const reference_keys[] = {"ends", "start", NULL};
const struct verb verb_connect = {
    .name = "connect",
    .summary = "trains a curve of low loss between two networks",
    .help = "Trains the free control points of a curve between two networks: each step draws one t in [0,1] and "
            "descends the loss at the curve's point w(t). The ends stay as they are unless free-ends is set. "
            "Points of the curve are named NAME(0.3), its control points NAME#0, NAME#1, ..., and the whole "
            "curve, as a path to scan, NAME.",
    .measured_apart = 1,
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_OPTIMISER | TAKES_EVALUATION,
    .kinds = KIND_BIT(STRAIT_SCHEDULE) | KIND_BIT(STRAIT_CURVE),
    .answers = REFERENCE_BIT(REFERENCE_POINT) | REFERENCE_BIT(REFERENCE_CONTROL) | ANSWERS_CURVE,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct connect_keys),
    .reference_keys = reference_keys,
    .refer = refer_connect,
    .check = check_connect,
    .cost = cost_connect,
    .run = run_connect,
    .summarise = summarise_connect,
    .draw = draw_training,
};
