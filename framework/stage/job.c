/* stage/job.c: what the verbs share while they work: clock, log, progress, metrics as JSON. */
#include <config.h>

#include "stage/job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

double clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

char *job_file(struct job *job, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *name = arena_format_v(job->arena, format, arguments);
  va_end(arguments);
  return name ? file_join(job->arena, job->path, name) : NULL;
}

int put(json_t *object, const char *key, json_t *value) {
  if (json_object_set_new(object, key, value))
    return error_set(STRAIT_ENOMEM, "out of memory");
  return STRAIT_OK;
}
int put_number(json_t *object, const char *key, double value) { return put(object, key, document_number(value)); }
int put_measure(json_t *object, const char *key, double value) { return put(object, key, document_measure(value)); }
int put_integer(json_t *object, const char *key, int64_t value) { return put(object, key, json_integer(value)); }
int put_text(json_t *object, const char *key, const char *value) { return put(object, key, json_string(value)); }

int job_log(struct job *job, json_t *event) {
  if (!event)
    return error_set(STRAIT_ENOMEM, "out of memory");
  int status = put_number(event, "seconds", round((clock_now() - job->started) * 1e3) / 1e3);
  if (!status)
    status = folder_log(job->folder, event);
  json_decref(event);
  return status;
}

/* --- the watcher --- */

void job_begin(struct job *job, const char *what, int64_t done, int64_t total, const char *unit) {
  const struct progress *p = job->session->progress;
  if (p && p->begin)
    p->begin(p->context, what, done, total, unit);
}

void job_tick(struct job *job, int64_t done, const char *note, int milestone) {
  const struct progress *p = job->session->progress;
  if (p && p->tick)
    p->tick(p->context, done, note, milestone);
}

void job_end(struct job *job) {
  const struct progress *p = job->session->progress;
  if (p && p->end)
    p->end(p->context);
}

#define WORTH_SAYING .05 /* of an epoch's time, that the next batch was not ready */

struct moments job_moments(const struct job *job, int64_t end) {
  return (struct moments){.folder = job->path,
                          .arena = job->arena,
                          .epoch = stage_epoch(job->stage),
                          .end = end,
                          .network = job->stage->material->network,
                          .made = job->metadata,
                          .made_pairs = JOB_METADATA};
}

int job_halved(struct job *job, const struct halving *h, int64_t source) {
  json_t *event = json_pack("{s:s, s:I, s:I, s:I}", "event", "halved", "iteration", (json_int_t)h->at, "from",
                            (json_int_t)h->from, "halvings", (json_int_t)h->halvings);
  log_message(STRAIT_LOG_WARNING, "%s: %s; resuming from iteration %lld at half the rate (halved %lld time%s)",
              job->stage->name, h->why, (long long)h->from, (long long)h->halvings, h->halvings == 1 ? "" : "s");
  if (event && source >= 0 && put_integer(event, "source", source)) {
    json_decref(event);
    return error_failure();
  }
  return job_log(job, event);
}

int put_halvings(struct job *job, int64_t halvings) {
  return halvings ? put_integer(job->summary, "halvings", halvings) : STRAIT_OK;
}

int job_epoch(struct job *job, const struct training *training, int64_t epochs, int64_t at) {
  struct loss_sums sums;
  training_progress(training, &sums);
  int64_t iteration = training_iteration(training), epoch = iteration / training_epoch_iterations(training);
  double rows = sums.rows > 0 ? (double)sums.rows : 1, loss = sums.loss / rows,
         error = 100. * (double)sums.errors / rows, waited = training_waited(training);
  char note[128];
  int length = snprintf(note, sizeof note, "epoch %lld/%lld  loss %.4g  error %.2f %%", (long long)epoch,
                        (long long)epochs, loss, error);
  if (waited > WORTH_SAYING && length > 0 && (size_t)length < sizeof note)
    snprintf(note + length, sizeof note - (size_t)length, "  waiting for data %.0f %%", 100 * waited);
  job_tick(job, at + iteration, note, 1);
  json_t *event = json_pack("{s:s, s:I, s:I, s:f, s:o, s:f, s:f}", "event", "epoch", "epoch", (json_int_t)epoch,
                            "iteration", (json_int_t)iteration, "rate", training_rate(training, iteration), "loss",
                            document_measure(loss), "error", error, "waited", round(waited * 1e3) / 1e3);
  if (event && network_signature(job->stage->material->network)->target == STRAIT_TARGET_CLASSES &&
      put_measure(event, "perplexity", exp(sums.nll / rows))) {
    json_decref(event);
    return error_failure();
  }
  return job_log(job, event);
}

/* --- metrics --- */

int job_evaluator(struct job *job, struct evaluator **evaluator) {
  const struct stage *s = job->stage;
  struct evaluate_keys keys = s->evaluation;
  keys.exact = s->optimiser.exact;
  keys.decay_dims = s->optimiser.weight_decay_dims;
  int status =
      evaluator_create(evaluator, s->material->network, s->material->data, job->session->device, &keys, &s->seeds,
                       s->optimiser.batch, s->optimiser.weight_decay, &s->optimiser.weight_decay_exclude);
  if (!status && *evaluator_rule(*evaluator) && !(job->batch_norm = arena_copy(job->arena, evaluator_rule(*evaluator))))
    status = error_failure();
  if (status) {
    evaluator_free(*evaluator);
    *evaluator = NULL;
  }
  return status;
}

int job_splits(struct job *job, const strait_strings *names, unsigned *splits) {
  *splits = 0;
  for (int split = 0; split < SPLITS; split++) {
    int wanted = names->n == 0;
    for (size_t i = 0; i < names->n; i++)
      wanted |= strcmp(names->v[i], split_name(split)) == 0;
    if (wanted && data_count(job->stage->material->data, split) > 0)
      *splits |= 1u << split;
  }
  return STRAIT_OK;
}

json_t *metrics_json(const struct metrics metrics[SPLITS], unsigned splits) {
  json_t *all = json_object();
  for (int split = 0; all && split < SPLITS; split++) {
    const struct metrics *m = &metrics[split];
    if (!(splits & 1u << split))
      continue;
    json_t *one =
        json_pack("{s:I, s:o, s:o, s:o}", "samples", (json_int_t)m->samples, "loss", document_measure(m->loss), "nll",
                  document_measure(m->nll), "error", document_number(m->error));
    if (put(all, split_name(split), one) || (m->tokens && put_measure(one, "perplexity", exp(m->nll)))) {
      json_decref(all);
      return NULL;
    }
  }
  return all;
}

int job_measure(struct evaluator *evaluator, const float *weights, const float *statistics, unsigned splits,
                json_t **metrics) {
  struct metrics measured[SPLITS] = {{0}};
  int status = evaluator_point(evaluator, weights, statistics, splits, measured, NULL, NULL);
  *metrics = status ? NULL : metrics_json(measured, splits);
  return status || *metrics ? status : error_set(STRAIT_ENOMEM, "out of memory");
}

double summary_value(const json_t *object, const char *key) {
  double value;
  document_value(json_object_get(object, key), &value);
  return value;
}

void summary_metrics(const json_t *metrics, struct text *line) {
  for (int split = 0; split < SPLITS; split++) {
    const json_t *m = json_object_get(metrics, split_name(split));
    if (!m)
      continue;
    text_add(line, "%s%s nll %.4g", line->length ? "; " : "", split_name(split), summary_value(m, "nll"));
    if (json_object_get(m, "perplexity"))
      text_add(line, ", perplexity %.5g", summary_value(m, "perplexity"));
    if (json_is_number(json_object_get(m, "error")))
      text_add(line, ", error %.2f %%", summary_value(m, "error"));
  }
}
