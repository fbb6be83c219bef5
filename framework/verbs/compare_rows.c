/* verbs/compare_rows.c: from the measures of a compare stage to its rows: means, errors, paired differences, costs.
 * Reads the summaries of the copies. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "experiment/verb.h"
#include "stage/spent.h"
#include "verbs/checks.h"
#include "verbs/compare.h"
#include "verbs/means.h"
#include "verbs/predict.h"

struct stage *compare_need(const struct stage *stage, size_t seed, int64_t run, size_t i) {
  const struct compare_keys *k = stage->own;
  return stage->needs[(seed * (size_t)k->runs + (size_t)run) * k->of.n + i];
}

/* What share of which stages' work went into a stage: {"left": 0.8, "fge": 1}. */
static int add_work(json_t *work, const struct stage *stage, double share) {
  int status = STRAIT_OK;
  if (share > json_number_value(json_object_get(work, stage->name)))
    status = put_number(work, stage->name, share);
  for (size_t i = 0; !status && i < stage->reference_count; i++) {
    const struct reference *r = stage->references[i];
    double part = 1;
    if (r->stage && (r->type == REFERENCE_EPOCH || r->type == REFERENCE_ITERATION) && r->stage->iterations)
      part = (double)reference_iteration(r) / (double)r->stage->iterations;
    if (r->stage)
      status = add_work(work, r->stage, part < 1 ? part : 1);
  }
  for (size_t i = 0; !status && i < stage->route_count; i++)
    if (stage->routes[i]->stage)
      status = add_work(work, stage->routes[i]->stage, 1);
  return status;
}

/* Iterations until a stage was done, from its own summary. */
static int64_t spent(const struct comparison *c, const struct stage *stage) {
  char *folder = stage_folder(c->job->session, stage, c->job->arena);
  char *file = folder ? file_join(c->job->arena, folder, "summary.json") : NULL;
  json_t *summary = NULL;
  if (!file || document_read(file, &summary))
    return error_failure();
  int64_t iterations = json_integer_value(json_object_get(summary, "spent"));
  json_decref(summary);
  return iterations;
}

static int put_cost(struct comparison *c, json_t *row, size_t i, size_t b) {
  const struct stage *stage = c->job->stage;
  const struct compare_keys *k = stage->own;
  json_t *members = json_array(), *work = json_array();
  int64_t iterations = 0;
  int status = put(row, "members", members);
  for (size_t s = 0; !status && s < k->seed_count; s++) {
    json_t *one = json_object();
    if (json_array_append_new(work, one) ||
        json_array_append_new(members, json_integer(c->members[(s * k->of.n + i) * k->budgets.n + b])))
      status = error_set(STRAIT_ENOMEM, "out of memory");
    for (int64_t run = 0; !status && run < k->budgets.v[b]; run++) {
      int64_t n = spent(c, compare_need(stage, s, run, i));
      status = n < 0 ? (int)n : add_work(one, compare_need(stage, s, run, i), 1);
      iterations += n;
    }
  }
  iterations /= k->seed_count ? (int64_t)k->seed_count : 1;
  if (!status)
    status = put_integer(row, "gradients", iterations);
  if (!status)
    status = put_number(row, "epochs", (double)iterations / (double)stage_epoch(compare_need(stage, 0, 0, i)));
  if (status) {
    json_decref(work);
    return status;
  }
  return put(row, "work", work);
}

/* 0: that seed has no such figure. */
static int value_of(const struct comparison *c, size_t seed, size_t i, size_t b, const char *split, const char *name,
                    double *value) {
  const struct compare_keys *k = c->job->stage->own;
  const json_t *metrics = c->metrics[(seed * k->of.n + i) * k->budgets.n + b];
  return document_value(json_object_get(json_object_get(metrics, split), name), value);
}

/* The place of budget 1, or of the smallest, among the budgets. */
static size_t smallest_budget(const struct compare_keys *k) {
  size_t least = 0;
  for (size_t b = 1; b < k->budgets.n; b++)
    if (k->budgets.v[b] < k->budgets.v[least])
      least = b;
  return least;
}

static int put_figure(struct comparison *c, json_t *into, size_t i, size_t b, const char *split, const char *name) {
  const struct compare_keys *k = c->job->stage->own;
  double *values = arena_alloc(c->job->arena, k->seed_count, sizeof *values);
  int whole = 1;
  if (!values)
    return error_failure();
  for (size_t s = 0; s < k->seed_count; s++)
    whole &= value_of(c, s, i, b, split, name, &values[s]);
  if (!whole)
    return STRAIT_OK;
  json_t *figure = figure_json(values, k->seed_count);
  int status = put(into, name, figure);
  for (size_t s = 0; whole && k->against < k->of.n && s < k->seed_count; s++) {
    double theirs;
    whole = value_of(c, s, k->against, smallest_budget(k), split, name, &theirs);
    values[s] -= theirs;
  }
  if (!status && k->against < k->of.n && whole)
    status = put(figure, "difference", figure_json(values, k->seed_count));
  return status;
}

static int put_row(struct comparison *c, json_t *rows, size_t i, size_t b) {
  const struct compare_keys *k = c->job->stage->own;
  json_t *row = json_pack("{s:s, s:s, s:I}", "stage", k->of.v[i], "verb",
                          compare_need(c->job->stage, 0, 0, i)->verb->name, "budget", (json_int_t)k->budgets.v[b]);
  int status =
      row && !json_array_append_new(rows, row) ? put_cost(c, row, i, b) : error_set(STRAIT_ENOMEM, "out of memory");
  json_t *first = c->metrics[i * k->budgets.n + b];
  for (void *at = json_object_iter(first); at && !status; at = json_object_iter_next(first, at)) {
    json_t *split = json_object(), *figures = json_object_iter_value(at);
    status = put(row, json_object_iter_key(at), split);
    for (void *f = json_object_iter(figures); f && !status; f = json_object_iter_next(figures, f))
      if (strcmp(json_object_iter_key(f), "samples") != 0 && strcmp(json_object_iter_key(f), "perplexity") != 0)
        status = put_figure(c, split, i, b, json_object_iter_key(at), json_object_iter_key(f));
    double nll; /* perplexities are not averaged: theirs is that of the mean nll */
    if (!status && json_object_get(figures, "perplexity") &&
        document_value(json_object_get(json_object_get(split, "nll"), "mean"), &nll))
      status = put_measure(split, "perplexity", exp(nll));
  }
  return status;
}

static int put_rows(struct comparison *c) {
  struct job *job = c->job;
  const struct compare_keys *k = job->stage->own;
  json_t *seeds = json_array(), *rows = json_array();
  int status = put(job->summary, "seeds", seeds);
  for (size_t s = 0; !status && s < k->seed_count; s++)
    if (json_array_append_new(seeds, json_integer(k->seed[s])))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && k->against < k->of.n)
    status = put_text(job->summary, "single", k->of.v[k->against]);
  if (status) {
    json_decref(rows);
    return status;
  }
  status = put(job->summary, "rows", rows);
  for (size_t b = 0; !status && b < k->budgets.n; b++)
    for (size_t i = 0; !status && i < k->of.n; i++)
      status = put_row(c, rows, i, b);
  return status;
}

/* The largest ratio of two costs at one budget. */
static double uneven(const json_t *rows) {
  double most = 1;
  for (size_t i = 0; i < json_array_size(rows); i++)
    for (size_t j = 0; j < json_array_size(rows); j++) {
      const json_t *a = json_array_get(rows, i), *b = json_array_get(rows, j);
      if (json_integer_value(json_object_get(a, "budget")) == json_integer_value(json_object_get(b, "budget")))
        most = fmax(most, json_number_value(json_object_get(a, "gradients")) /
                              json_number_value(json_object_get(b, "gradients")));
    }
  return most;
}

static int put_checks(struct comparison *c) {
  const struct compare_keys *k = c->job->stage->own;
  json_t *summary = c->job->summary;
  double ratio = uneven(json_object_get(summary, "rows"));
  int others = 0;
  for (size_t i = 0; i < c->job->stage->need_count; i++)
    others += c->job->stage->needs[i]->material->data != c->job->stage->material->data;
  int status = check_put(summary, "budgets", NULL, ratio <= 1.01, ratio,
                         "of two stages at one budget one took %.4g times the other's gradients; above 1.01 they are "
                         "not equal",
                         ratio);
  if (!status)
    status = check_put(summary, "data", NULL, others == 0, others, "%d stage%s other data than the first", others,
                       others == 1 ? " has" : "s have");
  if (!status)
    status = predict_check_fitted(summary, c->splits, c->fitted);
  return status ? status
                : check_put(summary, "seeds", NULL, k->seed_count > 1, (double)k->seed_count,
                            "%zu seed%s; from 2 on there is a standard error", k->seed_count,
                            k->seed_count == 1 ? "" : "s");
}

int compare_put(struct comparison *c) {
  int status = put_rows(c);
  return status ? status : put_checks(c);
}
