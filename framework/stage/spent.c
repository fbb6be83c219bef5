/* stage/spent.c: counts iterations behind references. Reads nothing. */
#include "stage/spent.h"

#include "stage/material.h"

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

int64_t reference_members(const struct reference *r) { return r->type == REFERENCE_MEMBERS ? r->stage->members : 1; }

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
