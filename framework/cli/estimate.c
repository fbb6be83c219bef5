/* cli/estimate.c: times some steps of each network, and multiplies. */
#include <config.h>

#include "cli/estimate.h"

#include <time.h>

#include "base/error.h"
#include "cli/bench.h"
#include "stage/runner.h"

/* A network's speed at a batch, measured once. */
struct speed {
  const struct network *network; /* shared by all stages whose model says the same */
  int64_t batch;
  double trained, evaluated; /* images a second */
};

/* Some steps on made-up data: enough to tell minutes from hours. */
static int measure(const struct opened *o, const struct stage *stage, struct speed *speed) {
  struct bench_result result;
  struct bench_plan plan = {.model = stage->material->model,
                            .signature = *network_signature(stage->material->network),
                            .team = o->session->team,
                            .batch = speed->batch,
                            .repeats = 3,
                            .seconds = 0.1,
                            .clock = CLOCK_MONOTONIC,
                            .phases = 1u << BENCH_TRAIN | 1u << BENCH_EVALUATE};
  int status = bench_run(&plan, &result);
  speed->trained = result.phase[BENCH_TRAIN].median;
  speed->evaluated = result.phase[BENCH_EVALUATE].median;
  bench_free(&result);
  return status;
}

static int speed_of(struct estimate *e, const struct opened *o, const struct stage *stage, const struct speed **speed) {
  int64_t batch = stage->optimiser.batch, count = data_count(stage->material->data, SPLIT_TRAIN);
  const int64_t shards = stage->optimiser.shards > 1 ? stage->optimiser.shards : 1;
  batch = batch < count ? batch : count;
  batch = (batch + shards - 1) / shards; /* what goes through the network at a time */
  for (size_t i = 0; i < e->speeds; i++)
    if (e->speed[i].network == stage->material->network && e->speed[i].batch == batch)
      return *speed = &e->speed[i], STRAIT_OK;
  struct speed *fresh = &e->speed[e->speeds++];
  *fresh = (struct speed){.network = stage->material->network, .batch = batch};
  *speed = fresh;
  return measure(o, stage, fresh);
}

int estimate_stage(struct estimate *e, const struct opened *o, const struct stage *stage, int again) {
  struct estimate_line *line = &e->line[e->lines++];
  const struct speed *speed = NULL;
  line->stage = stage;
  int status = stage_result(o->session, stage, &line->result, &line->aside);
  if (!status)
    status = stage_cost(stage, &line->cost);
  if (status)
    return status;
  line->memory = cost_memory(stage, &line->cost);
  if (line->result == RESULT_DONE && !again)
    return STRAIT_OK;
  status = speed_of(e, o, stage, &speed);
  if (status)
    return status;
  const int64_t trained = line->result == RESULT_UNMEASURED ? 0 : line->cost.trained;
  line->minutes = ((double)trained / speed->trained + (double)line->cost.evaluated / speed->evaluated) / 60;
  e->minutes += line->minutes;
  e->memory = line->memory > e->memory ? line->memory : e->memory;
  e->disk += line->cost.disk;
  return STRAIT_OK;
}

int estimate_create(struct estimate *e, const struct opened *o, struct arena *arena) {
  *e = (struct estimate){0};
  e->line = arena_alloc(arena, o->experiment->count, sizeof *e->line);
  e->speed = arena_alloc(arena, o->experiment->count, sizeof *e->speed);
  return e->line && e->speed ? STRAIT_OK : error_failure();
}
