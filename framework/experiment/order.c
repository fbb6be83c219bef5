/* experiment/order.c: the order in which stages run: what a stage needs comes before it, else the file's. Touches
 * nothing but the list. */
#include "experiment/order.h"

#include "base/error.h"
#include "base/text.h"
#include "experiment/stages.h"

struct search {
  struct stage **ordered;
  size_t count;
  struct text way; /* "a -> b", from where the search began to where it is */
};

static int visit(struct search *search, struct stage *stage);

/* All that the stage refers to; and a copy comes after what it is a copy of, so that of two that are alike the one in
 * the file is kept. */
static int visit_needs(struct search *search, struct stage *stage) {
  int status = visit(search, stage->origin);
  for (size_t i = 0; !status && i < stage->reference_count; i++)
    status = visit(search, stage->references[i]->stage);
  for (size_t i = 0; !status && i < stage->route_count; i++)
    status = visit(search, stage->routes[i]->stage);
  for (size_t i = 0; !status && i < stage->need_count; i++)
    status = visit(search, stage->needs[i]);
  return status;
}

/* Depth first. NULL is nothing. */
static int visit(struct search *search, struct stage *stage) {
  if (!stage || stage->mark == 2)
    return STRAIT_OK;
  struct text *way = &search->way;
  size_t length = way->length;
  text_add(way, "%s%s", length ? " -> " : "", stage->name);
  if (way->status)
    return way->status;
  if (stage->mark == 1) {
    error_set(STRAIT_EINVAL, "the stages refer to each other in a circle: %s", way->data);
    return stage_fault(stage, NULL);
  }
  stage->mark = 1;
  int status = visit_needs(search, stage);
  stage->mark = 2;
  search->ordered[search->count++] = stage;
  way->length = length;
  way->data[length] = 0;
  return status;
}

int experiment_order(struct experiment *e) {
  struct search search = {.ordered = arena_alloc(e->arena, e->all_count, sizeof *search.ordered)};
  int status = search.ordered ? STRAIT_OK : error_failure();
  for (size_t i = 0; !status && i < e->all_count; i++)
    status = visit(&search, e->all[i]);
  text_free(&search.way);
  if (!status)
    e->stages = search.ordered;
  return status;
}
