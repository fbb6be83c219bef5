/* cli/command_plan.c: `strait plan`: what a run will take: samples, minutes, memory, disk. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "cli/estimate.h"
#include "cli/opened.h"
#include "cli/progress.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "report/table.h"
#include "stage/runner.h"
#include "store/document.h"

static int print_table(const struct estimate *p) {
  struct table *table = table_create("llrrrrrr");
  if (!table)
    return error_failure();
  const char *const heads[] = {"stage",   "state",     "members", "trained images", "evaluated images",
                               "minutes", "memory MB", "disk MB"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  for (size_t i = 0; i < p->lines; i++) {
    const struct estimate_line *l = &p->line[i];
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
  printf("\nStill to do: %.1f minutes at the speed just measured,\n%.0f MB of memory, %.1f MB of disk.\n", p->minutes,
         (double)p->memory / 1e6, (double)p->disk / 1e6);
  if ((double)p->memory > limits_memory_here())
    printf("There are only %.0f MB of memory for it here.\n", limits_memory_here() / 1e6);
  return status;
}

static int print_json(const struct estimate *p, const struct opened *o) {
  json_t *stages = json_array();
  for (size_t i = 0; stages && i < p->lines; i++) {
    const struct estimate_line *l = &p->line[i];
    json_t *needs = json_array();
    for (size_t k = 0; k < o->experiment->count; k++)
      if (stage_needs(l->stage, o->experiment->stages[k]))
        json_array_append_new(needs, json_string(o->experiment->stages[k]->name));
    json_array_append_new(stages,
                          json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:s, s:o}", "name", l->stage->name,
                                    "verb", l->stage->verb->name, "state", result_words[l->result], "members",
                                    (json_int_t)l->stage->members, "trained", (json_int_t)l->cost.trained, "evaluated",
                                    (json_int_t)l->cost.evaluated, "minutes", document_number(l->minutes), "memory",
                                    (json_int_t)l->memory, "disk", (json_int_t)l->cost.disk, "key", l->stage->key,
                                    "needs", needs));
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
  struct estimate p;
  progress_start(1);
  int status = opened_read(a, NULL, &o);
  if (!status)
    status = estimate_create(&p, &o, a->arena);
  for (size_t i = 0; !status && i < o.experiment->count; i++)
    status = estimate_stage(&p, &o, o.experiment->stages[i], 0);
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
