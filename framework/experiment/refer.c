/* experiment/refer.c: finds the stages that a stage's references and paths name. Reads no file. */
#include "experiment/refer.h"

#include <string.h>

#include "base/error.h"
#include "experiment/instance.h"
#include "experiment/settings.h"
#include "experiment/stages.h"
#include "experiment/verb.h"

/* What a whole stage's name means that is no one network. */
static int not_one_network(const struct reference *r) {
  const struct verb *verb = r->stage->verb;
  if (verb->answers & REFERENCE_BIT(REFERENCE_POINT))
    return error_set(STRAIT_EINVAL, "\"%s\" is a whole curve; %s(0.5) or %s#1 names weights on it", r->name, r->name,
                     r->name);
  if (verb->answers & REFERENCE_BIT(REFERENCE_MEMBER))
    return error_set(STRAIT_EINVAL, "\"%s\" has several members; %s[0] names one", r->name, r->name);
  return error_set(STRAIT_EINVAL, "\"%s\" is a %s stage and has no weights", r->name, verb->name);
}

/* Does the verb of the stage that is named answer this form? */
static int suits(const struct reference *r) {
  static const char *const marks[] = {[REFERENCE_EPOCH] = "@ needs",         [REFERENCE_ITERATION] = "@ needs",
                                      [REFERENCE_MEMBER] = "[ ] needs",      [REFERENCE_MEMBERS] = "[ ] needs",
                                      [REFERENCE_POINT] = "(t) and #i need", [REFERENCE_CONTROL] = "(t) and #i need"};
  const struct experiment *e = r->stage->experiment;
  if (r->stage->verb->answers & REFERENCE_BIT(r->type))
    return STRAIT_OK;
  if (r->type == REFERENCE_FINAL)
    return not_one_network(r);
  const char *wanted = verbs_answering(e->verbs, REFERENCE_BIT(r->type), e->arena);
  return wanted ? error_set(STRAIT_EINVAL, "\"%s\" is a %s stage; %s %s", r->name, r->stage->verb->name, marks[r->type],
                            wanted)
                : error_failure();
}

int stage_named(struct stage *stage, const char *name, struct stage **found) {
  *found = experiment_stage(stage->experiment, name);
  if (!*found)
    return stages_none(stage->experiment, name);
  return stage->instance ? instance_stage(stage->instance, *found, found) : STRAIT_OK;
}

/* Finds the stages of a reference and of its parts, and lists them. */
static int bind(struct stage *stage, struct reference *r) {
  int status = STRAIT_OK;
  if (r->name && (status = stage_named(stage, r->name, &r->stage)) == STRAIT_OK)
    status = suits(r);
  if (!status)
    status = memory_grow(&stage->references, &stage->reference_capacity, stage->reference_count + 1,
                         sizeof *stage->references);
  if (!status)
    stage->references[stage->reference_count++] = r;
  for (size_t i = 0; !status && i < r->count; i++)
    status = bind(stage, r->parts[i]);
  return status;
}

/* Where relative paths in the value of a key start. */
static const char *folder_of(const struct stage *stage, const char *key) {
  const struct setting *s = settings_find(&stage->settings, key);
  if (!s)
    s = settings_find(stage->defaults, key);
  return s ? s->folder : ".";
}

int stage_refer(struct stage *stage, const char *key, const char *text, struct reference **reference) {
  int status = reference_parse(stage->experiment->arena, text, folder_of(stage, key), reference);
  if (!status)
    status = bind(stage, *reference);
  return status ? stage_fault(stage, key) : STRAIT_OK;
}

static int not_a_path(const struct route *route) {
  const struct experiment *e = route->stage->experiment;
  const char *wanted = verbs_answering(e->verbs, ANSWERS_CURVE, e->arena);
  return wanted
             ? error_set(STRAIT_EINVAL, "\"%s\" is a %s stage; a path is the name of %s, line(a,b) or chain(a,b,...)",
                         route->name, route->stage->verb->name, wanted)
             : error_failure();
}

static int bind_route(struct stage *stage, struct route *route) {
  int status = STRAIT_OK;
  if (route->name)
    status = stage_named(stage, route->name, &route->stage);
  if (!status && route->name && !(route->stage->verb->answers & ANSWERS_CURVE))
    return not_a_path(route);
  for (size_t i = 0; !status && i < route->count; i++)
    status = bind(stage, route->parts[i]);
  if (!status)
    status = memory_grow(&stage->routes, &stage->route_capacity, stage->route_count + 1, sizeof *stage->routes);
  if (!status)
    stage->routes[stage->route_count++] = route;
  return status;
}

int stage_route(struct stage *stage, const char *key, const char *text, struct route **route) {
  int status = route_parse(stage->experiment->arena, text, folder_of(stage, key), route);
  if (!status)
    status = bind_route(stage, *route);
  return status ? stage_fault(stage, key) : STRAIT_OK;
}

int stage_route_plain(struct stage *stage, const char *key, const char *text, struct route **route) {
  int status = stage_route(stage, key, text, route);
  if (status || !(*route)->repair)
    return status;
  error_set(STRAIT_EINVAL, "'%s': only scan measures repaired lines; leave ;repair out", (*route)->text);
  return stage_fault(stage, key);
}
