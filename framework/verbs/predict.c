/* verbs/predict.c: several networks' predictions, measured one by one and combined. */
#include "landscape/path.h"
#include "verbs/predict.h"

#include <math.h>
#include <string.h>

#include <strait/ensembler.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "experiment/verb.h"
#include "landscape/contents.h"
#include "verbs/checks.h"

const char *const weights_choices[] = {"equal", "greedy", NULL};

const struct predict_keys *predict_keys_of(const struct stage *stage) {
  return stage->verb->predict ? stage->verb->predict(stage) : NULL;
}

int predict_fits(const struct predict_keys *keys) { return keys && (keys->weights == WEIGHTS_GREEDY || keys->temper); }

int predict_check(const struct stage *stage, const struct predict_keys *keys) {
  const struct data *data = stage->material->data;
  const strait_class *ensembler = stage->choice[STRAIT_ENSEMBLER].cls;
  if (data_describe(data)->target == STRAIT_TARGET_CLASSES) {
    if (keys && keys->predictions)
      return error_set(STRAIT_ENOTSUP, "predictions = yes: the probabilities of all tokens are not kept for text");
    if (ensembler && ((const strait_ensembler_ops *)ensembler->ops)->combine)
      return error_set(STRAIT_ENOTSUP, "%s combines its members in its own way, which cannot be done for text",
                       ensembler->name);
  }
  if (!predict_fits(keys))
    return STRAIT_OK;
  const char *key = keys->weights == WEIGHTS_GREEDY ? "weights = greedy" : "temper = yes";
  if (data_describe(data)->target != STRAIT_TARGET_CLASS)
    return error_set(STRAIT_ENOTSUP, "%s is for data whose targets are classes", key);
  if (!data_count(data, SPLIT_VALIDATION))
    return error_set(STRAIT_EINVAL, "%s fits to the validation split, which is empty; set holdout in the trainings",
                     key);
  if (ensembler && keys->weights == WEIGHTS_GREEDY && ((const strait_ensembler_ops *)ensembler->ops)->combine)
    return error_set(STRAIT_EINVAL, "weights = greedy: %s combines its members in its own way", ensembler->name);
  return STRAIT_OK;
}

int predict_check_fitted(json_t *summary, unsigned shown, unsigned fitted) {
  const unsigned both = shown & fitted;
  const char *text = "nothing was fitted on the samples reported";
  if (both & 1u << SPLIT_TRAIN)
    text = "figures for train are on samples that the weights were fitted to";
  else if (both)
    text = "figures for validation are on samples that the members' weights or temperatures were fitted to";
  return check_put(summary, "fitted", NULL, !both, both != 0, "%s", text);
}

/* --- members --- */

static int keeps(const struct predictions *p) { return p->keep == PREDICT_COMBINED || p->keep == PREDICT_RESULTS; }

static int make_room(struct predictions *p, int split) {
  const int64_t rows = p->rows[split], kept = keeps(p) ? p->members : 1;
  if (rows > INT64_MAX / 8 / p->classes / kept)
    return error_set(STRAIT_ENOMEM, "%lld predictions do not fit in memory", (long long)rows);
  p->logs[split] = memory_alloc((size_t)(kept * rows * p->classes), sizeof(float));
  p->labels[split] = memory_alloc((size_t)rows, sizeof(int32_t));
  if (!p->logs[split] || !p->labels[split])
    return error_failure();
  return p->tokens ? STRAIT_OK : evaluator_labels(p->evaluator, split, p->labels[split]);
}

int predict_begin(struct predictions *p, struct job *job, unsigned splits, int64_t members, int keep,
                  const struct predict_keys *keys) {
  const strait_split *split = data_describe(job->stage->material->data);
  *p = (struct predictions){.job = job, .splits = splits, .shown = splits, .members = members};
  if (keys)
    p->keys = *keys;
  p->tokens = split->target == STRAIT_TARGET_CLASSES;
  p->classes = p->tokens ? 1 : split->classes;
  p->keep = keep;
  p->count = network_weights(job->stage->material->network)->count;
  if (keeps(p) && predict_fits(&p->keys))
    p->splits |= 1u << SPLIT_VALIDATION;
  int status = job_evaluator(job, &p->evaluator);
  for (int s = 0; !status && s < SPLITS; s++) {
    if (!(p->splits & 1u << s))
      continue;
    status = evaluator_rows(p->evaluator, s, &p->rows[s]);
    if (!status && (p->tokens ? keeps(p) : split->target == STRAIT_TARGET_CLASS) &&
        !(keep == PREDICT_ALONE && s == SPLIT_TRAIN))
      status = make_room(p, s);
  }
  if (!status && keep == PREDICT_RESULTS &&
      !(p->weights = memory_alloc((size_t)members, (size_t)p->count * sizeof(float))))
    status = error_failure();
  return status;
}

void predict_free(struct predictions *p) {
  for (int s = 0; s < SPLITS; s++) {
    memory_free(p->logs[s]);
    memory_free(p->labels[s]);
  }
  memory_free(p->weights);
  memory_free(p->shares);
  memory_free(p->temperatures);
  evaluator_free(p->evaluator);
}

static float *member_rows(const struct predictions *p, int split, int64_t i) {
  return p->logs[split] ? p->logs[split] + (keeps(p) ? i : 0) * p->rows[split] * p->classes : NULL;
}

/* "reliability": {"count": [...], "confidence": [...], "accuracy": [...]}, of the bins that are not empty. */
static int put_reliability(const struct quality *q, json_t *one) {
  json_t *count = json_array(), *confidence = json_array(), *accuracy = json_array();
  json_t *whole = json_pack("{s:o, s:o, s:o}", "count", count, "confidence", confidence, "accuracy", accuracy);
  int failed = !whole;
  for (int i = 0; whole && i < CONFIDENCE_BINS; i++)
    if (q->bins[i].count)
      failed |= json_array_append_new(count, json_integer(q->bins[i].count)) ||
                json_array_append_new(confidence, document_measure(q->bins[i].confidence)) ||
                json_array_append_new(accuracy, document_measure(q->bins[i].accuracy));
  if (!failed)
    return put(one, "reliability", whole);
  json_decref(whole);
  return error_set(STRAIT_ENOMEM, "out of memory");
}

/* bins: the reliability too. */
static int put_quality(struct predictions *p, int split, const float *logs, int bins, json_t *one) {
  struct quality q;
  int status = quality_of(p->rows[split], p->classes, logs, p->labels[split], &q);
  if (!status)
    status = put_measure(one, "brier", q.brier);
  if (!status)
    status = put_measure(one, "ece", q.ece);
  if (!status)
    status = put_measure(one, "temperature", q.temperature);
  if (!status)
    status = put_measure(one, "calibrated_nll", q.calibrated_nll);
  if (!status && bins && !isnan(q.ece))
    status = put_reliability(&q, one);
  if (status || !q.uncalibrated)
    return status;
  p->uncalibrated++;
  p->why = q.uncalibrated;
  return put_text(one, "uncalibrated", q.uncalibrated);
}

int predict_member(struct predictions *p, int64_t i, const float *weights, const float *statistics, int as_is,
                   json_t **metrics) {
  struct metrics measured[SPLITS] = {{0}};
  float *logs[SPLITS];
  int status = STRAIT_OK;
  for (int s = 0; s < SPLITS; s++)
    logs[s] = member_rows(p, s, i);
  if (p->weights)
    memcpy(p->weights + i * p->count, weights, (size_t)p->count * sizeof *weights);
  if (!as_is)
    status = evaluator_point(p->evaluator, weights, statistics, p->splits, measured, NULL, logs);
  for (int s = 0; as_is && !status && s < SPLITS; s++)
    if (p->splits & 1u << s)
      status = evaluator_measure(p->evaluator, weights, statistics, s, &measured[s], logs[s]);
  json_t *all = status ? NULL : metrics_json(measured, p->shown);
  if (!status && !all)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  for (int s = 0; !status && s < SPLITS; s++)
    if (p->shown & 1u << s && logs[s] && !p->tokens)
      status = put_quality(p, s, logs[s], p->keep == PREDICT_ALONE, json_object_get(all, split_name(s)));
  if (status)
    json_decref(all);
  *metrics = status ? NULL : all;
  return status;
}

/* --- all together --- */

/* A symmetric (members, members) table, 0 on its diagonal. */
typedef double between(const struct predictions *p, int split, int64_t i, int64_t j);

static double disagree(const struct predictions *p, int split, int64_t i, int64_t j) {
  return 100 * disagreement(p->rows[split], p->classes, member_rows(p, split, i), member_rows(p, split, j));
}

static double apart(const struct predictions *p, int split, int64_t i, int64_t j) {
  (void)split;
  return weights_distance(p->weights + i * p->count, p->weights + j * p->count, p->count);
}

/* *mean: over all pairs. */
static double *tabulate(const struct predictions *p, int split, between *value, struct arena *arena, double *mean) {
  const int64_t m = p->members;
  double *table = arena_alloc(arena, (size_t)(m * m), sizeof *table), sum = 0;
  for (int64_t i = 0; table && i < m; i++)
    for (int64_t j = 0; j < i; j++)
      sum += table[i * m + j] = table[j * m + i] = value(p, split, i, j);
  *mean = m > 1 ? 2 * sum / (double)(m * (m - 1)) : 0;
  return table;
}

static int combine(const struct predictions *p, const strait_object *ensembler, int split, float *combined) {
  const int64_t rows = p->rows[split];
  if (!p->shares)
    return combine_members(ensembler, p->members, rows, p->classes, p->logs[split], combined);
  return combine_weighted(p->members, rows * p->classes, p->logs[split], p->shares, combined);
}

static int combine_split(struct predictions *p, const strait_object *ensembler, int split, struct arena *arena,
                         json_t *into) {
  const int64_t rows = p->rows[split];
  float *combined = arena_alloc(arena, (size_t)(rows * p->classes), sizeof *combined);
  struct metrics m = {0};
  double mean;
  int status = combined ? combine(p, ensembler, split, combined) : error_failure();
  if (status)
    return status;
  judge(rows, p->classes, combined, p->labels[split], &m);
  json_t *one = json_pack("{s:I, s:o, s:o}", "samples", (json_int_t)rows, "nll", document_measure(m.nll), "error",
                          p->tokens ? json_null() : document_number(m.error));
  status = put(into, split_name(split), one);
  if (p->tokens) /* of the other classes nothing is known */
    return status ? status : put_measure(one, "perplexity", exp(m.nll));
  if (!status)
    status = put_quality(p, split, combined, 1, one);
  if (!status && p->members > 1)
    status = tabulate(p, split, disagree, arena, &mean) ? put_number(one, "disagreement", mean) : error_failure();
  return status;
}

int predict_temper(struct predictions *p) {
  const int held = SPLIT_VALIDATION;
  int64_t untempered = 0;
  int status = STRAIT_OK;
  if (!p->keys.temper)
    return STRAIT_OK;
  p->temperatures = memory_alloc((size_t)p->members, sizeof *p->temperatures);
  if (!p->temperatures)
    return error_failure();
  for (int64_t m = 0; !status && m < p->members; m++) {
    status = fit_temperature(p->rows[held], p->classes, member_rows(p, held, m), p->labels[held], &p->temperatures[m]);
    for (int s = 0; !status && s < SPLITS; s++)
      if (p->logs[s])
        temper(p->rows[s], p->classes, p->temperatures[m], member_rows(p, s, m));
    untempered += p->temperatures[m] == 1;
  }
  if (!status && untempered)
    status =
        check_put(p->job->summary, "temper", NULL, 0, (double)untempered,
                  "the temperature of %lld of %lld members stays 1: without an error among the validation samples no "
                  "temperature is best",
                  (long long)untempered, (long long)p->members);
  return status;
}

int predict_choose(struct predictions *p) {
  const int held = SPLIT_VALIDATION;
  if (p->keys.weights != WEIGHTS_GREEDY)
    return STRAIT_OK;
  memory_free(p->shares); /* of fewer members */
  p->shares = memory_alloc((size_t)p->members, sizeof *p->shares);
  return p->shares ? greedy_weights(p->members, p->rows[held], p->classes, p->logs[held], p->labels[held], p->shares)
                   : error_failure();
}

int predict_check_calibrated(const struct predictions *p) {
  if (!p->uncalibrated)
    return STRAIT_OK;
  return check_put(p->job->summary, "calibrated", NULL, 0, (double)p->uncalibrated,
                   "%lld calibrated nll%s as before any temperature, which is 1: %s", (long long)p->uncalibrated,
                   p->uncalibrated == 1 ? " is" : "s are", p->why);
}

int predict_combined(struct predictions *p, const strait_object *ensembler, json_t **metrics) {
  json_t *all = json_object();
  struct arena *arena = arena_create();
  int status = arena ? STRAIT_OK : error_failure();
  if (!status && !all)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  for (int s = 0; !status && s < SPLITS; s++)
    if (p->shown & 1u << s && p->logs[s])
      status = combine_split(p, ensembler, s, arena, all);
  arena_free(arena);
  if (status)
    json_decref(all);
  *metrics = status ? NULL : all;
  return status;
}

/* --- what is kept --- */

/* The probabilities of log-probabilities, in the contents' arena. NULL: no memory. */
static const float *exponentials(const float *logs, int64_t count, struct contents *contents) {
  float *p = arena_alloc(contents->arena, (size_t)count, sizeof *p);
  for (int64_t i = 0; p && i < count; i++)
    p[i] = (float)exp((double)logs[i]);
  if (!p)
    contents->status = STRAIT_ENOMEM;
  return p;
}

static void add_predictions(const struct predictions *p, int split, const float *combined, struct contents *contents) {
  const int64_t rows = p->rows[split];
  const char *prefix = split_prefix[split];
  struct array all = {.type = STRAIT_F32, .rank = 3, .dims = {p->members, rows, p->classes}};
  struct array one = {.type = STRAIT_F32, .rank = 2, .dims = {rows, p->classes}, .data = combined};
  struct array labels = {.type = STRAIT_I32, .rank = 1, .dims = {rows}, .data = p->labels[split]};
  all.data = p->logs[split];
  contents_add(contents, all, "%s_log_probabilities", prefix);
  contents_add(contents, one, "%s_log_combined", prefix);
  all.data = exponentials(p->logs[split], p->members * rows * p->classes, contents);
  one.data = exponentials(combined, rows * p->classes, contents);
  if (!all.data || !one.data)
    return;
  contents_add(contents, all, "%s_probabilities", prefix);
  contents_add(contents, one, "%s_combined", prefix);
  contents_add(contents, labels, "%s_labels", prefix);
  if (!evaluator_subset(p->evaluator, split, NULL))
    return;
  int64_t *numbers = arena_alloc(contents->arena, (size_t)rows, sizeof *numbers);
  if (!numbers) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  evaluator_subset(p->evaluator, split, numbers);
  contents_add(contents, array_i64("", numbers, rows), "%s_numbers", prefix);
}

static int add_split(const struct predictions *p, const strait_object *ensembler, int split,
                     struct contents *contents) {
  double mean, *table = tabulate(p, split, disagree, contents->arena, &mean);
  if (!table)
    return error_failure();
  if (!p->tokens)
    contents_table(contents, table, p->members, p->members, "%s_disagreement", split_prefix[split]);
  if (!p->keys.predictions)
    return STRAIT_OK;
  float *combined = arena_alloc(contents->arena, (size_t)(p->rows[split] * p->classes), sizeof *combined);
  int status = combined ? combine(p, ensembler, split, combined) : error_failure();
  if (!status)
    add_predictions(p, split, combined, contents);
  return status;
}

/* Numbers that were fitted to the validation split, into the summary. */
static int put_fitted(struct predictions *p, const char *key, const double *numbers) {
  json_t *values = numbers ? json_array() : NULL;
  if (!numbers)
    return STRAIT_OK;
  for (int64_t m = 0; m < p->members; m++)
    json_array_append_new(values, document_measure(numbers[m]));
  return put(p->job->summary, key,
             json_pack("{s:s, s:o}", "fitted_on", split_name(SPLIT_VALIDATION), "values", values));
}

static int write_members(const struct predictions *p, const strait_object *ensembler, double *distance) {
  struct contents contents;
  char *file = job_file(p->job, "members.npz");
  if (!file || contents_begin(&contents))
    return error_failure();
  double *table = tabulate(p, 0, apart, contents.arena, distance);
  int status = table ? STRAIT_OK : error_failure();
  if (table)
    contents_table(&contents, table, p->members, p->members, "distances");
  if (p->shares)
    contents_row(&contents, p->shares, p->members, "weights");
  if (p->temperatures)
    contents_row(&contents, p->temperatures, p->members, "temperatures");
  for (int s = 0; !status && s < SPLITS; s++)
    if (p->shown & 1u << s && p->logs[s])
      status = add_split(p, ensembler, s, &contents);
  if (status)
    contents.status = status;
  int written = contents_write(&contents, file, p->job->metadata, JOB_METADATA);
  return status ? status : written;
}

/* "so_far" into the summary: nll and error of the first member, of the first two together, ..., of all. Not where some
 * count more than others: how much is only known of all. */
static int put_so_far(const struct predictions *p, const strait_object *ensembler) {
  const int split = p->logs[SPLIT_TEST] && p->shown & 1u << SPLIT_TEST ? SPLIT_TEST : SPLIT_VALIDATION;
  if (!p->logs[split] || !(p->shown & 1u << split) || p->shares || p->members < 2)
    return STRAIT_OK;
  const int64_t rows = p->rows[split];
  float *combined = memory_alloc((size_t)(rows * p->classes), sizeof *combined);
  json_t *list = json_array();
  int status = combined ? STRAIT_OK : error_failure();
  for (int64_t m = 1; !status && m <= p->members; m++) {
    struct metrics measured = {0};
    status = combine_members(ensembler, m, rows, p->classes, p->logs[split], combined);
    if (status)
      break;
    judge(rows, p->classes, combined, p->labels[split], &measured);
    if (json_array_append_new(list, json_pack("{s:o, s:o}", "nll", document_measure(measured.nll), "error",
                                              document_number(measured.error))))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  }
  memory_free(combined);
  if (status) {
    json_decref(list);
    return status;
  }
  return put(p->job->summary, "so_far", json_pack("{s:s, s:o}", "split", split_name(split), "values", list));
}

int predict_results(struct predictions *p, const strait_object *ensembler) {
  json_t *metrics;
  double distance;
  int status = predict_temper(p);
  if (!status)
    status = put_fitted(p, "temperatures", p->temperatures);
  if (!status)
    status = predict_choose(p);
  if (!status)
    status = put_fitted(p, "weights", p->shares);
  if (!status)
    status = predict_combined(p, ensembler, &metrics);
  if (!status)
    status = put(p->job->summary, "combined", metrics);
  if (!status)
    status = put_so_far(p, ensembler);
  if (!status)
    status = write_members(p, ensembler, &distance);
  return status || p->members < 2 ? status : put_measure(p->job->summary, "distance", distance);
}
