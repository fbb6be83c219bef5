/* stage/prepare.c: what can be known before the first stage runs. Reads data and weights files; writes nothing. */
#include "stage/prepare.h"

#include <strait/curve.h>
#include <strait/schedule.h>
#include <string.h>

#include "base/error.h"
#include "stage/instance.h"
#include "stage/verb.h"
#include "train/checkpoint.h"

struct made stage_made(const struct stage *stage) {
  return (struct made){{{"strait.key", stage->key}, {"strait.numerics", NUMERICS_TEXT}}};
}

/* --- references --- */

int64_t reference_iteration(const struct reference *r) {
  switch (r->type) {
  case REFERENCE_FINAL:
    return r->stage->end;
  case REFERENCE_EPOCH:
    return r->number * stage_epoch(r->stage);
  case REFERENCE_ITERATION:
    return r->number;
  default:
    return 0;
  }
}

/* All that was spent until a stage was done. What two of its sources share is counted for each. */
static int64_t stage_spent(const struct stage *stage) {
  int64_t spent = stage->iterations;
  for (size_t i = 0; i < stage->reference_count; i++)
    if (!stage->references[i]->part)
      spent += reference_spent(stage->references[i]);
  for (size_t i = 0; i < stage->route_count; i++)
    spent += route_spent(stage->routes[i]);
  return spent;
}

int64_t route_spent(const struct route *route) {
  int64_t spent = route->stage ? stage_spent(route->stage) : 0;
  for (size_t i = 0; i < route->count; i++)
    spent += reference_spent(route->parts[i]);
  return spent;
}

int64_t reference_spent(const struct reference *r) {
  int64_t spent = 0;
  if (r->type == REFERENCE_FINAL || r->type == REFERENCE_EPOCH || r->type == REFERENCE_ITERATION)
    return reference_iteration(r) + r->stage->inherited;
  for (size_t i = 0; i < r->count; i++)
    spent += reference_spent(r->parts[i]);
  return r->stage ? stage_spent(r->stage) : spent;
}

int curve_points(const struct stage *stage, int *points) {
  strait_object *curve = NULL;
  int status = stage_object(stage, STRAIT_CURVE, 0, &curve);
  if (status)
    return status;
  const strait_curve_ops *ops = object_ops(curve);
  int64_t n = ops->points(curve);
  object_free(curve);
  if (n < 2 || n > 1024)
    return error_set(STRAIT_EBUG, "curve %s says it has %lld control points; 2 to 1024 are possible",
                     stage->choice[STRAIT_CURVE].cls->name, (long long)n);
  *points = (int)n;
  return STRAIT_OK;
}

int schedule_check(const struct stage *stage, int64_t epoch_iterations, int64_t iterations) {
  strait_object *schedule = NULL;
  int status = stage_object(stage, STRAIT_SCHEDULE, 0, &schedule);
  if (status)
    return status;
  const strait_schedule_ops *ops = object_ops(schedule);
  strait_step step = {.size = sizeof step, .epoch_iterations = epoch_iterations, .iterations = iterations};
  if (ops->check && (status = ops->check(schedule, &step)) != STRAIT_OK)
    status = error_wrap("schedule %s", stage->choice[STRAIT_SCHEDULE].cls->name);
  object_free(schedule);
  return status;
}

/* Adds an iteration to what the train stage keeps. */
static int want(struct stage *stage, int64_t iteration) {
  size_t at = 0;
  while (at < stage->wanted_count && stage->wanted[at] < iteration)
    at++;
  if (at < stage->wanted_count && stage->wanted[at] == iteration)
    return STRAIT_OK;
  int status = memory_grow(&stage->wanted, &stage->wanted_capacity, stage->wanted_count + 1, sizeof *stage->wanted);
  if (status)
    return status;
  memmove(stage->wanted + at + 1, stage->wanted + at, (stage->wanted_count - at) * sizeof *stage->wanted);
  stage->wanted[at] = iteration;
  stage->wanted_count++;
  return STRAIT_OK;
}

static int check_moment(struct reference *r) {
  int64_t end = r->stage->end, first = r->stage->first, at = reference_iteration(r);
  int64_t epoch = stage_epoch(r->stage);
  if (r->type == REFERENCE_EPOCH && (at > end || r->number > INT64_MAX / epoch))
    return error_set(STRAIT_EINVAL, "'%s' is beyond the end of \"%s\", which stops after epoch %lld", r->text, r->name,
                     (long long)(end / epoch));
  if (at > end)
    return error_set(STRAIT_EINVAL, "'%s' is beyond the end of \"%s\", which stops after iteration %lld", r->text,
                     r->name, (long long)end);
  if (at < first && at > 0)
    return error_set(STRAIT_EINVAL, "'%s': \"%s\" goes on from iteration %lld of another training; name that", r->text,
                     r->name, (long long)first);
  return at > first && at < end ? want(r->stage, at) : STRAIT_OK;
}

static int check_control(const struct reference *r) {
  int points = 0, status = curve_points(r->stage, &points);
  if (!status && r->number >= points)
    return error_set(STRAIT_EINVAL, "'%s': the curve has control points 0 to %d", r->text, points - 1);
  return status;
}

/* A file's weights fit this stage's network. */
static int check_file(const struct stage *stage, const struct reference *r) {
  const struct network *network = stage->material->network;
  float *weights = memory_alloc((size_t)network_weights(network)->count, sizeof *weights);
  int status = weights ? checkpoint_read_weights(r->path, network, weights, NULL, NULL, 0) : error_failure();
  memory_free(weights);
  return status;
}

static int check_reference(const struct stage *stage, struct reference *r) {
  switch (r->type) {
  case REFERENCE_EPOCH:
  case REFERENCE_ITERATION:
    return check_moment(r);
  case REFERENCE_CONTROL:
    return check_control(r);
  case REFERENCE_FILE:
    return check_file(stage, r);
  default:
    return STRAIT_OK;
  }
}

/* --- models --- */

static int same_model(const struct stage *stage, const char *name, const struct stage *other) {
  const struct network *ours = stage->material->network, *theirs = other->material->network;
  if (ours == theirs)
    return STRAIT_OK;
  if (layout_match(network_weights(ours), network_weights(theirs), "weights") ||
      strcmp(stage->choice[STRAIT_MODEL].text, other->choice[STRAIT_MODEL].text) != 0)
    return error_set(STRAIT_EINVAL, "\"%s\" has another model than \"%s\": %s against %s; both need the same", name,
                     stage->source ? stage->source->name : stage->name, other->choice[STRAIT_MODEL].text,
                     stage->choice[STRAIT_MODEL].text);
  return STRAIT_OK;
}

/* Do the stages behind all references have this stage's model? */
static int check_models(const struct stage *stage) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < stage->reference_count; i++)
    if (stage->references[i]->stage)
      status = same_model(stage, stage->references[i]->name, stage->references[i]->stage);
  for (size_t i = 0; !status && i < stage->route_count; i++)
    if (stage->routes[i]->stage)
      status = same_model(stage, stage->routes[i]->name, stage->routes[i]->stage);
  return status;
}

/* Does each pattern of line(a,b;only=...) name a parameter? */
static int check_only(const struct stage *stage, const struct route *route) {
  const struct layout *layout = network_weights(stage->material->network);
  for (size_t i = 0; i < route->only_count; i++) {
    int matches = 0;
    for (int s = 0; s < layout->segments && !matches; s++)
      matches = text_matches(route->only[i], layout->segment[s].name);
    if (!matches)
      return error_set(STRAIT_EINVAL, "'%s': no parameter of %s matches \"%s\"; its first is \"%s\"", route->text,
                       stage->choice[STRAIT_MODEL].cls->name, route->only[i], layout->segment[0].name);
  }
  return STRAIT_OK;
}

static int check_split(const struct stage *stage, const char *name) {
  for (int split = 0; split < SPLITS; split++) {
    if (strcmp(name, split_name(split)) != 0)
      continue;
    if (data_count(stage->material->data, split) > 0)
      return STRAIT_OK;
    return error_set(STRAIT_EINVAL, "splits = %s: the data has no samples there%s", name,
                     split == SPLIT_VALIDATION ? "; set holdout in the trainings" : "");
  }
  return error_set(STRAIT_EINVAL, "splits: no split \"%s\"; there are train, validation and test", name);
}

int stage_check_splits(const struct stage *stage, const strait_strings *splits) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < splits->n; i++)
    status = check_split(stage, splits->v[i]);
  return status;
}

/* --- all stages --- */

static int prepare(struct session *session, struct stage *stage) {
  instance_redirect(stage);
  int status = material_find(session, stage, &stage->material);
  if (!status)
    status = optimiser_check(&stage->optimiser);
  if (!status)
    status = check_models(stage);
  for (size_t i = 0; !status && i < stage->reference_count; i++)
    status = check_reference(stage, stage->references[i]);
  for (size_t i = 0; !status && i < stage->route_count; i++)
    status = check_only(stage, stage->routes[i]);
  if (!status)
    status = stage->verb->check(stage);
  return status ? status : stage_key(stage);
}

static int alike(const struct experiment *e, const struct stage *stage) {
  for (size_t i = 0; i < e->count && e->stages[i] != stage; i++)
    if (stage->verb->fresh && !stage->origin && !e->stages[i]->origin && strcmp(e->stages[i]->key, stage->key) == 0 &&
        strcmp(e->stages[i]->measured, stage->measured) == 0)
      return error_set(STRAIT_EINVAL, "alike in every key to [%s] in line %d; give it another seed, or drop one",
                       e->stages[i]->section, e->stages[i]->line);
  return STRAIT_OK;
}

int experiment_prepare(struct session *session, struct experiment *e) {
  for (size_t i = 0; i < e->count; i++)
    if (prepare(session, e->stages[i]) || alike(e, e->stages[i]))
      return stage_fault(e->stages[i], NULL);
    else
      instance_merge(e, e->stages[i]);
  size_t kept = 0;
  for (size_t i = 0; i < e->count; i++)
    if (!e->stages[i]->same)
      e->stages[kept++] = e->stages[i];
  e->count = kept;
  return STRAIT_OK;
}
