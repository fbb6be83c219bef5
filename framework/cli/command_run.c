/* cli/command_run.c: `strait run` and `strait check`, which is all of run but the running. */
#include "cli/answer.h"
#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/opened.h"
#include "cli/progress.h"
#include "cli/requeue.h"
#include "cli/tables.h"
#include "experiment/stages.h"
#include "report/results.h"
#include "report/table.h"
#include "stage/children.h"
#include "stage/fits.h"
#include "stage/key.h"
#include "stage/runner.h"
#include "stage/warnings.h"

static int print_results(const struct arguments *a, const char *out) {
  json_t *results;
  int status = results_load(out, &results);
  if (!status)
    status = a->json ? tables_print_json(results) : tables_print(results, a->operands[0]);
  json_decref(results);
  return status;
}

struct run_keys {
  int32_t wait_lock, requeue;
};
static const strait_option table_of_keys[] = {
    STRAIT_BOOL("wait-lock", struct run_keys, wait_lock, "no", "wait for a stage that another process is at work on"),
    STRAIT_BOOL("requeue", struct run_keys, requeue, "no",
                "in a Slurm job: at SIGUSR1 save, and put the job into the queue again"),
};
static const struct option_table run_options = {table_of_keys, sizeof *table_of_keys,
                                                sizeof table_of_keys / sizeof *table_of_keys};

/* What a child process is called with: all that decides results, and silence. */
static int run_side_by_side(const struct arguments *a, const struct run_keys *keys, const struct opened *o) {
  const char **words = arena_alloc(a->arena, 9 + 2 * a->set_count, sizeof *words);
  size_t n = 0;
  if (!words)
    return error_failure();
  words[n++] = "run";
  words[n++] = "--quiet";
  words[n++] = "--out";
  words[n++] = o->out;
  if (keys->wait_lock)
    words[n++] = "--wait-lock";
  if (a->plugin_dir) {
    words[n++] = "--plugin-dir";
    words[n++] = a->plugin_dir;
  }
  for (size_t i = 0; i < a->set_count; i++) {
    words[n++] = "--set";
    words[n++] = a->sets[i];
  }
  struct children children = {.jobs = a->jobs, .arguments = words, .argument_count = n};
  return experiment_run_children(o->session, o->experiment, &children, a->command_line);
}

/* Of a child process, and of a job: the stage is what was read when it was started or submitted, also where the file
 * was changed since. */
static int check_key(const struct arguments *a, const struct opened *o) {
  const struct stage *stage = experiment_stage(o->experiment, a->stage ? a->stage : "");
  if (!stage || strcmp(stage->key, a->key) == 0)
    return STRAIT_OK;
  error_set(STRAIT_EINVAL, "the file, or what it refers to, was changed since this was started; run it again");
  return stage_fault(stage, NULL);
}

/* Started by run --jobs, which says what is to be said. */
static int is_child(const struct arguments *a, const struct run_keys *keys) { return a->key && !keys->requeue; }

/* A child process leaves it to its parent, which knows the command, to say how to go on. */
static int tell_stop(const struct arguments *a, const struct run_keys *keys) {
  if (is_child(a, keys))
    error_clear();
  else
    error_set(STRAIT_ESTOP, "%s\nstrait: to resume: %s", error_text(), a->command_line);
  return STRAIT_ESTOP;
}

static int run_opened(const struct arguments *a, const struct run_keys *keys, struct opened *o) {
  o->session->wait_lock = keys->wait_lock;
  int status = a->key ? check_key(a, o) : experiment_warn(o->experiment);
  if (!status)
    status = experiment_fits(o->session, o->experiment, a->stage, a->jobs);
  if (!status && a->jobs > 1 && !a->stage)
    status = run_side_by_side(a, keys, o);
  else if (!status)
    status = experiment_run(o->session, o->experiment, a->stage, a->command_line);
  progress_stop();
  return status || a->key ? status : print_results(a, o->out);
}

/* The folder that shows whether a run got on. */
static const char *work_folder(const struct arguments *a, const struct opened *o) {
  return a->stage ? file_join(a->arena, o->out, a->stage) : o->out;
}

static int run_run(const struct arguments *a) {
  struct opened o = {0};
  struct run_keys keys = {0};
  int status = arguments_options(a, &run_options, &keys);
  if (status)
    return status;
  stop_install(is_child(a, &keys) || getenv("SLURM_JOB_ID") != NULL);
  if (!text_is_utf8(a->command_line, strlen(a->command_line)))
    status = error_set(STRAIT_EINVAL,
                       "the command line is not UTF-8, in which results are recorded: %s; rename what it "
                       "names",
                       a->command_line);
  if (is_child(a, &keys)) /* its parent has said what is to be said beforehand */
    log_level(STRAIT_LOG_WARNING + 1);
  if (!status)
    status = opened_read(a, progress_start(a->quiet), &o);
  log_level(STRAIT_LOG_INFO);
  if (!status)
    status = run_opened(a, &keys, &o);
  const int requeues = keys.requeue && status == STRAIT_ESTOP && stop_requested() == SIGUSR1;
  const char *work = requeues ? work_folder(a, &o) : NULL;
  if (status == STRAIT_ESTOP && !requeues)
    status = tell_stop(a, &keys);
  opened_free(&o); /* what it locked is free now */
  return requeues ? work ? requeue_job(a->arena, o.out, work) : error_failure() : status;
}

const struct command command_run = {
    .name = "run",
    .operands = "FILE",
    .summary = "run or resume an experiment",
    .help = "Runs the stages of an experiment file, in the order in which they need each other. Finished stages\n"
            "whose keys did not change are skipped; an interrupted stage resumes from its last checkpoint;\n"
            "when a stage's keys change, its old folder is renamed STAGE.~N~; when they change back, it is taken\n"
            "back from there and not trained again. Results go to runs/NAME/STAGE/ in\n"
            "the current folder. With -j N, stages that do not need each other run side by side, in processes of\n"
            "their own that share the threads; results have the same bytes. The first SIGINT or SIGTERM finishes\n"
            "the step and saves; a second, half a second later, stops at once. strait stop asks for the same.",
    .flags = FLAG_SET | FLAG_OUT | FLAG_THREADS | FLAG_PLUGINS | FLAG_QUIET | FLAG_JSON | FLAG_JOBS | FLAG_STAGE,
    .options = &run_options,
    .least = 1,
    .most = 1,
    .run = run_run,
};

/* --- check --- */

static int check_json(const struct opened *o) {
  json_t *stages = json_array();
  int status = stages ? STRAIT_OK : error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t i = 0; !status && i < o->experiment->count; i++) {
    const struct stage *s = o->experiment->stages[i];
    int result, aside;
    status = stage_result(o->session, s, &result, &aside);
    json_t *whole = status ? NULL : stage_describe(s);
    if (!whole || json_object_set_new(whole, "name", json_string(s->name)) ||
        json_object_set_new(whole, "state", json_string(result_words[result])) ||
        (aside && json_object_set_new(whole, "aside", json_integer(aside))) ||
        (s->members && json_object_set_new(whole, "members", json_integer(s->members))) ||
        json_array_append_new(stages, whole))
      status = error_status() ? error_failure() : error_set(STRAIT_ENOMEM, "out of memory");
  }
  json_t *all =
      status ? NULL
             : json_pack("{s:s, s:s, s:O}", "experiment", o->experiment->stem, "folder", o->out, "stages", stages);
  if (!status)
    status = answer_json(all);
  json_decref(stages);
  return status;
}

static int check_table(const struct opened *o) {
  struct table *table = table_create("llllrr");
  int status = table ? STRAIT_OK : error_failure();
  if (!status) {
    table_add(table, "stage");
    table_add(table, "model");
    table_add(table, "data");
    table_add(table, "state");
    table_add(table, "steps");
    table_add(table, "members");
    table_rule(table);
  }
  for (size_t i = 0; !status && i < o->experiment->count; i++) {
    const struct stage *s = o->experiment->stages[i];
    int result, aside;
    status = stage_result(o->session, s, &result, &aside);
    if (status)
      break;
    table_add(table, "%s", s->section);
    table_add(table, "%s, %lld", s->choice[STRAIT_MODEL].cls->name,
              (long long)network_weights(s->material->network)->count);
    table_add(table, "%s, %lld + %lld", s->choice[STRAIT_DATASET].cls->name,
              (long long)data_count(s->material->data, SPLIT_TRAIN),
              (long long)data_count(s->material->data, SPLIT_TEST));
    opened_state(table, s, result, aside);
    table_add(table, "%lld", (long long)s->iterations);
    if (s->members)
      table_add(table, "%lld", (long long)s->members);
    table_end_row(table);
  }
  if (!status)
    status = table_print(table, stdout, 0);
  table_free(table);
  return status;
}

static int check_run(const struct arguments *a) {
  struct opened o;
  progress_start(1);
  int status = opened_read(a, NULL, &o);
  if (!status)
    status = experiment_warn(o.experiment);
  if (!status)
    status = a->json ? check_json(&o) : check_table(&o);
  opened_free(&o);
  return status;
}

const struct command command_check = {
    .name = "check",
    .operands = "FILE",
    .summary = "find mistakes in an experiment before it runs",
    .help = "Reads an experiment file, opens its data, builds its networks, resolves what its stages refer to,\n"
            "and prints the stages in the order in which they would run, with what is done already. Writes\n"
            "nothing.",
    .flags = FLAG_SET | FLAG_OUT | FLAG_THREADS | FLAG_PLUGINS | FLAG_JSON,
    .least = 1,
    .most = 1,
    .run = check_run,
};
