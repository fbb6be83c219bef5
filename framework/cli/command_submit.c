/* cli/command_submit.c: `strait submit`: a Slurm job for each stage that is not done, each waiting for those it needs.
 * What is done is asked of the results, what is queued of Slurm; nothing else is remembered. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/estimate.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "experiment/stages.h"
#include "report/table.h"
#include "stage/runner.h"
#include "stage/warnings.h"
#include "store/folder.h"

#define ARRAY_FROM 16     /* stages that are alike but for their keys: as many become one array */
#define ARRAY_MOST 1000   /* tasks; Slurm's MaxArraySize is 1001 where a site does not change it */
#define SIGNAL_BEFORE 120 /* seconds before the time limit, in which a step and a save must fit */
#define ENDING_MOST 60    /* seconds to wait for jobs that are about to end */
#define OPTIONS_MOST 24   /* of sbatch, by us */

struct submit_keys {
  int32_t dry_run, status, cancel;
  int64_t at_once;
};
static const strait_option table_of_keys[] = {
    STRAIT_BOOL("dry-run", struct submit_keys, dry_run, "no",
                "print a shell script that would submit, and submit nothing"),
    STRAIT_BOOL("status", struct submit_keys, status, "no", "show each stage with its job"),
    STRAIT_BOOL("cancel", struct submit_keys, cancel, "no", "cancel the jobs of this experiment; running ones save"),
    STRAIT_INT("at-once", struct submit_keys, at_once, "0", 0, 100000, "jobs of one array to run side by side; 0: all"),
};
static const struct option_table submit_options = {table_of_keys, sizeof *table_of_keys,
                                                   sizeof table_of_keys / sizeof *table_of_keys};

/* A stage on its way to Slurm. */
struct item {
  struct stage *stage;
  int pending;
  const struct live *live;          /* its job, or NULL */
  const struct estimate_line *line; /* of what is to be sent */
  const char *id;                   /* the job that its dependants wait for, "12" or "12_3"; a variable in a dry run */
  size_t parcel;                    /* which of submission.parcel sends it, + 1; 0: none */
};
/* What one sbatch sends: one stage, or an array. */
struct parcel {
  struct sent sent;
  struct item *first; /* whose needs are those of all */
  double minutes;
  int64_t memory;
};

struct submission {
  const struct arguments *a;
  const struct submit_keys *keys;
  struct opened o;
  struct estimate estimate;
  struct jobs jobs;
  struct item *item;
  size_t count;
  struct parcel *parcel;
  size_t parcels;
  const char *folder, *self, *out; /* the current one; of the program; of the results: whole paths */
  const char *const *own;          /* what the user gives sbatch */
  size_t own_count;
  double limit; /* minutes of the partition */
};

/* --- what there is to do --- */

/* Is any job about to end, so that nobody can tell yet how? */
static int is_ending(const struct jobs *jobs) {
  for (size_t i = 0; i < jobs->live_count; i++)
    if (!strcmp(jobs->live[i].job->state, "COMPLETING"))
      return 1;
  return 0;
}

static int read_jobs(struct submission *s) {
  const struct timespec half = {.tv_nsec = 500000000};
  int status = jobs_read(s->a->arena, s->o.out, &s->jobs);
  if (status == STRAIT_ENOENT && s->keys->dry_run) { /* no Slurm here, so no jobs */
    error_clear();
    return STRAIT_OK;
  }
  for (int i = 0; !status && !s->keys->status && is_ending(&s->jobs) && i < 2 * ENDING_MOST; i++) {
    if (!i)
      log_message(STRAIT_LOG_INFO, "waiting for jobs that are about to end");
    nanosleep(&half, NULL);
    status = jobs_read(s->a->arena, s->o.out, &s->jobs);
  }
  return status;
}

static int look_at(struct submission *s, struct item *item) {
  struct stage *stage = item->stage;
  int status = s->keys->dry_run || s->keys->status ? STRAIT_OK : stage_take_back(s->o.session, stage);
  if (!status)
    status = stage_pending(s->o.session, stage, &item->pending);
  item->live = jobs_find(&s->jobs, stage->name);
  if (item->live && !strcmp(item->live->job->reason, "DependencyNeverSatisfied") && !s->keys->status)
    item->live = NULL; /* Slurm is about to cancel it */
  item->id = item->live ? item->live->job->id : NULL;
  return status;
}

/* Of a stage that is to be sent: is something else at work on it? */
static int check_free(const struct submission *s, const struct item *item) {
  char owner[256];
  char *folder = stage_folder(s->o.session, item->stage, s->a->arena);
  if (!folder)
    return error_failure();
  folder_owner(folder, owner);
  if (!*owner)
    return STRAIT_OK;
  error_set(STATUS_BUSY, "%s is at work on it; submit again when it has ended", owner);
  return stage_fault(item->stage, NULL);
}

/* A job for a stage whose keys are others now does what nobody wants. */
static int cancel_outdated(struct submission *s, struct item *item) {
  const char *id = item->live->job->id;
  log_message(STRAIT_LOG_INFO, "%s changed since job %s was submitted; the job is cancelled", item->stage->name, id);
  item->live = NULL;
  item->id = NULL;
  return s->keys->dry_run ? STRAIT_OK : slurm_cancel(s->a->arena, &id, 1);
}

static int is_wanted(const struct item *item) { return item->pending && !item->live; }

static int prepare(struct submission *s) {
  int status = estimate_create(&s->estimate, &s->o, s->a->arena);
  for (size_t i = 0; !status && i < s->count; i++) {
    struct item *item = &s->item[i];
    status = look_at(s, item);
    if (!status && item->live && strcmp(item->live->key, item->stage->key) != 0)
      status = cancel_outdated(s, item);
    if (status || !is_wanted(item))
      continue;
    status = check_free(s, item);
    item->line = &s->estimate.line[s->estimate.lines];
    if (!status)
      status = estimate_stage(&s->estimate, &s->o, item->stage, 1);
  }
  return status;
}

/* --- which jobs --- */

/* Do two stages need the same stages, so that one dependency can hold for both? */
static int need_alike(const struct submission *s, const struct item *a, const struct item *b) {
  for (size_t i = 0; i < s->count; i++)
    if (s->item[i].pending && stage_needs(a->stage, s->item[i].stage) != stage_needs(b->stage, s->item[i].stage))
      return 0;
  return 1;
}

static double minutes_of(const struct estimate_line *line) { return ceil(1.5 * line->minutes + 5); }
static int64_t memory_of(const struct estimate_line *line) {
  return (int64_t)ceil((double)line->memory * 1.3 / 1048576) + 200;
}

static int are_alike(const struct submission *s, const struct item *a, const struct item *b) {
  return a->stage->verb == b->stage->verb && minutes_of(a->line) == minutes_of(b->line) &&
         memory_of(a->line) == memory_of(b->line) && need_alike(s, a, b);
}

/* A comment that nobody else's jobs have. */
static int mark(const struct submission *s, struct sent *sent) {
  struct hash *hash = hash_create();
  char digest[33];
  struct timespec now;
  if (!hash)
    return error_failure();
  clock_gettime(CLOCK_REALTIME, &now);
  hash_text(hash, s->out);
  hash_integer(hash, getpid());
  hash_integer(hash, now.tv_sec);
  hash_integer(hash, now.tv_nsec);
  for (size_t i = 0; i < sent->count; i++)
    hash_text(hash, sent->keys[i]);
  hash_digest(hash, digest);
  hash_free(hash);
  digest[16] = 0;
  sent->mark = arena_copy(s->a->arena, digest);
  return sent->mark ? STRAIT_OK : error_failure();
}

/* The parcel that begins with this item: all that are alike where they are many, else the item alone. */
static int make_parcel(struct submission *s, size_t first) {
  struct parcel *b = &s->parcel[s->parcels++];
  size_t alike = 0;
  for (size_t i = first; i < s->count; i++)
    alike += is_wanted(&s->item[i]) && !s->item[i].parcel && are_alike(s, &s->item[first], &s->item[i]);
  const size_t count = alike < ARRAY_FROM ? 1 : alike < ARRAY_MOST ? alike : ARRAY_MOST;
  b->first = &s->item[first];
  b->minutes = minutes_of(b->first->line);
  b->memory = memory_of(b->first->line);
  b->sent.stages = arena_alloc(s->a->arena, count, sizeof *b->sent.stages);
  b->sent.keys = arena_alloc(s->a->arena, count, sizeof *b->sent.keys);
  if (!b->sent.stages || !b->sent.keys)
    return error_failure();
  for (size_t i = first; i < s->count && b->sent.count < count; i++)
    if (is_wanted(&s->item[i]) && !s->item[i].parcel && (i == first || are_alike(s, b->first, &s->item[i]))) {
      b->sent.stages[b->sent.count] = s->item[i].stage->name;
      b->sent.keys[b->sent.count++] = s->item[i].stage->key;
      s->item[i].parcel = s->parcels;
    }
  return mark(s, &b->sent);
}

static int make_parcels(struct submission *s) {
  s->parcel = arena_alloc(s->a->arena, s->count, sizeof *s->parcel);
  int status = s->parcel ? STRAIT_OK : error_failure();
  for (size_t i = 0; !status && i < s->count; i++)
    if (is_wanted(&s->item[i]) && !s->item[i].parcel)
      status = make_parcel(s, i);
  return status;
}

/* --- one job --- */

/* The script: strait itself, which Slurm's signals then reach. */
static int write_script(const struct submission *s, const struct parcel *b, struct text *script) {
  struct text line = {0};
  char threads[16];
  snprintf(threads, sizeof threads, "%d", s->a->threads);
  const char *const words[] = {"exec", s->self, "run", "--requeue", "--threads", threads, "--out", s->out};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    text_add_word(&line, words[i]);
  if (s->a->plugin_dir) {
    text_add_word(&line, "--plugin-dir");
    text_add_word(&line, s->a->plugin_dir);
  }
  for (size_t i = 0; i < s->a->set_count; i++) {
    text_add_word(&line, "--set");
    text_add_word(&line, s->a->sets[i]);
  }
  text_add(script, "#!/bin/sh\n");
  if (b->sent.count > 1) {
    text_add(script, "case $SLURM_ARRAY_TASK_ID in\n");
    for (size_t i = 0; i < b->sent.count; i++) {
      struct text stage = {0};
      text_add_word(&stage, b->sent.stages[i]);
      text_add(script, "%zu) set -- %s %s ;;\n", i, stage.data ? stage.data : "", b->sent.keys[i]);
      script->status = script->status ? script->status : stage.status;
      text_free(&stage);
    }
    text_add(script, "esac\n");
    text_add(&line, " --stage \"$1\" --key \"$2\"");
  } else {
    text_add_word(&line, "--stage");
    text_add_word(&line, b->sent.stages[0]);
    text_add_word(&line, "--key");
    text_add_word(&line, b->sent.keys[0]);
  }
  text_add_word(&line, "--");
  text_add_word(&line, s->a->operands[0]);
  text_add(script, "%s\n", line.data ? line.data : "");
  int status = script->status ? script->status : line.status;
  text_free(&line);
  return status;
}

/* What sbatch puts a job's number in the place of. */
static void add_literally(struct text *text, const char *path) {
  for (; *path; path++)
    text_add(text, *path == '%' ? "%%%%" : "%c", *path);
}

/* "--dependency=afterok:12:13_4", or NULL where it needs nothing that is not done. */
static const char *dependency(const struct submission *s, const struct parcel *b) {
  struct text text = {0};
  for (size_t i = 0; i < s->count; i++)
    if (s->item[i].pending && s->item[i].id && stage_needs(b->first->stage, s->item[i].stage))
      text_add(&text, "%s:%s", text.length ? "" : "--dependency=afterok", s->item[i].id);
  const char *word = text.data ? arena_copy(s->a->arena, text.data) : NULL;
  text_free(&text);
  return word;
}

static const char *output_option(const struct submission *s, const struct parcel *b) {
  struct text text = {0};
  text_add(&text, "--output=");
  add_literally(&text, s->out);
  text_add(&text, "/" JOBS_FOLDER "/");
  add_literally(&text, b->sent.stages[0]);
  text_add(&text, b->sent.count > 1 ? "-%%A_%%a.out" : "-%%j.out");
  const char *word = text.status ? NULL : arena_copy(s->a->arena, text.data);
  text_free(&text);
  return word;
}

/* The words of sbatch. A partition that allows less time than is needed gets as much as it allows: the job is requeued
 * then. */
static const char **command_of(const struct submission *s, const struct parcel *b) {
  struct arena *arena = s->a->arena;
  const char **words = arena_alloc(arena, OPTIONS_MOST + s->own_count, sizeof *words);
  const double minutes = b->minutes < s->limit ? b->minutes : floor(s->limit);
  const double before = minutes * 60 / 3 < SIGNAL_BEFORE ? floor(minutes * 60 / 3) : SIGNAL_BEFORE;
  size_t n = 0;
  if (!words)
    return NULL;
  words[n++] = "sbatch";
  words[n++] = "--parsable";
  words[n++] = arena_format(arena, "--job-name=%s/%s%s", s->o.experiment->stem, b->sent.stages[0],
                            b->sent.count > 1 ? "..." : "");
  words[n++] = arena_format(arena, "--comment=" JOBS_COMMENT "%s", b->sent.mark);
  words[n++] = arena_format(arena, "--chdir=%s", s->folder);
  words[n++] = output_option(s, b);
  words[n++] = "--open-mode=append";
  words[n++] = "--requeue";
  words[n++] = "--kill-on-invalid-dep=yes";
  words[n++] = arena_format(arena, "--signal=B:USR1@%.0f", before);
  words[n++] = "--nodes=1";
  words[n++] = "--ntasks=1";
  words[n++] = arena_format(arena, "--cpus-per-task=%d", s->a->threads);
  words[n++] = arena_format(arena, "--mem=%lldM", (long long)b->memory);
  words[n++] = arena_format(arena, "--time=%.0f", minutes > 1 ? minutes : 1);
  if (b->sent.count > 1)
    words[n++] = s->keys->at_once
                     ? arena_format(arena, "--array=0-%zu%%%lld", b->sent.count - 1, (long long)s->keys->at_once)
                     : arena_format(arena, "--array=0-%zu", b->sent.count - 1);
  const char *waits = dependency(s, b);
  if (waits)
    words[n++] = waits;
  for (size_t i = 0; i < s->own_count; i++)
    words[n++] = s->own[i];
  for (size_t i = 0; i < n; i++)
    if (!words[i])
      return NULL;
  return words;
}

/* Gives the stages of a parcel the numbers of their jobs. */
static int number(struct submission *s, const struct parcel *b, const char *id) {
  const size_t which = (size_t)(b - s->parcel) + 1;
  size_t task = 0;
  for (size_t i = 0; i < s->count; i++)
    if (s->item[i].parcel == which) {
      s->item[i].id = b->sent.count > 1 ? arena_format(s->a->arena, "%s_%zu", id, task++) : id;
      if (!s->item[i].id)
        return error_failure();
    }
  return STRAIT_OK;
}

/* One sbatch as a shell would run it; the variable job_N is its number. */
static int print_parcel(struct submission *s, const struct parcel *b, const char *const *words, const char *script) {
  struct text line = {0};
  const char *variable = arena_format(s->a->arena, "job_%zu", (size_t)(b - s->parcel) + 1);
  for (size_t i = 0; words[i]; i++)
    if (text_starts(words[i], "--dependency=")) /* its variables are for the shell */
      text_add(&line, " %s", words[i]);
    else
      text_add_word(&line, words[i]);
  if (line.status || !variable)
    return error_failure();
  printf("%s=$(%s <<'END_OF_SCRIPT'\n%sEND_OF_SCRIPT\n)\n", variable, line.data, script);
  text_free(&line);
  variable = arena_format(s->a->arena, "${%s%%;*}", variable); /* "12;CLUSTER" where there are several */
  return variable ? number(s, b, variable) : error_failure();
}

static int send(struct submission *s, struct parcel *b) {
  struct text script = {0};
  const char **words = command_of(s, b), *id = NULL;
  int status = words ? write_script(s, b, &script) : error_failure();
  if (!status && s->keys->dry_run)
    status = print_parcel(s, b, words, script.data);
  else if (!status) {
    status = slurm_send(s->a->arena, words, script.data, &id);
    if (!status)
      status = number(s, b, id);
  }
  text_free(&script);
  return status;
}

/* --- all of them --- */

static int send_all(struct submission *s) {
  size_t stages = 0, done = 0;
  struct sent *all = arena_alloc(s->a->arena, s->parcels, sizeof *all);
  int status = all ? STRAIT_OK : error_failure();
  for (size_t i = 0; !status && i < s->parcels; i++) {
    all[i] = s->parcel[i].sent;
    stages += all[i].count;
  }
  if (!status && s->keys->dry_run) {
    struct text folder = {0};
    text_add_word(&folder, s->out);
    printf("#!/bin/sh\nset -e\nmkdir -p %s/" JOBS_FOLDER "\n", folder.data ? folder.data : "");
    text_free(&folder);
  } else if (!status && s->parcels)
    status = jobs_write(s->a->arena, s->o.out, &s->jobs, all, s->parcels);
  for (size_t i = 0; !status && i < s->parcels; i++)
    if ((status = send(s, &s->parcel[i])) == STRAIT_OK)
      done += s->parcel[i].sent.count;
  if (status && done)
    error_wrap("%zu of %zu stages were submitted; the same command submits the rest", done, stages);
  return status;
}

static int print_sent(const struct submission *s) {
  size_t waiting = 0, finished = 0, sent = 0;
  for (size_t i = 0; i < s->count; i++) {
    finished += !s->item[i].pending;
    waiting += s->item[i].live != NULL;
    sent += s->item[i].parcel != 0;
  }
  if (s->a->json) {
    json_t *stages = json_array();
    for (size_t i = 0; i < s->count; i++)
      if (s->item[i].parcel)
        json_array_append_new(stages, json_pack("{s:s, s:s}", "name", s->item[i].stage->name, "job", s->item[i].id));
    return answer_json(
        json_pack("{s:o, s:I, s:I}", "submitted", stages, "queued", (json_int_t)waiting, "done", (json_int_t)finished));
  }
  printf("submitted %zu stage%s as %zu job%s; %zu queued before, %zu done\n", sent, sent == 1 ? "" : "s", s->parcels,
         s->parcels == 1 ? "" : "s", waiting, finished);
  if (sent)
    printf("What they print is in %s/" JOBS_FOLDER "/. strait submit --status shows them, --cancel cancels them.\n",
           s->o.out);
  return STRAIT_OK;
}

/* --- --status and --cancel --- */

static const char *reason_words(const struct queued *job) {
  static const char *const words[][2] = {{"None", ""},
                                         {"Dependency", "waits for what it needs"},
                                         {"DependencyNeverSatisfied", "waits for a stage that failed"},
                                         {"BeginTime", "waits to be started again"},
                                         {"Priority", "waits for its turn"},
                                         {"Resources", "waits for a node"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(job->reason, words[i][0]))
      return words[i][1];
  return job->reason;
}

static int show_status(struct submission *s) {
  struct table *table = table_create("lllll");
  json_t *stages = json_array();
  int status = table && stages ? STRAIT_OK : error_set(STRAIT_ENOMEM, "out of memory");
  static const char *const heads[] = {"stage", "state", "job", "Slurm says", ""};
  for (size_t i = 0; !status && i < 5; i++)
    table_add(table, "%s", heads[i]);
  if (!status)
    table_rule(table);
  for (size_t i = 0; !status && i < s->count; i++) {
    struct item *item = &s->item[i];
    int result, aside;
    status = look_at(s, item);
    if (!status)
      status = stage_result(s->o.session, item->stage, &result, &aside);
    if (status)
      break;
    const struct queued *job = item->live ? item->live->job : NULL;
    table_add(table, "%s", item->stage->section);
    opened_state(table, item->stage, result, aside);
    table_add(table, "%s", job ? job->id : "-");
    table_add(table, "%s", job ? job->state : "");
    table_add(table, "%s", job ? reason_words(job) : "");
    json_array_append_new(stages, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", item->stage->name, "state",
                                            result_words[result], "job", job ? job->id : "", "slurm",
                                            job ? job->state : "", "reason", job ? job->reason : ""));
  }
  if (!status && s->a->json)
    status = answer_json(json_incref(stages));
  else if (!status)
    status = table_print(table, stdout, 0);
  json_decref(stages);
  table_free(table);
  return status;
}

static int cancel(struct submission *s) {
  size_t count;
  int status = jobs_cancel(s->a->arena, &s->jobs, NULL, &count);
  if (!status)
    printf("cancelled %zu job%s\n", count, count == 1 ? "" : "s");
  return status;
}

/* --- the command --- */

/* Options of sbatch that are ours, or that would leave nothing of what is promised. */
static int check_own(const struct submission *s) {
  static const char *const ours[] = {"--array",   "--dependency", "--wrap", "--parsable",
                                     "--comment", "--chdir",      "--wait"};
  static const char *const short_ours[] = {"-a", "-d", "-D", "-W"};
  if (s->a->before_dashes != SIZE_MAX ? s->a->before_dashes != 1 : s->a->operand_count != 1)
    return error_set(STRAIT_EINVAL, "usage: strait submit [OPTION...] FILE [-- OPTION OF SBATCH...]");
  for (size_t i = 0; i < s->own_count; i++) {
    const size_t length = strcspn(s->own[i], "=");
    for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
      if (strlen(ours[k]) == length && !strncmp(s->own[i], ours[k], length))
        return error_set(STRAIT_EINVAL, "%s: strait submit sets this option of sbatch itself", ours[k]);
    for (size_t k = 0; k < sizeof short_ours / sizeof *short_ours; k++)
      if (text_starts(s->own[i], short_ours[k]))
        return error_set(STRAIT_EINVAL, "%s: strait submit sets this option of sbatch itself", short_ours[k]);
  }
  return STRAIT_OK;
}

static const char *partition(const struct submission *s) {
  for (size_t i = 0; i < s->own_count; i++) {
    const char *word = s->own[i], *next = i + 1 < s->own_count ? s->own[i + 1] : NULL;
    if (text_starts(word, "--partition="))
      return word + strlen("--partition=");
    if (!strcmp(word, "--partition") || !strcmp(word, "-p"))
      return next;
    if (text_starts(word, "-p"))
      return word + 2;
  }
  return getenv("SBATCH_PARTITION");
}

static int find_places(struct submission *s) {
  char self[4096] = "";
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
    return error_errno(STRAIT_EIO, "cannot find the program's own file");
  s->self = arena_copy(s->a->arena, self);
  s->folder = file_absolute(s->a->arena, ".");
  s->out = file_absolute(s->a->arena, s->o.out);
  s->count = s->o.experiment->count;
  s->item = arena_alloc(s->a->arena, s->count, sizeof *s->item);
  if (!s->self || !s->folder || !s->out || !s->item)
    return error_failure();
  for (size_t i = 0; i < s->count; i++)
    s->item[i].stage = s->o.experiment->stages[i];
  return STRAIT_OK;
}

static int submit(struct submission *s) {
  if (s->keys->status)
    return show_status(s);
  if (s->keys->cancel)
    return cancel(s);
  s->limit = slurm_minutes(s->a->arena, partition(s));
  int status = experiment_warn(s->o.experiment);
  if (!status)
    status = prepare(s);
  if (!status)
    status = make_parcels(s);
  if (!status)
    status = send_all(s);
  return status || s->keys->dry_run ? status : print_sent(s);
}

static int run_submit(const struct arguments *given) {
  struct arguments a = *given;
  struct submit_keys keys;
  struct submission s = {.a = &a, .keys = &keys, .own = a.operands + 1, .own_count = a.operand_count - 1};
  a.threads = a.threads ? a.threads : 1; /* the estimate is for what a job gets */
  int status = arguments_options(&a, &submit_options, &keys);
  if (!status)
    status = check_own(&s);
  if (status)
    return status;
  progress_start(0);
  status = opened_read(&a, NULL, &s.o);
  if (!status)
    status = find_places(&s);
  if (!status)
    status = read_jobs(&s);
  if (!status)
    status = submit(&s);
  opened_free(&s.o);
  return status;
}

const struct command command_submit = {
    .name = "submit",
    .operands = "FILE [-- OPTION...]",
    .summary = "run an experiment as jobs of Slurm",
    .help = "Sends a Slurm job for each stage that is not done, with the stages it needs as dependencies, and ends.\n"
            "Results are the bytes of strait run. What follows -- are options of sbatch, as -- --partition=long.\n"
            "Time, memory and CPUs come from what strait plan says, measured on this machine: 1.5 times the minutes\n"
            "and 5 more, at most what the partition allows; 1.3 times the memory and 200 MB more; --threads, 1 by\n"
            "default. A job that meets its time limit saves and goes back to the queue, unless it no longer gets\n"
            "on; one that fails cancels those that need it. The same command again submits what is neither done nor\n"
            "queued. 16 or more stages that are alike and need the same stages become one array of jobs. What the\n"
            "jobs print is in runs/NAME/slurm.jobs/. strait stop runs/NAME ends all gracefully.",
    .flags = FLAG_SET | FLAG_OUT | FLAG_THREADS | FLAG_PLUGINS | FLAG_JSON,
    .options = &submit_options,
    .least = 1,
    .most = 1000,
    .run = run_submit,
};
