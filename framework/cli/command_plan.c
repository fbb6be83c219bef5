/* cli/command_plan.c: `strait plan`: what a run will take: samples, minutes, memory, disk. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/bench.h"
#include "cli/opened.h"
#include "cli/progress.h"
#include "experiment/verb.h"
#include "report/table.h"
#include "stage/cost.h"
#include "stage/runner.h"
#include "store/document.h"

/* A network's speed at a batch, measured once. */
struct speed {
  const struct material *material;
  int64_t batch;
  double trained, evaluated; /* images a second */
};

/* One line of the plan. */
struct line {
  const struct stage *stage;
  int result, aside;
  struct cost cost;
  double minutes; /* of what is not done */
  int64_t memory;
};

struct plan {
  struct line *line;
  size_t lines;
  struct speed *speed;
  size_t speeds;
  double minutes;
  int64_t memory, disk; /* the most at a time; all together */
};

/* Some steps on made-up data: enough to tell minutes from hours. */
static int measure_plan(const struct opened *o, const struct stage *stage, struct speed *speed) {
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

static int speed_of(struct plan *p, const struct opened *o, const struct stage *stage, const struct speed **speed) {
  int64_t batch = stage->optimiser.batch, count = data_count(stage->material->data, SPLIT_TRAIN);
  batch = batch < count ? batch : count;
  for (size_t i = 0; i < p->speeds; i++)
    if (p->speed[i].material == stage->material && p->speed[i].batch == batch)
      return *speed = &p->speed[i], STRAIT_OK;
  struct speed *fresh = &p->speed[p->speeds++];
  *fresh = (struct speed){.material = stage->material, .batch = batch};
  *speed = fresh;
  return measure_plan(o, stage, fresh);
}

static int plan_stage(struct plan *p, const struct opened *o, const struct stage *stage) {
  struct line *line = &p->line[p->lines++];
  const struct speed *speed = NULL;
  line->stage = stage;
  int status = stage_result(o->session, stage, &line->result, &line->aside);
  if (!status)
    status = stage_cost(stage, &line->cost);
  if (status)
    return status;
  line->memory = cost_memory(stage, &line->cost);
  if (line->result == RESULT_DONE)
    return STRAIT_OK;
  status = speed_of(p, o, stage, &speed);
  if (status)
    return status;
  const int64_t trained = line->result == RESULT_UNMEASURED ? 0 : line->cost.trained;
  line->minutes = ((double)trained / speed->trained + (double)line->cost.evaluated / speed->evaluated) / 60;
  p->minutes += line->minutes;
  p->memory = line->memory > p->memory ? line->memory : p->memory;
  p->disk += line->cost.disk;
  return STRAIT_OK;
}

static int print_table(const struct plan *p) {
  struct table *table = table_create("llrrrrrr");
  if (!table)
    return error_failure();
  const char *const heads[] = {"stage",   "state",     "members", "trained images", "evaluated images",
                               "minutes", "memory MB", "disk MB"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  for (size_t i = 0; i < p->lines; i++) {
    const struct line *l = &p->line[i];
    table_add(table, "%s", l->stage->section);
    opened_state(table, l->stage, l->result, l->aside);
    if (l->stage->members)
      table_add(table, "%lld", (long long)l->stage->members);
    else
      table_add(table, "-");
    table_add(table, "%lld", (long long)l->cost.trained);
    table_add(table, "%lld", (long long)l->cost.evaluated);
    table_add(table, "%.1f", l->minutes);
    table_add(table, "%.0f", (double)l->memory / 1e6);
    table_add(table, "%.1f", (double)l->cost.disk / 1e6);
  }
  int status = table_print(table, stdout, 0);
  table_free(table);
  printf("\nStill to do: %.1f minutes at the speed just measured, %.0f MB of memory, %.1f MB of disk.\n", p->minutes,
         (double)p->memory / 1e6, (double)p->disk / 1e6);
  return status;
}

static int print_json(const struct plan *p, const struct opened *o) {
  json_t *stages = json_array();
  for (size_t i = 0; stages && i < p->lines; i++) {
    const struct line *l = &p->line[i];
    json_array_append_new(stages,
                          json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:I, s:I}", "name", l->stage->name, "verb",
                                    l->stage->verb->name, "state", result_words[l->result], "members",
                                    (json_int_t)l->stage->members, "trained", (json_int_t)l->cost.trained, "evaluated",
                                    (json_int_t)l->cost.evaluated, "minutes", document_number(l->minutes), "memory",
                                    (json_int_t)l->memory, "disk", (json_int_t)l->cost.disk));
  }
  json_t *all =
      json_pack("{s:s, s:s, s:o, s:o, s:I, s:I}", "experiment", o->experiment->stem, "folder", o->out, "stages", stages,
                "minutes", document_number(p->minutes), "memory", (json_int_t)p->memory, "disk", (json_int_t)p->disk);
  if (json_array_size(json_object_get(all, "stages")) == p->lines)
    return answer_json(all);
  json_decref(all);
  return error_set(STRAIT_ENOMEM, "out of memory");
}

static int run_plan(const struct arguments *a) {
  struct opened o;
  struct plan p = {0};
  progress_start(1);
  int status = opened_read(a, NULL, &o);
  if (!status) {
    p.line = arena_alloc(a->arena, o.experiment->count, sizeof *p.line);
    p.speed = arena_alloc(a->arena, o.experiment->count, sizeof *p.speed);
    status = p.line && p.speed ? STRAIT_OK : error_failure();
  }
  for (size_t i = 0; !status && i < o.experiment->count; i++)
    status = plan_stage(&p, &o, o.experiment->stages[i]);
  if (!status)
    status = a->json ? print_json(&p, &o) : print_table(&p);
  opened_free(&o);
  return status;
}

const struct command command_plan = {
    .name = "plan",
    .operands = "FILE",
    .summary = "estimate the time, memory and disk of a run",
    .help = "Prints the stages of an experiment file in the order in which they would run: what is done, how many\n"
            "images each trains on and evaluates, and the minutes, memory and disk that it takes. Minutes come\n"
            "from some steps of each network on made-up data, so reading data and saving are not in them. Writes\n"
            "nothing.",
    .flags = FLAG_SET | FLAG_OUT | FLAG_THREADS | FLAG_PLUGINS | FLAG_JSON,
    .least = 1,
    .most = 1,
    .run = run_plan,
};
