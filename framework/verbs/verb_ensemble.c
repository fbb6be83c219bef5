/* verbs/verb_ensemble.c: [ensemble NAME]: runs an ensembler over its sources and measures what it keeps. Results:
 * member-0.safetensors ... and members.json, which says where each came from. While it runs: the folder state. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "report/networks.h"
#include "report/results.h"
#include "stage/cost.h"
#include "stage/plugins.h"
#include "stage/spent.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/checks.h"
#include "verbs/gather.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

static const strait_option options[] = {
    STRAIT_OPTION("start", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct ensemble_keys, start, NULL, 0, 0, NULL,
                  "networks to continue training from, as left@12"),
    STRAIT_OPTION("path", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct ensemble_keys, path, NULL, 0, 0, NULL,
                  "paths to take members from, as arc or line(left,right)"),
    STRAIT_INT("budget", struct ensemble_keys, budget, "0", 0, 1000000,
               "total epochs, those of the start included; 0: not set"),
    PREDICT_OPTIONS(struct ensemble_keys, predict),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct ensemble_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all but train, and but validation if "
                  "something is fitted to it)"),
    STRAIT_BOOL("trace", struct ensemble_keys, trace, "no",
                "measure the test error after every epoch too, not only of members, for the training figure"),
    STRAIT_FLOAT("checkpoint-every", struct ensemble_keys, checkpoint_every, "10", 0.001, 1e6,
                 "minutes between checkpoints inside an epoch"),
    STRAIT_FLOAT("checkpoint-limit", struct ensemble_keys, checkpoint_limit, "0", 0, 1e9, CHECKPOINT_LIMIT_HELP),
    STRAIT_CHOICE("on-divergence", struct ensemble_keys, on_divergence, "stop", divergence_choices, DIVERGENCE_HELP),
};

static int refer_ensemble(struct stage *stage) {
  struct ensemble_keys *k = stage->own;
  struct route *route;
  k->starts = arena_alloc(stage->experiment->arena, k->start.n, sizeof *k->starts);
  if (!k->starts)
    return error_failure();
  for (size_t i = 0; i < k->start.n; i++) {
    if (stage_refer(stage, "start", k->start.v[i], &k->starts[i]))
      return error_failure();
    if (k->starts[i]->type == REFERENCE_MEMBERS) {
      error_set(STRAIT_EINVAL, "'%s' is several networks; list those to start from", k->starts[i]->text);
      return stage_fault(stage, "start");
    }
  }
  for (size_t i = 0; i < k->path.n; i++)
    if (stage_route_plain(stage, "path", k->path.v[i], &route))
      return error_failure();
  return STRAIT_OK;
}

/* --- what can be known before --- */

/* Training continues with a start's momentum, so the optimiser must be the same. */
static int check_momentum(const struct stage *stage) {
  const struct ensemble_keys *k = stage->own;
  for (size_t i = 0; i < k->start.n; i++)
    if (reference_iteration(k->starts[i]) && k->starts[i]->stage->optimiser.optimiser != stage->optimiser.optimiser)
      return error_set(STRAIT_EINVAL, "start = %s was trained with another optimiser; set the same optimiser here",
                       k->starts[i]->text);
  return STRAIT_OK;
}

static const struct predict_keys *predict_ensemble(const struct stage *stage) {
  return &((const struct ensemble_keys *)stage->own)->predict;
}

static int check_ensemble(struct stage *stage) {
  const struct ensemble_keys *k = stage->own;
  struct ensemble_stage g = {0};
  struct rehearsal rehearsal;
  struct arena *arena = arena_create();
  int status = arena ? stage_check_splits(stage, &k->splits) : error_failure();
  if (!status)
    status = predict_check(stage, &k->predict);
  if (!status)
    status = check_momentum(stage);
  if (!status)
    status = ensemble_stage_create(&g, NULL, stage, arena);
  for (int64_t i = 0; !status && i < ensemble_sources(g.ensemble); i++) {
    const strait_source *source = ensemble_source(g.ensemble, i);
    if (source->type == STRAIT_SOURCE_TRAINING)
      status = schedule_check(stage, stage_epoch(stage), source->iterations);
  }
  if (!status)
    status = ensemble_rehearse(g.ensemble, &rehearsal);
  if (!status) {
    stage->iterations = ensemble_iterations(g.ensemble);
    stage->members = rehearsal.members;
    stage->lone = rehearsal.members == 1 && !(rehearsal.folds && rehearsal.moments > 1);
  }
  ensemble_stage_free(&g, k);
  arena_free(arena);
  return status;
}

/* Samples for the test error at one more point: no refresh goes before it. */
static int64_t cost_of_tracing(const struct stage *stage) {
  const int64_t all = data_count(stage->material->data, SPLIT_TEST), wanted = stage->evaluation.test_samples;
  return wanted && wanted < all ? wanted : all;
}

static int cost_ensemble(const struct stage *stage, struct cost *c) {
  const struct ensemble_keys *k = stage->own;
  const int64_t members = stage->members;
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < stage->route_count; i++) {
    int64_t path = 0;
    status = cost_of_path(stage->routes[i], &path);
    c->vectors += path;
  }
  if (k->trace)
    c->evaluated = stage->iterations / stage_epoch(stage) * cost_of_tracing(stage);
  c->trained = cost_of_training(stage);
  c->evaluated += members * cost_of_measuring(stage, &k->splits);
  /* The members once as gathered and once as measured, each start's state, the paths, and a training beside them. */
  c->vectors += 2 * members + 2 * (int64_t)k->start.n + (stage->iterations ? cost_of_points(stage, 1, 1) : 2);
  c->kept = members * cost_of_weights(stage, 0);
  c->disk = 2 * c->kept; /* a run that is not done yet has them too */
  if (stage->iterations)
    c->disk += cost_of_checkpoints(cost_of_weights(stage, 1), k->checkpoint_limit);
  if (stage->iterations && k->on_divergence == DIVERGENCE_HALVE) /* the start of the source that runs */
    c->disk += cost_of_weights(stage, 1);
  return status;
}

/* --- results --- */

static char *member_file(struct job *job, int64_t i) { return job_file(job, "member-%lld.safetensors", (long long)i); }

/* The members as weights files, batch-norm statistics re-estimated where the ensembler wants it; then members.json,
 * whose presence says that they are whole. */
static int write_members(struct ensemble_stage *g, const char *list_file) {
  struct job *job = g->job;
  const struct network *network = job->stage->material->network;
  const struct gathering *gathering = ensemble_gathering(g->ensemble);
  struct evaluator *evaluator = NULL;
  json_t *list = json_array(), *whole = NULL;
  float *refreshed = memory_alloc((size_t)network_statistics(network)->count, sizeof *refreshed);
  int status = refreshed && list ? job_evaluator(job, &evaluator) : error_set(STRAIT_ENOMEM, "out of memory");
  job_begin(job, "writing members", 0, gathering_members(gathering), "member");
  for (int64_t i = 0; !status && i < gathering_members(gathering); i++) {
    const struct member *m = gathering_member(gathering, i);
    const float *statistics = m->statistics;
    if (m->refresh || !statistics) {
      status = evaluator_refresh(evaluator, m->weights, refreshed);
      statistics = refreshed;
    }
    char *file = status ? NULL : member_file(job, i);
    if (!status)
      status = file ? checkpoint_write_weights(file, network, m->weights, statistics, job->metadata, JOB_METADATA)
                    : error_failure();
    const int kept = network_statistics(network)->count && statistics == m->statistics;
    if (!status && json_array_append_new(list, json_pack("{s:I, s:I, s:b}", "source", (json_int_t)m->source,
                                                         "iteration", (json_int_t)m->iteration, "kept", kept)))
      status = error_set(STRAIT_ENOMEM, "out of memory");
    job_tick(job, i + 1, NULL, 0);
  }
  job_end(job);
  if (!status && !(whole = json_pack("{s:s, s:O}", "key", job->stage->key, "members", list)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && ensemble_halvings(g->ensemble))
    status = put_integer(whole, "halvings", ensemble_halvings(g->ensemble));
  if (!status)
    status = document_write(list_file, whole);
  json_decref(whole);
  json_decref(list);
  evaluator_free(evaluator);
  memory_free(refreshed);
  return status;
}

/* Adds each member's metrics to its place in the list; then the combined ones to the summary. */
static int measure_ensemble(struct job *job, json_t *list, const strait_object *ensembler) {
  const struct ensemble_keys *k = job->stage->own;
  const struct network *network = job->stage->material->network;
  int64_t members = (int64_t)json_array_size(list);
  struct predictions p = {0};
  unsigned splits;
  json_t *metrics = NULL;
  float *w = memory_alloc((size_t)network_weights(network)->count, sizeof *w);
  float *b = memory_alloc((size_t)network_statistics(network)->count, sizeof *b);
  int status = w && b ? job_splits(job, &k->splits, &splits) : error_failure();
  const unsigned fitted = 1u << SPLIT_TRAIN | (predict_fits(&k->predict) ? 1u << SPLIT_VALIDATION : 0);
  if (!k->splits.n)
    splits &= ~fitted;
  if (!status)
    status = predict_begin(&p, job, splits, members, PREDICT_RESULTS, &k->predict);
  job_begin(job, "measuring members", 0, members, "member");
  for (int64_t i = 0; !status && i < members; i++) {
    char *file = member_file(job, i);
    status = file ? checkpoint_read_weights(file, network, w, b, job->metadata, JOB_METADATA) : error_failure();
    if (!status)
      status = predict_member(&p, i, w, b, 1, &metrics);
    if (!status)
      status = put(json_array_get(list, (size_t)i), "metrics", metrics);
    job_tick(job, i + 1, NULL, 0);
  }
  job_end(job);
  if (!status)
    status = predict_results(&p, ensembler);
  if (!status)
    status = predict_check_fitted(job->summary, splits, fitted);
  if (!status)
    status = predict_check_calibrated(&p);
  predict_free(&p);
  memory_free(b);
  memory_free(w);
  return status;
}

/* Iterations in all: its own, and those of what it began with. Starts of one training share what was spent, so the
 * longest counts. */
static int64_t spent_in_all(const struct stage *stage) {
  const struct ensemble_keys *k = stage->own;
  int64_t longest = 0;
  for (size_t i = 0; i < k->start.n; i++)
    longest = reference_spent(k->starts[i]) > longest ? reference_spent(k->starts[i]) : longest;
  for (size_t i = 0; i < k->path.n; i++)
    longest = route_spent(stage->routes[i]) > longest ? route_spent(stage->routes[i]) : longest;
  return longest + stage->iterations;
}

static int put_facts(struct job *job, json_t *list, int64_t halvings) {
  int64_t spent = spent_in_all(job->stage);
  int status = put_text(job->summary, "ensembler", job->stage->choice[STRAIT_ENSEMBLER].cls->name);
  if (!status)
    status = put_integer(job->summary, "iterations", job->stage->iterations);
  if (!status)
    status = put_halvings(job, halvings);
  if (!status)
    status = put_integer(job->summary, "spent", spent);
  if (!status)
    status = put_number(job->summary, "budget", (double)spent / (double)stage_epoch(job->stage));
  return status ? status : put(job->summary, "members", json_incref(list));
}

/* Can each member in the list be read? */
static int check_members(struct job *job, size_t count) {
  const struct network *network = job->stage->material->network;
  float *w = memory_alloc((size_t)network_weights(network)->count, sizeof *w);
  int status = w ? STRAIT_OK : error_failure();
  for (size_t i = 0; !status && i < count; i++) {
    char *file = member_file(job, (int64_t)i);
    status = file ? checkpoint_read_weights(file, network, w, NULL, job->metadata, JOB_METADATA) : error_failure();
  }
  memory_free(w);
  return status;
}

/* The members that members.json lists, and how often their trainings halved the rate; NULL where they are not written
 * yet, or a file, which a warning names, is damaged: then they are gathered once more. fresh: this process just wrote
 * them, and need not read them all. */
static int read_list(struct job *job, const char *file, int fresh, json_t **list, int64_t *halvings) {
  json_t *whole = NULL;
  *list = NULL;
  *halvings = 0;
  int status = file_exists(file) ? document_read(file, &whole) : STRAIT_OK;
  const char *key = json_string_value(json_object_get(whole, "key"));
  if (whole && (!key || strcmp(key, job->stage->key) != 0 || !json_is_array(json_object_get(whole, "members"))))
    status = error_set(STRAIT_EFORMAT, "%s: it is the list of another ensemble", file);
  if (whole && !status && !fresh)
    status = check_members(job, json_array_size(json_object_get(whole, "members")));
  if (whole && !status) {
    *list = json_incref(json_object_get(whole, "members"));
    *halvings = json_integer_value(json_object_get(whole, "halvings"));
  }
  if (error_is_of_contents(status)) {
    log_message(STRAIT_LOG_WARNING, "%s; gathering the members again", error_text());
    error_clear();
    status = STRAIT_OK;
  }
  json_decref(whole);
  return status;
}

/* Members that came with their statistics are measured with these, whatever the key bn says. */
static int say_rule(struct job *job, const json_t *list) {
  json_t *member;
  size_t i, kept = 0;
  json_array_foreach(list, i, member) { kept += json_is_true(json_object_get(member, "kept")); }
  if (!kept)
    return checks_of_refresh(job);
  job->batch_norm = kept == json_array_size(list) ? "as training left it" : "as training left it for some members";
  return STRAIT_OK;
}

static int run_ensemble(struct job *job) {
  struct ensemble_stage g = {.job = job};
  json_t *list = NULL;
  int64_t halvings = 0;
  char *list_file = job_file(job, "members.json"), *state = job_file(job, STATES);
  int status = list_file && state ? STRAIT_OK : error_failure();
  if (!status)
    status = read_list(job, list_file, 0, &list, &halvings);
  const int whole = list != NULL;
  if (!status && !whole)
    status = ensemble_stage_create(&g, job->session, job->stage, job->arena);
  if (!status && !whole)
    status = ensemble_stage_run(&g);
  if (!status && !whole)
    status = write_members(&g, list_file);
  if (!status && whole)
    status = stage_object(job->stage, STRAIT_ENSEMBLER, 0, &g.ensembler);
  if (!status && file_exists(state))
    status = file_remove_tree(state);
  if (!status && !whole)
    status = read_list(job, list_file, 1, &list, &halvings);
  if (!status && !list)
    status = error_set(STRAIT_EIO, "%s vanished", list_file);
  if (!status)
    status = put_facts(job, list, halvings);
  if (!status)
    status = measure_ensemble(job, list, g.ensembler);
  if (!status)
    status = check_lone(job);
  if (!status)
    status = say_rule(job, list);
  json_decref(list);
  ensemble_stage_free(&g, job->stage->own);
  return status;
}

static void summarise_ensemble(const json_t *summary, struct text *line) {
  size_t n = json_array_size(json_object_get(summary, "members"));
  text_add(line, "%zu member%s; together: ", n, n == 1 ? "" : "s");
  struct text metrics = {0};
  summary_metrics(json_object_get(summary, "combined"), &metrics);
  text_add(line, "%s", metrics.data ? metrics.data : "");
  text_free(&metrics);
}

static void networks_ensemble(const struct shown *shown, struct table *table) {
  table_add(table, "%s (%s)", results_text(shown->stage, "name"), results_text(shown->summary, "ensembler"));
  networks_cells(table, json_array_size(json_object_get(shown->summary, "members")),
                 results_value(shown->summary, "budget"), json_object_get(shown->summary, "combined"));
}

static const struct headline headlines[] = {
    {"combined.test.nll", "test nll", 4, NULL, NULL},
    {"combined.test.error", "test err %", 2, "ensemble-error", "test error, %"},
    {"combined.test.disagreement", "disagree %", 2, NULL, NULL},
    {0},
};

static const char *const reference_keys[] = {"start", "path", NULL};
const struct verb verb_ensemble = {
    .name = "ensemble",
    .summary = "gathers networks and combines their predictions",
    .help = "Runs an ensembler: trainings from fresh weights or from `start`, or points of `path`, of which it keeps "
            "some as members. budget counts all epochs, including those of the start: budget = 15 "
            "from left@12 runs 3 more. Members are named NAME[0], NAME[1], ..., all of them NAME[*].",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_OPTIMISER | TAKES_EVALUATION,
    .kinds = KIND_BIT(STRAIT_SCHEDULE) | KIND_BIT(STRAIT_ENSEMBLER),
    .answers = REFERENCE_BIT(REFERENCE_MEMBER) | REFERENCE_BIT(REFERENCE_MEMBERS),
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct ensemble_keys),
    .reference_keys = reference_keys,
    .refer = refer_ensemble,
    .check = check_ensemble,
    .predict = predict_ensemble,
    .cost = cost_ensemble,
    .run = run_ensemble,
    .summarise = summarise_ensemble,
    .networks = networks_ensemble,
    .draw = draw_ensemble,
    .draw_all = draw_ensembles,
    .headlines = headlines,
};
