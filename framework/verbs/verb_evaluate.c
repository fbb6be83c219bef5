/* verbs/verb_evaluate.c: [evaluate NAME]: measures networks as they are, one by one and, if asked, averaged. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "report/networks.h"
#include "report/results.h"
#include "stage/cost.h"
#include "stage/spent.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "verbs/checks.h"
#include "verbs/predict.h"
#include "verbs/verbs.h"

struct evaluate_verb_keys {
  strait_strings of;
  int32_t ensemble;
  struct predict_keys predict;
  strait_strings splits;
};

static const strait_option options[] = {
    STRAIT_OPTION("of", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct evaluate_verb_keys, of, "left fge[*]", 0, 0, NULL,
                  "networks to measure"),
    STRAIT_BOOL("ensemble", struct evaluate_verb_keys, ensemble, "no",
                "measure the mean of the class probabilities too"),
    PREDICT_OPTIONS(struct evaluate_verb_keys, predict),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct evaluate_verb_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all there are, without validation if "
                  "something is fitted to it)"),
};

static int refer_evaluate(struct stage *stage) {
  struct evaluate_verb_keys *k = stage->own;
  struct reference *reference;
  if (k->of.n == 0) {
    error_set(STRAIT_EINVAL, "no network to measure");
    return stage_fault(stage, "of");
  }
  for (size_t i = 0; i < k->of.n; i++)
    if (stage_refer(stage, "of", k->of.v[i], &reference))
      return error_failure();
  return STRAIT_OK;
}

static const struct predict_keys *predict_evaluate(const struct stage *stage) {
  return &((const struct evaluate_verb_keys *)stage->own)->predict;
}

static int check_evaluate(struct stage *stage) {
  const struct evaluate_verb_keys *k = stage->own;
  int64_t networks = 0;
  int status = stage_check_splits(stage, &k->splits);
  for (size_t i = 0; i < stage->reference_count; i++)
    networks += stage->references[i]->part ? 0 : reference_members(stage->references[i]);
  stage->members = k->ensemble ? networks : 0;
  stage->lone = stage->members == 1;
  if (!status && !k->ensemble && (k->predict.weights || k->predict.temper || k->predict.predictions))
    return error_set(STRAIT_EINVAL, "weights, temper and predictions are of networks together; set ensemble = yes");
  return status ? status : predict_check(stage, &k->predict);
}

static int cost_evaluate(const struct stage *stage, struct cost *c) {
  const struct evaluate_verb_keys *k = stage->own;
  for (size_t i = 0; i < stage->reference_count; i++)
    c->evaluated += stage->references[i]->part ? 0 : reference_members(stage->references[i]);
  c->evaluated *= cost_of_measuring(stage, &k->splits);
  int status = cost_of_loading(stage, &c->vectors);
  c->vectors += 1 + stage->members;
  return status;
}

/* The stage's references, without the parts of means. */
static int list_references(struct job *job, struct weights_name **names, size_t *count) {
  const struct evaluate_verb_keys *k = job->stage->own;
  struct reference **top = arena_alloc(job->arena, k->of.n, sizeof *top);
  size_t n = 0;
  if (!top)
    return error_failure();
  for (size_t i = 0; i < job->stage->reference_count && n < k->of.n; i++)
    if (!job->stage->references[i]->part)
      top[n++] = job->stage->references[i];
  return references_expand(job->session, top, n, job->arena, names, count);
}

static int measure_one(struct job *job, struct predictions *p, const struct weights_name *name, int64_t i, float *w,
                       float *b, json_t *list) {
  json_t *metrics = NULL;
  int status = stop_check();
  if (!status)
    status = reference_load(job->session, name->reference, name->index, job->stage->material->network, w, b);
  if (!status)
    status = predict_member(p, i, w, b, 0, &metrics);
  if (!status && json_array_append_new(list, json_pack("{s:s, s:o}", "weights", name->text, "metrics", metrics)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  job_tick(job, i + 1, name->text, 0);
  return status;
}

static int run_evaluate(struct job *job) {
  const struct evaluate_verb_keys *k = job->stage->own;
  const struct network *network = job->stage->material->network;
  struct weights_name *names = NULL;
  struct predictions p = {0};
  size_t count = 0;
  unsigned splits = 0;
  json_t *list = json_array();
  float *w = memory_alloc((size_t)network_weights(network)->count, sizeof *w);
  float *b = memory_alloc((size_t)network_statistics(network)->count, sizeof *b);
  int status = put(job->summary, "networks", list);
  if (!status)
    status = w && b ? list_references(job, &names, &count) : error_failure();
  if (!status)
    status = job_splits(job, &k->splits, &splits);
  if (!k->splits.n && predict_fits(&k->predict))
    splits &= ~(1u << SPLIT_VALIDATION);
  if (!status)
    status = predict_begin(&p, job, splits, (int64_t)count, k->ensemble ? PREDICT_RESULTS : PREDICT_EACH, &k->predict);
  job_begin(job, "measuring", 0, (int64_t)count, "network");
  for (size_t i = 0; !status && i < count; i++)
    status = measure_one(job, &p, &names[i], (int64_t)i, w, b, list);
  job_end(job);
  if (!status && k->ensemble)
    status = predict_results(&p, NULL);
  if (!status && k->ensemble)
    status = check_lone(job);
  if (!status && predict_fits(&k->predict))
    status = predict_check_fitted(job->summary, splits & 1u << SPLIT_VALIDATION, 1u << SPLIT_VALIDATION);
  if (!status)
    status = checks_of_refresh(job);
  if (!status)
    status = predict_check_calibrated(&p);
  predict_free(&p);
  memory_free(b);
  memory_free(w);
  return status;
}

/* One network's figures; of several only how many, and what they do together: the table at the end has them all. */
static void summarise_evaluate(const json_t *summary, struct text *line) {
  const json_t *networks = json_object_get(summary, "networks"), *combined = json_object_get(summary, "combined");
  size_t count = json_array_size(networks);
  struct text metrics = {0};
  if (combined || count == 1)
    summary_metrics(combined ? combined : json_object_get(json_array_get(networks, 0), "metrics"), &metrics);
  text_add(line, "%zu network%s", count, count == 1 ? "" : "s");
  if (metrics.data)
    text_add(line, "%s%s", combined ? "; together: " : ": ", metrics.data);
  text_free(&metrics);
}

static void networks_evaluate(const struct shown *shown, struct table *table) {
  const json_t *all = json_object_get(shown->summary, "networks"),
               *combined = json_object_get(shown->summary, "combined");
  const char *name = results_text(shown->stage, "name");
  json_t *one;
  size_t i;
  json_array_foreach(all, i, one) {
    table_add(table, "%s: %s", name, results_text(one, "weights"));
    networks_cells(table, 1, NAN, json_object_get(one, "metrics"));
  }
  if (combined) {
    table_add(table, "%s: together", name);
    networks_cells(table, json_array_size(all), NAN, combined);
  }
}

static const char *const reference_keys[] = {"of", NULL};
const struct verb verb_evaluate = {
    .name = "evaluate",
    .summary = "measures networks one by one, and averaged",
    .help = "Measures the networks that `of` names, each under the same batch-norm rule, and with ensemble = yes "
            "the mean of their class probabilities. If all of them are files, set the model, the data and the "
            "optimiser keys (batch and weight-decay matter) in the section or in [defaults].",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct evaluate_verb_keys),
    .reference_keys = reference_keys,
    .refer = refer_evaluate,
    .check = check_evaluate,
    .predict = predict_evaluate,
    .cost = cost_evaluate,
    .run = run_evaluate,
    .summarise = summarise_evaluate,
    .networks = networks_evaluate,
};
