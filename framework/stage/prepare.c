/* stage/prepare.c: what can be known before the first stage runs. Reads data and weights files; writes nothing. */
#include "stage/prepare.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/faults.h"
#include "experiment/instance.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/key.h"
#include "stage/plugins.h"
#include "stage/spent.h"
#include "train/checkpoint.h"

/* --- references --- */

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
    return error_set(STRAIT_EINVAL,
                     "'%s': \"%s\" starts at iteration %lld of another training; name a moment of that training",
                     r->text, r->name, (long long)first);
  return at > first && at < end ? want(r->stage, at) : STRAIT_OK;
}

static int check_member(const struct reference *r) {
  if (r->number < r->stage->members)
    return STRAIT_OK;
  return error_set(STRAIT_EINVAL, "'%s': \"%s\" keeps %lld member%s, counted from 0", r->text, r->name,
                   (long long)r->stage->members, r->stage->members == 1 ? "" : "s");
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

static int check_reference(const struct stage *stage, struct reference *r) {
  switch (r->type) {
  case REFERENCE_EPOCH:
  case REFERENCE_ITERATION:
    return check_moment(r);
  case REFERENCE_CONTROL:
    return check_control(r);
  case REFERENCE_MEMBER:
    return check_member(r);
  case REFERENCE_FILE:
    return check_file(stage, r);
  case REFERENCE_ALONG:
    return check_only(stage, r->along);
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
      return error_set(STRAIT_EINVAL,
                       "every key equals that of [%s] in line %d; change the seed, or remove one of the two",
                       e->stages[i]->section, e->stages[i]->line);
  return STRAIT_OK;
}

/* Does it refer to a stage that could not be prepared? */
static int hangs(const struct stage *stage) {
  int damaged = stage->origin && stage->origin->damaged;
  for (size_t i = 0; i < stage->reference_count; i++)
    damaged |= stage->references[i]->stage && stage->references[i]->stage->damaged;
  for (size_t i = 0; i < stage->route_count; i++)
    damaged |= stage->routes[i]->stage && stage->routes[i]->stage->damaged;
  for (size_t i = 0; i < stage->need_count; i++)
    damaged |= stage->needs[i]->damaged;
  return damaged;
}

/* Prepares all stages that can be; fails with the faults of all. */
static int prepare_all(struct session *session, struct experiment *e) {
  struct faults faults = {0};
  struct error_chain last = {0};
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < e->count; i++) {
    struct stage *stage = e->stages[i];
    stage->damaged = hangs(stage);
    if (stage->damaged)
      continue;
    log_about(stage->origin ? stage->origin->section : stage->section);
    stage->damaged = prepare(session, stage) || alike(e, stage);
    log_about(NULL);
    if (!stage->damaged)
      instance_merge(e, stage);
    else if (strcmp(last.text, error_text()) != 0) { /* the same data set fails for all of its stages */
      memcpy(last.text, error_text(), strlen(error_text()) + 1);
      stage_fault(stage, NULL);
      status = faults_add(&faults, stage->line);
    }
  }
  if (!status)
    status = faults_report(&faults);
  faults_free(&faults);
  return status;
}

int experiment_prepare(struct session *session, struct experiment *e) {
  int status = prepare_all(session, e);
  if (status)
    return status;
  size_t kept = 0;
  for (size_t i = 0; i < e->count; i++)
    if (!e->stages[i]->same)
      e->stages[kept++] = e->stages[i];
  e->count = kept;
  return STRAIT_OK;
}
