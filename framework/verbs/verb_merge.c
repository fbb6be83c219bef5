/* verbs/verb_merge.c: [merge NAME]: makes one network of several by a rule of merging.h, and measures it, each
 * ingredient, and the lines between them. Results: final.safetensors, and line-N.npz of ingredient N, which are saved
 * as they are measured. */
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
#include "stage/job.h"
#include "stage/spent.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/checks.h"
#include "verbs/line.h"
#include "verbs/merging.h"
#include "verbs/predict.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

struct merge_keys {
  strait_strings of;
  int32_t method;
  strait_floats weights;
  const char *base;
  double t, decay, scale, density, drop;
  int64_t points;
  strait_strings splits;
  struct reference **ingredients, *base_reference;
};

static const char *const methods[] = {"mean", "slerp", "ema",         "soup", "greedy-soup", "task-arithmetic",
                                      "ties", "dare",  "model-stock", NULL};
static const strait_option options[] = {
    STRAIT_OPTION("of", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct merge_keys, of, "left right", 0, 0, NULL,
                  "networks to merge; ema takes them in this order"),
    STRAIT_CHOICE("method", struct merge_keys, method, "mean", methods,
                  "mean: weighted mean; slerp: along the arc between two, per tensor; ema: exponential moving average; "
                  "soup: plain mean; greedy-soup: mean of those that each raise the validation accuracy, the best "
                  "first; the others add changes from base: task-arithmetic their sum; ties the largest, where signs "
                  "agree; dare a random part; model-stock their mean, shorter the less they agree, per tensor"),
    STRAIT_FLOATS("weights", struct merge_keys, weights, NULL, -1e6, 1e6,
                  "weight of each network, for mean, task-arithmetic, ties and dare (default: 1 each)"),
    STRAIT_STRING("base", struct merge_keys, base, NULL,
                  "network that the others were trained from, for task-arithmetic, ties, dare and model-stock"),
    STRAIT_FLOAT("t", struct merge_keys, t, "0.5", 0, 1, "place between the first (0) and the second (1), for slerp"),
    STRAIT_FLOAT("decay", struct merge_keys, decay, "0.9", 0, 1,
                 "share of the average that each network leaves, for ema"),
    STRAIT_FLOAT("scale", struct merge_keys, scale, "1", -1e3, 1e3,
                 "factor on the change from base, for task-arithmetic, ties and dare"),
    STRAIT_FLOAT("density", struct merge_keys, density, "0.2", 1e-6, 1,
                 "share of each tensor's largest changes that stay, for ties"),
    STRAIT_FLOAT("drop", struct merge_keys, drop, "0.5", 0, 0.999,
                 "probability that a change is dropped, drawn by seed.init, for dare"),
    STRAIT_INT("points", struct merge_keys, points, "11", 0, 100000,
               "number of equally spaced t on the line from each network to the result; 0: no lines"),
    STRAIT_OPTION(
        "splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct merge_keys, splits, NULL, 0, 0, NULL,
        "splits to measure on: train, validation, test (default: all there are, but validation where greedy-soup "
        "chose on it)"),
};

/* --- the file --- */

/* Keys that only some methods read. */
static const struct {
  const char *key;
  unsigned methods;
} of_methods[] = {
    {"weights", MERGE_BIT(MERGE_MEAN) | MERGE_BIT(MERGE_TASK) | MERGE_BIT(MERGE_TIES) | MERGE_BIT(MERGE_DARE)},
    {"base", MERGE_WITH_BASE},
    {"t", MERGE_BIT(MERGE_SLERP)},
    {"decay", MERGE_BIT(MERGE_EMA)},
    {"scale", MERGE_BIT(MERGE_TASK) | MERGE_BIT(MERGE_TIES) | MERGE_BIT(MERGE_DARE)},
    {"density", MERGE_BIT(MERGE_TIES)},
    {"drop", MERGE_BIT(MERGE_DARE)},
};

static int check_keys(const struct stage *stage, const struct merge_keys *k) {
  for (size_t i = 0; i < sizeof of_methods / sizeof *of_methods; i++)
    if (settings_find(&stage->settings, of_methods[i].key) && !(of_methods[i].methods & MERGE_BIT(k->method))) {
      error_set(STRAIT_EINVAL, "method = %s does not use this key; remove it", methods[k->method]);
      return stage_fault(stage, of_methods[i].key);
    }
  if (!k->base && MERGE_WITH_BASE & MERGE_BIT(k->method)) {
    error_set(STRAIT_EINVAL, "%s adds changes to the network that the others were trained from; name it, as base = a@0",
              methods[k->method]);
    return stage_fault(stage, "method");
  }
  return STRAIT_OK;
}

static int refer_merge(struct stage *stage) {
  struct merge_keys *k = stage->own;
  if (k->of.n == 0) {
    error_set(STRAIT_EINVAL, "no network to merge");
    return stage_fault(stage, "of");
  }
  if (check_keys(stage, k))
    return error_failure();
  k->ingredients = arena_alloc(stage->experiment->arena, k->of.n, sizeof *k->ingredients);
  if (!k->ingredients)
    return error_failure();
  for (size_t i = 0; i < k->of.n; i++)
    if (stage_refer(stage, "of", k->of.v[i], &k->ingredients[i]))
      return error_failure();
  if (k->base && stage_refer(stage, "base", k->base, &k->base_reference))
    return error_failure();
  if (k->base && k->base_reference->type == REFERENCE_MEMBERS) {
    error_set(STRAIT_EINVAL, "the base is one network; %s[0] names one", k->base_reference->name);
    return stage_fault(stage, "base");
  }
  return STRAIT_OK;
}

static int64_t networks_of(const struct merge_keys *k) {
  int64_t networks = 0;
  for (size_t i = 0; i < k->of.n; i++)
    networks += reference_members(k->ingredients[i]);
  return networks;
}

static int check_weights(const struct merge_keys *k, int64_t networks) {
  double sum = 0;
  int below = 0;
  if (!k->weights.n)
    return STRAIT_OK;
  if ((int64_t)k->weights.n != networks)
    return error_set(STRAIT_EINVAL, "weights has %zu numbers for %lld networks; give one for each", k->weights.n,
                     (long long)networks);
  for (size_t i = 0; i < k->weights.n; i++) {
    sum += fabs(k->weights.v[i]);
    below |= k->weights.v[i] < 0;
  }
  if (k->method == MERGE_MEAN && below)
    return error_set(STRAIT_EINVAL,
                     "weights of a mean are at least 0; task-arithmetic subtracts what a network learned");
  return sum > 0 ? STRAIT_OK : error_set(STRAIT_EINVAL, "all weights are 0, so that nothing is merged");
}

/* Iterations behind the result: moments of one stage share theirs, of which the longest counts. */
static int64_t spent_behind(const struct merge_keys *k) {
  int64_t spent = 0;
  for (size_t i = 0; i < k->of.n; i++) {
    int64_t own = reference_spent(k->ingredients[i]);
    int longest = 1;
    for (size_t j = 0; j < k->of.n; j++) {
      const int64_t other = reference_spent(k->ingredients[j]);
      if (j != i && k->ingredients[i]->stage && k->ingredients[j]->stage == k->ingredients[i]->stage &&
          (other > own || (other == own && j < i)))
        longest = 0;
    }
    spent += longest ? own : 0;
  }
  return spent;
}

static int check_merge(struct stage *stage) {
  const struct merge_keys *k = stage->own;
  const int64_t networks = networks_of(k);
  const unsigned alone = MERGE_BIT(MERGE_TASK) | MERGE_BIT(MERGE_TIES) | MERGE_BIT(MERGE_DARE);
  int status = stage_check_splits(stage, &k->splits);
  if (!status)
    status = check_weights(k, networks);
  if (status)
    return status;
  if (networks < 2 && !(alone & MERGE_BIT(k->method)))
    return error_set(STRAIT_EINVAL, "%s needs at least two networks, and `of` names one", methods[k->method]);
  if (k->method == MERGE_SLERP && networks != 2)
    return error_set(STRAIT_EINVAL, "slerp is between two networks, and `of` names %lld", (long long)networks);
  if (k->method == MERGE_GREEDY_SOUP && !data_count(stage->material->data, SPLIT_VALIDATION))
    return error_set(STRAIT_EINVAL, "greedy-soup chooses on the validation split, which is empty; set holdout in the "
                                    "trainings");
  if (k->points == 1)
    return error_set(STRAIT_EINVAL, "points = 1: a line has two ends; set points to 0 for no lines, or to at least 2");
  stage->inherited = spent_behind(k);
  return STRAIT_OK;
}

static int cost_merge(const struct stage *stage, struct cost *c) {
  const struct merge_keys *k = stage->own;
  const int64_t networks = networks_of(k), each = cost_of_measuring(stage, &k->splits);
  int status = cost_of_loading(stage, &c->vectors);
  c->evaluated = (networks * (k->points ? k->points - 1 : 1) + 1) * each;
  if (k->method == MERGE_GREEDY_SOUP)
    c->evaluated += (2 * networks - 1) * (each < data_count(stage->material->data, SPLIT_VALIDATION)
                                              ? data_count(stage->material->data, SPLIT_VALIDATION)
                                              : each);
  c->vectors += 6; /* the result, the network that is added, the base, and what a rule sums beside */
  c->kept = c->disk = cost_of_weights(stage, 0) + networks * (k->points + 1) * 64 * (int64_t)sizeof(double);
  return status;
}

/* --- the merge --- */

struct work {
  struct job *job;
  const struct merge_keys *keys;
  const struct network *network;
  struct evaluator *evaluator;
  unsigned splits;
  int64_t count;
  struct weights_name *names;
  int64_t *order;      /* greedy-soup: the networks, the best first, those admitted in front; NULL: all, as named */
  unsigned char *kept; /* of each network */
  float *base, *result, *statistics;
};

static int load(void *context, int64_t i, float *weights) {
  const struct work *w = context;
  const struct weights_name *name = &w->names[w->order ? w->order[i] : i];
  int status = stop_check();
  return status ? status : reference_load(w->job->session, name->reference, name->index, w->network, weights, NULL);
}

static int merge_some(struct work *w, int64_t count, float *result) {
  const struct merge_keys *k = w->keys;
  const struct stage *stage = w->job->stage;
  const struct merging merging = {.method = k->method,
                                  .layout = network_weights(w->network),
                                  .count = count,
                                  .weight = k->weights.n ? k->weights.v : NULL,
                                  .base = w->base,
                                  .t = k->t,
                                  .decay = k->decay,
                                  .scale = k->scale,
                                  .density = k->density,
                                  .drop = k->drop,
                                  .seed = seed_of(&stage->seeds, stage->seeds.init),
                                  .load = load,
                                  .context = w};
  return merge(&merging, result);
}

/* What greedy-soup compares, the less the better: the error on the validation split, of real targets the nll. */
static int held_out(struct work *w, const float *weights, double *value) {
  struct metrics metrics[SPLITS] = {{0}};
  int status = evaluator_refresh(w->evaluator, weights, w->statistics);
  if (!status)
    status =
        evaluator_measure(w->evaluator, weights, w->statistics, SPLIT_VALIDATION, &metrics[SPLIT_VALIDATION], NULL);
  *value = isnan(metrics[SPLIT_VALIDATION].error) ? metrics[SPLIT_VALIDATION].nll : metrics[SPLIT_VALIDATION].error;
  return status;
}

/* The networks by what they have on held-out data, the best first, of equal ones the first named. */
static int sort_networks(struct work *w, double *value) {
  int status = STRAIT_OK;
  for (int64_t i = 0; !status && i < w->count; i++) {
    w->order[i] = i;
    status = load(w, i, w->result);
    if (!status)
      status = held_out(w, w->result, &value[i]);
    job_tick(w->job, i + 1, w->names[i].text, 0);
  }
  for (int64_t i = 1; !status && i < w->count; i++)
    for (int64_t j = i; j > 0 && value[w->order[j]] < value[w->order[j - 1]]; j--) {
      const int64_t other = w->order[j];
      w->order[j] = w->order[j - 1];
      w->order[j - 1] = other;
    }
  return status;
}

/* Each of the rest joins the mean if that is then better on the held-out data than without it (Wortsman et al., 2022,
 * recipe 1, with a strict gain as in its code). */
static int add_greedily(struct work *w, double *value) {
  double best = value[w->order[0]];
  int64_t kept = 1;
  int status = STRAIT_OK;
  for (int64_t i = 1; !status && i < w->count; i++) {
    const int64_t tried = w->order[i], next = w->order[kept];
    double found;
    w->order[kept] = tried;
    status = merge_some(w, kept + 1, w->result);
    if (!status)
      status = held_out(w, w->result, &found);
    if (!status && found < best) {
      best = found;
      w->order[i] = next;
      kept++;
    } else {
      w->order[kept] = next;
    }
    job_tick(w->job, w->count + i, w->names[tried].text, 0);
  }
  for (int64_t i = 0; i < w->count; i++)
    w->kept[w->order[i]] = i < kept;
  return status ? status : merge_some(w, kept, w->result);
}

static int merge_greedily(struct work *w) {
  double *value = arena_alloc(w->job->arena, (size_t)w->count, sizeof *value);
  w->order = arena_alloc(w->job->arena, (size_t)w->count, sizeof *w->order);
  if (!value || !w->order)
    return error_failure();
  for (int64_t i = 0; i < w->count; i++)
    w->order[i] = i;
  job_begin(w->job, "choosing", 0, 2 * w->count - 1, "network");
  int status = sort_networks(w, value);
  if (!status)
    status = add_greedily(w, value);
  job_end(w->job);
  w->order = NULL;
  return status;
}

/* The result, with its batch-norm statistics re-estimated, and its file. */
static int make_result(struct work *w) {
  const struct merge_keys *k = w->keys;
  const int64_t count = network_weights(w->network)->count;
  int status = STRAIT_OK;
  if (k->base) {
    w->base = memory_alloc((size_t)count, sizeof *w->base);
    status =
        w->base ? reference_load(w->job->session, k->base_reference, 0, w->network, w->base, NULL) : error_failure();
  }
  if (!status)
    status = k->method == MERGE_GREEDY_SOUP ? merge_greedily(w) : merge_some(w, w->count, w->result);
  memory_free(w->base);
  w->base = NULL;
  if (!status && checkpoint_check_finite(network_weights(w->network), w->result))
    status = error_wrap("the result of %s", methods[k->method]);
  if (!status)
    status = evaluator_refresh(w->evaluator, w->result, w->statistics);
  char *file = job_file(w->job, "final.safetensors");
  if (!status)
    status = file ? checkpoint_write_weights(file, w->network, w->result, w->statistics, w->job->metadata, JOB_METADATA)
                  : error_failure();
  return status;
}

/* --- the lines --- */

/* From network i to the result, which is measured once for all lines. */
static int measure_line(struct work *w, int64_t i, const struct metrics *end, const float *theta,
                        const float *statistics, struct scan **scan) {
  const struct line line = {.name = arena_format(w->job->arena, "line-%lld", (long long)i),
                            .text = w->names[i].text,
                            .theta = {theta, w->result},
                            .statistics = {statistics, w->statistics},
                            .points = w->keys->points,
                            .splits = w->splits,
                            .end = end};
  return line.name ? line_measure(w->job, w->evaluator, &line, scan) : error_failure();
}

/* {"test": {"nll": {"mean": x, "line": x}, "error": ...}}: barriers of both definitions. */
static json_t *barriers_json(const struct scan *scan) {
  json_t *all = json_object();
  for (int split = 0; split < SPLITS; split++) {
    json_t *one = scan->splits >> split & 1 ? json_object() : NULL;
    if (!one || json_object_set_new(all, split_name(split), one))
      continue;
    for (int measure = MEASURE_NLL; measure < MEASURES; measure++) {
      struct statistics s;
      scan_statistics(scan, split, measure, &s);
      json_t *(*number)(double) = measure == MEASURE_ERROR ? document_number : document_measure;
      json_object_set_new(one, measure_name(measure),
                          json_pack("{s:o, s:o}", "mean", number(s.barrier_mean), "line", number(s.barrier_line)));
    }
  }
  return all;
}

static void first_metrics(const struct scan *scan, struct metrics metrics[SPLITS]) {
  for (int split = 0; split < SPLITS; split++)
    if (scan->splits >> split & 1)
      metrics[split] = (struct metrics){.samples = scan->samples[split],
                                        .loss = scan->value[split][MEASURE_LOSS][0],
                                        .nll = scan->value[split][MEASURE_NLL][0],
                                        .error = scan->value[split][MEASURE_ERROR][0]};
}

static int check_basin(struct work *w, int64_t i, const struct scan *scan) {
  const int split = scan->splits >> SPLIT_TEST & 1         ? SPLIT_TEST
                    : scan->splits >> SPLIT_VALIDATION & 1 ? SPLIT_VALIDATION
                                                           : SPLIT_TRAIN;
  struct statistics s;
  scan_statistics(scan, split, MEASURE_ERROR, &s);
  const double barrier = s.barrier_line > s.barrier_mean ? s.barrier_line : s.barrier_mean;
  if (isnan(barrier))
    return STRAIT_OK;
  return check_put(
      w->job->summary, "basin", w->names[i].text, barrier <= LINE_CONNECTED, barrier,
      barrier <= LINE_CONNECTED
          ? "on the line to the result the %s error has a barrier of %.2f points, at most 2 are expected"
          : "on the line to the result the %s error has a barrier of %.2f points, more than 2: they lie in "
            "different basins, and a mean of them is not safe",
      split_name(split), barrier);
}

static int measure_ingredient(struct work *w, int64_t i, const struct metrics *end, float *theta, float *statistics,
                              json_t *list) {
  struct metrics metrics[SPLITS] = {{0}};
  const struct weights_name *name = &w->names[i];
  struct scan *scan = NULL;
  int status = stop_check();
  if (!status)
    status = reference_load(w->job->session, name->reference, name->index, w->network, theta, statistics);
  if (!status && w->keys->points)
    status = measure_line(w, i, end, theta, statistics, &scan);
  else if (!status)
    status = evaluator_point(w->evaluator, theta, statistics, w->splits, metrics, NULL, NULL);
  if (!status && scan)
    first_metrics(scan, metrics);
  json_t *one =
      status ? NULL
             : json_pack("{s:s, s:b, s:o, s:o}", "weights", name->text, "kept", (int)w->kept[i], "distance",
                         document_measure(weights_distance(theta, w->result, network_weights(w->network)->count)),
                         "metrics", metrics_json(metrics, w->splits));
  if (!status && (!one || json_array_append_new(list, one)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && scan)
    status = put(one, "barrier", barriers_json(scan));
  if (!status && scan && w->kept[i])
    status = check_basin(w, i, scan);
  scan_free(scan);
  return status;
}

static int measure_all(struct work *w) {
  struct metrics end[SPLITS] = {{0}};
  json_t *list = json_array();
  float *theta = memory_alloc((size_t)network_weights(w->network)->count, sizeof *theta);
  float *statistics = memory_alloc((size_t)network_statistics(w->network)->count, sizeof *statistics);
  int status = put(w->job->summary, "networks", list);
  if (!status)
    status = theta && statistics ? evaluator_point(w->evaluator, w->result, w->statistics, w->splits, end, NULL, NULL)
                                 : error_failure();
  if (!status)
    status = put(w->job->summary, "metrics", metrics_json(end, w->splits));
  for (int64_t i = 0; !status && i < w->count; i++)
    status = measure_ingredient(w, i, end, theta, statistics, list);
  memory_free(statistics);
  memory_free(theta);
  return status;
}

static int begin(struct work *w) {
  struct job *job = w->job;
  size_t count = 0;
  int status = references_expand(job->session, w->keys->ingredients, w->keys->of.n, job->arena, &w->names, &count);
  w->count = (int64_t)count;
  if (!status)
    status = job_splits(job, &w->keys->splits, &w->splits);
  if (!w->keys->splits.n && w->keys->method == MERGE_GREEDY_SOUP) /* what it chose on says little */
    w->splits &= ~(1u << SPLIT_VALIDATION);
  if (!status)
    status = job_evaluator(job, &w->evaluator);
  w->kept = status ? NULL : arena_alloc(job->arena, count, 1);
  w->result = memory_alloc((size_t)network_weights(w->network)->count, sizeof *w->result);
  w->statistics = memory_alloc((size_t)network_statistics(w->network)->count, sizeof *w->statistics);
  if (!status && (!w->kept || !w->result || !w->statistics))
    status = error_failure();
  if (!status)
    memset(w->kept, 1, count);
  return status;
}

static int run_merge(struct job *job) {
  struct work w = {.job = job, .keys = job->stage->own, .network = job->stage->material->network};
  int status = begin(&w);
  if (!status)
    status = make_result(&w);
  if (!status)
    status = put_text(job->summary, "method", methods[w.keys->method]);
  if (!status)
    status = put_integer(job->summary, "spent", job->stage->inherited);
  if (!status)
    status = measure_all(&w);
  if (!status)
    status = checks_of_refresh(job);
  if (!status && w.keys->method == MERGE_GREEDY_SOUP)
    status = predict_check_fitted(job->summary, w.splits, 1u << SPLIT_VALIDATION);
  memory_free(w.statistics);
  memory_free(w.result);
  evaluator_free(w.evaluator);
  return status;
}

/* --- what is shown --- */

static void summarise_merge(const json_t *summary, struct text *line) {
  struct text metrics = {0};
  summary_metrics(json_object_get(summary, "metrics"), &metrics);
  text_add(line, "%s of %zu networks: %s", results_text(summary, "method"),
           json_array_size(json_object_get(summary, "networks")), metrics.data ? metrics.data : "");
  text_free(&metrics);
}

static void networks_merge(const struct shown *shown, struct table *table) {
  table_add(table, "%s", results_text(shown->stage, "name"));
  networks_cells(table, 1, NAN, json_object_get(shown->summary, "metrics"));
}

static const json_t *below(const json_t *object, const char *a, const char *b) {
  return json_object_get(json_object_get(object, a), b);
}

static int print_merge(const struct shown *shown) {
  static const char *const heads[] = {"network",    "in it",   "distance",  "test nll",
                                      "test err %", "barrier", "above line"};
  const json_t *one;
  size_t i;
  struct table *table = table_create("llrrrrr");
  if (!table)
    return error_failure();
  for (i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  json_array_foreach(json_object_get(shown->summary, "networks"), i, one) {
    const json_t *barrier = below(json_object_get(one, "barrier"), "test", "error");
    table_add(table, "%s", results_text(one, "weights"));
    table_add(table, "%s", json_is_true(json_object_get(one, "kept")) ? "yes" : "no");
    results_cell(table, 3, one, "distance");
    results_cell(table, 4, below(one, "metrics", "test"), "nll");
    results_cell(table, 2, below(one, "metrics", "test"), "error");
    results_cell(table, 2, barrier, "mean");
    results_cell(table, 2, barrier, "line");
  }
  table_add(table, "the result");
  table_add(table, " ");
  table_add(table, " ");
  results_cell(table, 4, below(shown->summary, "metrics", "test"), "nll");
  results_cell(table, 2, below(shown->summary, "metrics", "test"), "error");
  table_end_row(table);
  sheet_heading(shown->sheet, "%s: %s", results_text(shown->stage, "name"), results_text(shown->summary, "method"));
  int status = sheet_table(shown->sheet, table);
  sheet_note(shown->sheet,
             "distance: to the result; barrier: on the line from the network to the result, the highest test error "
             "above the mean of the ends (Frankle et al., 2020); above line: the highest above the straight line "
             "between the ends' errors (Entezari et al., 2022)");
  table_free(table);
  results_print_rule(shown->sheet, shown->summary);
  results_print_checks(shown->sheet, shown->summary);
  return status;
}

static const struct headline headlines[] = {
    {"metrics.train.nll", "train nll", 4, NULL, NULL},
    {"metrics.test.nll", "test nll", 4, NULL, NULL},
    {"metrics.test.error", "test err %", 2, "test-error", "test error, %"},
    {0},
};

static const char *const reference_keys[] = {"of", "base", NULL};
const struct verb verb_merge = {
    .name = "merge",
    .summary = "makes one network of several",
    .help = "Merges the networks that `of` names into one by `method`, re-estimates its batch-norm statistics, and "
            "measures it, each network, and the line from each network to it: a barrier there says that the two lie "
            "in different basins. The result is named NAME wherever weights are.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .answers = REFERENCE_BIT(REFERENCE_FINAL),
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct merge_keys),
    .reference_keys = reference_keys,
    .refer = refer_merge,
    .check = check_merge,
    .cost = cost_merge,
    .run = run_merge,
    .summarise = summarise_merge,
    .print = print_merge,
    .networks = networks_merge,
    .headlines = headlines,
    .files = "line-N.npz has the line from network N to the result",
};
