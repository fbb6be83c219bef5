/* verbs/course.c: rates.npz and log.jsonl. */
#include <config.h>

#include "verbs/course.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "landscape/contents.h"
#include "landscape/path.h"
#include "report/figures.h"
#include "report/results.h"

#define LARGEST_LOG (256 << 20)

/* --- the rates --- */

static int add_rates(struct job *job, const strait_object *schedule, const struct rates_of *t,
                     struct contents *contents) {
  const struct stage *stage = job->stage;
  double *rates = arena_alloc(contents->arena, (size_t)(t->last - t->first), sizeof *rates);
  if (!rates)
    return error_failure();
  for (int64_t i = t->first; i < t->last; i++) {
    const strait_step step = {sizeof step, 0, i + 1, stage_epoch(stage), t->iterations};
    rates[i - t->first] = training_rate_of(schedule, &stage->optimiser, &step);
  }
  contents_row(contents, rates, t->last - t->first, "rate_%lld", (long long)t->source);
  return STRAIT_OK;
}

int rates_write(struct job *job, const strait_object *schedule, const struct rates_of *trainings, int64_t count) {
  struct contents contents;
  char *file = job_file(job, RATES_FILE);
  if (!file || contents_begin(&contents))
    return error_failure();
  const int64_t sources = count ? trainings[count - 1].source + 1 : 0;
  int64_t *first = arena_alloc(contents.arena, (size_t)sources, sizeof *first);
  int status = first ? STRAIT_OK : error_failure();
  for (int64_t i = 0; !status && i < count; i++) {
    first[trainings[i].source] = trainings[i].first;
    status = add_rates(job, schedule, &trainings[i], &contents);
  }
  if (first)
    contents_add(&contents, array_i64("", first, sources), "first");
  if (status)
    contents.status = status;
  int written = contents_write(&contents, file, job->metadata, JOB_METADATA);
  return status ? status : written;
}

const double *course_rates(const struct course *c, struct arena *arena, int64_t source, int64_t *first,
                           int64_t *count) {
  char name[32];
  const struct array *firsts = c->rates ? arrays_find(c->rates, "first") : NULL;
  snprintf(name, sizeof name, "rate_%lld", (long long)source);
  const double *plain =
      firsts && firsts->type == STRAIT_I64 && source < array_count(firsts) ? figure_row(c->rates, name, count) : NULL;
  double *rates = plain ? arena_alloc(arena, (size_t)*count, sizeof *rates) : NULL;
  if (!rates)
    return NULL;
  *first = ((const int64_t *)firsts->data)[source];
  memcpy(rates, plain, (size_t)*count * sizeof *rates);
  for (size_t i = 0; i < c->halvings; i++) {
    const struct course_halving *h = &c->halving[i];
    for (int64_t k = h->from > *first ? h->from - *first : 0; h->source == source && k < *count; k++)
      rates[k] = ldexp(plain[k], -(int)h->halvings);
  }
  return rates;
}

/* --- the error on the way --- */

static int measure_on_the_way(struct job *job, struct evaluator **tracer, const struct snapshot *snapshot,
                              const struct path *path, int *split, double *error) {
  struct metrics measured[SPLITS] = {{0}};
  float *w = path ? memory_alloc((size_t)path->count, sizeof *w) : NULL;
  int status = path && !w ? error_failure() : STRAIT_OK;
  if (!status && !*tracer)
    status = job_evaluator(job, tracer);
  if (!status)
    *split = evaluator_samples(*tracer, SPLIT_TEST) ? SPLIT_TEST : SPLIT_VALIDATION;
  if (!status && !evaluator_samples(*tracer, *split))
    measured[*split].error = NAN;
  else if (!status && path) {
    path_weights(path, .5, w);
    status = evaluator_point(*tracer, w, snapshot->statistics, 1u << *split, measured, NULL, NULL);
  } else if (!status)
    status = evaluator_measure(*tracer, snapshot->theta[0], snapshot->statistics, *split, &measured[*split], NULL);
  memory_free(w);
  *error = measured[*split].error;
  return status;
}

int course_trace(struct job *job, struct evaluator **tracer, const struct snapshot *snapshot, const struct path *path) {
  int split = SPLIT_TEST;
  double error = NAN;
  if (measure_on_the_way(job, tracer, snapshot, path, &split, &error)) {
    log_message(STRAIT_LOG_WARNING, "trace: %s", error_text());
    error_clear();
    return STRAIT_OK;
  }
  return job_log(job, json_pack("{s:s, s:I, s:s, s:o}", "event", "trace", "iteration", (json_int_t)snapshot->iteration,
                                "split", split_name(split), "test_error", document_number(error)));
}

int64_t course_trace_cost(const struct stage *stage, int64_t epochs) {
  const struct data *data = stage->material->data;
  const int64_t test = data_count(data, SPLIT_TEST), wanted = stage->evaluation.test_samples;
  const int64_t samples = test ? test : data_count(data, SPLIT_VALIDATION);
  return epochs * (wanted && wanted < samples ? wanted : samples);
}

/* --- the log --- */

/* What came after that iteration was taken back by a divergence. */
static void take_back(struct course *c, int64_t source, int64_t from) {
  size_t kept = 0;
  for (size_t i = 0; i < c->count; i++)
    if (c->point[i].source < source || (c->point[i].source == source && c->point[i].iteration <= from))
      c->point[kept++] = c->point[i];
  c->count = kept;
}

static int add_halving(struct course *c, const json_t *event, int64_t source) {
  int status = memory_grow(&c->halving, &c->halving_capacity, c->halvings + 1, sizeof *c->halving);
  if (status)
    return status;
  const struct course_halving h = {source, json_integer_value(json_object_get(event, "from")),
                                   json_integer_value(json_object_get(event, "halvings"))};
  take_back(c, source, h.from);
  c->halving[c->halvings++] = h;
  return STRAIT_OK;
}

/* The place of a point, which may be there already: after an interruption some are gone over again. */
static size_t place_of(const struct course *c, int64_t source, int64_t iteration) {
  size_t at = c->count;
  while (at > 0 && (c->point[at - 1].source > source ||
                    (c->point[at - 1].source == source && c->point[at - 1].iteration >= iteration)))
    at--;
  return at;
}

static int add_event(struct course *c, const json_t *event) {
  const char *what = json_string_value(json_object_get(event, "event"));
  const json_t *at = json_object_get(event, "iteration");
  const int64_t source = json_integer_value(json_object_get(event, "source"));
  if (!what || source < 0)
    return STRAIT_OK;
  if (strcmp(what, "halved") == 0)
    return add_halving(c, event, source);
  if (json_is_integer(at) && strcmp(what, "trace") == 0) {
    const size_t traced = place_of(c, source, json_integer_value(at));
    if (traced < c->count && c->point[traced].iteration == json_integer_value(at))
      c->point[traced].test_error = results_value(event, "test_error");
    return STRAIT_OK;
  }
  if (!json_is_integer(at) || (strcmp(what, "epoch") != 0 && strcmp(what, "moment") != 0))
    return STRAIT_OK;
  const struct course_point p = {.source = source,
                                 .iteration = json_integer_value(at),
                                 .epoch = json_integer_value(json_object_get(event, "epoch")),
                                 .members = json_integer_value(json_object_get(event, "members")),
                                 .rate = results_value(event, "rate"),
                                 .loss = results_value(event, "loss"),
                                 .train_error = results_value(event, "error"),
                                 .test_error = results_value(event, "test_error"),
                                 .distance = results_value(event, "distance")};
  const size_t here = place_of(c, p.source, p.iteration);
  if (here < c->count && c->point[here].source == source && c->point[here].iteration == p.iteration)
    return STRAIT_OK;
  int status = memory_grow(&c->point, &c->capacity, c->count + 1, sizeof *c->point);
  if (status)
    return status;
  memmove(c->point + here + 1, c->point + here, (c->count - here) * sizeof *c->point);
  c->point[here] = p;
  c->count++;
  return STRAIT_OK;
}

static int read_log(struct course *c, const char *file) {
  char *log, *rest;
  size_t length;
  int status = file_read(file, LARGEST_LOG, &log, &length);
  if (status)
    return status;
  for (char *line = strtok_r(log, "\n", &rest); line && !status; line = strtok_r(NULL, "\n", &rest)) {
    json_t *event = json_loads(line, 0, NULL);
    status = event ? add_event(c, event) : STRAIT_OK;
    json_decref(event);
  }
  memory_free(log);
  for (size_t i = 0; i < c->count; i++)
    c->point[i].kept = c->point[i].members > (i ? c->point[i - 1].members : 0);
  return status;
}

int course_read(struct course *c, struct arena *arena, const json_t *stage) {
  const char *folder = results_text(stage, "folder");
  const char *log = arena_format(arena, "%s/log.jsonl", folder),
             *rates = arena_format(arena, "%s/%s", folder, RATES_FILE);
  *c = (struct course){0};
  int status = log && rates ? STRAIT_OK : error_failure();
  if (!status && file_exists(log))
    status = read_log(c, log);
  if (!status && file_exists(rates))
    status = npz_read_ours(&c->rates, rates);
  return status;
}

void course_free(struct course *c) {
  memory_free(c->point);
  memory_free(c->halving);
  arrays_free(c->rates);
  *c = (struct course){0};
}

int64_t course_sources(const struct course *c) { return c->count ? c->point[c->count - 1].source + 1 : 0; }

int64_t course_length(const struct course *c, int64_t source) {
  int64_t length = 0;
  for (size_t i = 0; i < c->count; i++)
    if (c->point[i].source == source)
      length = c->point[i].iteration;
  return length;
}

int course_is_path(const struct course *c, int64_t source) {
  char name[32];
  snprintf(name, sizeof name, "rate_%lld", (long long)source);
  if (c->rates)
    return !arrays_find(c->rates, name);
  for (size_t i = 0; i < c->count; i++)
    if (c->point[i].source == source && c->point[i].rate != 0)
      return 0;
  return 1;
}
