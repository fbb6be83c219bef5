/* stage/runner.c: decides for each stage what is to do, and wraps the verb's work in its folder, key and provenance.
 * Writes stage.json, summary.json and provenance.json in the stages' folders. */
#include <config.h>

#include "stage/runner.h"

#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/difference.h"
#include "stage/job.h"
#include "stage/key.h"
#include "stage/record.h"
#include "store/folder.h"

/* --- what is there --- */

/* What the document's file holds; NULL where it is damaged, which a warning names if `tell`, or not there. A file that
 * could not be read just now is another matter: nothing may be concluded from it. */
static int read_told(const char *file, int tell, json_t **whole) {
  *whole = NULL;
  int status = file_exists(file) ? document_read(file, whole) : STRAIT_OK;
  if (status == STRAIT_EFORMAT) {
    if (tell)
      log_message(STRAIT_LOG_WARNING, "%s; treating it as missing", error_text());
    error_clear();
    status = STRAIT_OK;
  }
  return status;
}

static int read_own(const char *file, json_t **whole) { return read_told(file, 1, whole); }

/* A document of the folder, as read_told gives it. */
static int read_from(struct arena *arena, const char *folder, const char *document, int tell, json_t **whole) {
  const char *file = file_join(arena, folder, document);
  *whole = NULL;
  return file ? read_told(file, tell, whole) : error_failure();
}

/* Is this what a member of the document says? */
static int says(const json_t *document, const char *member, const char *what) {
  const char *text = json_string_value(json_object_get(document, member));
  return text && strcmp(text, what) == 0;
}

static int holds(struct arena *arena, const char *folder, const char *name) {
  const char *file = file_join(arena, folder, name);
  return file && file_exists(file);
}

/* What the folder holds, against the stage's key. tell: of damaged documents. */
static int result_in(struct arena *arena, const struct stage *stage, const char *folder, int tell, int *result) {
  json_t *made = NULL, *summary = NULL;
  int status = STRAIT_OK;
  *result = RESULT_NONE;
  if (holds(arena, folder, "stage.json")) {
    status = read_from(arena, folder, "stage.json", tell, &made);
    *result = says(made, "key", stage->key) ? RESULT_STARTED : RESULT_OUTDATED;
  }
  if (!status && *result == RESULT_STARTED) /* a damaged summary is made once more */
    status = read_from(arena, folder, "summary.json", tell, &summary);
  if (!status && summary && says(summary, "key", stage->key))
    *result = stage->measured[0] && !says(summary, "measured", stage->measured) ? RESULT_UNMEASURED : RESULT_DONE;
  json_decref(made);
  json_decref(summary);
  return status;
}

/* How near to done a result is. */
static int rank(int result) {
  static const int ranks[] = {[RESULT_STARTED] = 1, [RESULT_DONE] = 3, [RESULT_OUTDATED] = 0, [RESULT_UNMEASURED] = 2};
  return ranks[result];
}

/* Can all files of what was set aside be used? A damaged one is warned of. */
static int is_whole(const char *folder, int *whole) {
  int status = folder_verify(folder);
  *whole = !status;
  if (status != STRAIT_EFORMAT && status != STRAIT_ENOENT)
    return status;
  log_message(STRAIT_LOG_WARNING, "%s; %s is not taken back", error_text(), folder);
  error_clear();
  return STRAIT_OK;
}

/* Looks for a better result than *result among those that were set aside; the newest of the best. */
static int look_aside(struct arena *arena, const struct stage *stage, const char *folder, int *result, int *aside) {
  int status = STRAIT_OK;
  for (int n = INT_MAX; !status && *result != RESULT_DONE && (n = folder_next_aside(arena, folder, n)) != 0;) {
    const char *path = n < 0 ? NULL : folder_aside(arena, folder, n);
    int found = RESULT_NONE, whole = 0;
    status = n < 0 ? n : path ? result_in(arena, stage, path, 0, &found) : STRAIT_ENOMEM;
    if (!status && rank(found) > rank(*result))
      status = is_whole(path, &whole);
    if (whole) {
      *result = found;
      *aside = n;
    }
  }
  return status;
}

int stage_result(const struct session *session, const struct stage *stage, int *result, int *aside) {
  struct arena *arena = arena_create();
  const char *folder = arena ? stage_folder(session, stage, arena) : NULL;
  int status = folder ? result_in(arena, stage, folder, 1, result) : error_failure();
  *aside = 0;
  if (!status && session->any_aside && *result != RESULT_DONE && *result != RESULT_UNMEASURED)
    status = look_aside(arena, stage, folder, result, aside);
  arena_free(arena);
  return status;
}

/* --- stage.json and provenance.json --- */

/* The list of this name in the document, or an empty one; NULL: it could not be read. */
static json_t *read_member(const char *file, const char *member) {
  json_t *whole, *found;
  if (read_own(file, &whole))
    return NULL;
  found = json_incref(json_object_get(whole, member));
  json_decref(whole);
  return json_is_array(found) ? found : (json_decref(found), json_array());
}

/* The kernel sets that worked on this stage, this one added. */
static json_t *add_kernels(const char *file, const char *kernels) {
  json_t *list = read_member(file, "kernels"), *one;
  size_t i;
  json_array_foreach(list, i, one) {
    if (json_string_value(one) && strcmp(json_string_value(one), kernels) == 0)
      return list;
  }
  if (json_array_size(list))
    log_message(STRAIT_LOG_WARNING,
                "this stage was started with the %s kernels and is resumed with %s; last digits will differ",
                json_string_value(json_array_get(list, 0)), kernels);
  json_array_append_new(list, json_string(kernels));
  return list;
}

static int write_stage(struct job *job) {
  char *file = job_file(job, "stage.json");
  json_t *stage = file ? stage_describe(job->stage) : NULL;
  json_t *kernels = stage ? add_kernels(file, device_facts(job->session->device).kernels) : NULL;
  int status = kernels ? STRAIT_OK : error_failure();
  if (!status && json_array_size(kernels) > 1) {
    json_t *warning =
        json_pack("[s]", "made with more than one kernel set, so its bytes may differ from a run on one CPU");
    status = put(job->summary, "warnings", warning);
  }
  if (!status)
    status = put(stage, "kernels", kernels);
  if (!status)
    status = document_write(file, stage);
  json_decref(stage);
  return status;
}

static json_t *time_json(void) {
  char text[32];
  time_t now = time(NULL);
  struct tm utc;
  if (!gmtime_r(&now, &utc) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
    return json_null();
  return json_string(text);
}

/* Appends this run to provenance.json, or completes it. */
static int write_provenance(struct job *job, const char *command, int finished) {
  char *file = job_file(job, "provenance.json"), host[256] = "";
  if (!file)
    return error_failure();
  json_t *runs = read_member(file, "runs");
  if (!runs)
    return error_status() ? error_failure() : error_set(STRAIT_ENOMEM, "out of memory");
  if (gethostname(host, sizeof host - 1))
    host[0] = 0;
  int status = STRAIT_OK;
  if (!finished) {
    const struct device_facts facts = device_facts(job->session->device);
    json_t *one = json_pack("{s:o, s:s, s:I, s:s, s:s, s:s, s:i, s:s, s:s}", "started", time_json(), "host", host,
                            "pid", (json_int_t)getpid(), "version", PACKAGE_VERSION_TEXT, "device", facts.name,
                            "kernels", facts.kernels, "threads", team_threads(job->session->team), "experiment",
                            job->stage->experiment->file, "command", command);
    if (json_array_append_new(runs, one))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  } else {
    json_t *one = json_array_get(runs, json_array_size(runs) - 1);
    if (one && !(status = put(one, "finished", time_json())))
      status = put_number(one, "seconds", clock_now() - job->started);
  }
  json_t *whole = json_pack("{s:O}", "runs", runs);
  if (!status)
    status = whole ? document_write(file, whole) : error_set(STRAIT_ENOMEM, "out of memory");
  json_decref(whole);
  json_decref(runs);
  return status;
}

/* --- one stage --- */

static int job_open(struct job *job, struct session *session, struct stage *stage) {
  *job = (struct job){.session = session, .stage = stage, .started = clock_now()};
  job->arena = arena_create();
  job->path = job->arena ? stage_folder(session, stage, job->arena) : NULL;
  const struct made made = stage_made(stage);
  memcpy(job->metadata, made.pairs, sizeof job->metadata);
  job->summary = json_object();
  if (!job->path || !job->summary)
    return error_status() ? error_failure() : error_set(STRAIT_ENOMEM, "out of memory");
  int status = put_text(job->summary, "verb", stage->verb->name);
  if (!status)
    status = put_text(job->summary, "key", stage->key);
  if (!status && stage->measured[0])
    status = put_text(job->summary, "measured", stage->measured);
  return status;
}

static void job_close(struct job *job) {
  json_decref(job->summary);
  folder_close(job->folder);
  arena_free(job->arena);
}

static void announce(const struct session *session, const struct stage *stage, int number, int count, int state) {
  if (session->progress && session->progress->stage)
    session->progress->stage(session->progress->context, stage, number, count, state);
}

static int announce_result(struct job *job) {
  struct text line = {0};
  const struct progress *p = job->session->progress;
  job->stage->verb->summarise(job->summary, &line);
  if (p && p->result && line.data)
    p->result(p->context, job->stage, line.data);
  int status = line.status;
  text_free(&line);
  return status;
}

static int make(struct job *job, const char *command) {
  int status = write_stage(job);
  if (!status)
    status = write_provenance(job, command, 0);
  if (!status)
    status = job->stage->verb->run(job);
  if (!status && job->batch_norm) /* in one place of the summary, wherever an interrupted run first measured */
    status = put_text(job->summary, "batch_norm", job->batch_norm);
  if (!status)
    status = write_provenance(job, command, 1);
  char *file = status ? NULL : job_file(job, "summary.json"); /* last: where it is, all is */
  if (!status)
    status = file ? document_write(file, job->summary) : error_failure();
  return status ? status : announce_result(job);
}

/* What differs from what the folder's results were made with. */
static int tell_differences(const struct job *job, struct text *text) {
  json_t *before = NULL;
  int status = read_from(job->arena, job->path, "stage.json", 1, &before);
  if (!status && before)
    status = stage_differences(job->stage, before, text);
  json_decref(before);
  return status;
}

static int set_aside(struct job *job) {
  struct text differences = {0};
  const char *aside = NULL;
  int status = tell_differences(job, &differences);
  if (!status)
    status = folder_set_aside(job->folder, &aside);
  if (!status && aside)
    log_message(STRAIT_LOG_INFO, "%s changed%s%s; its earlier results are now in %s", job->stage->name,
                differences.length ? ": " : "", differences.length ? differences.data : "", aside);
  text_free(&differences);
  return status;
}

static int take_back(struct job *job, int number) {
  const char *aside, *from = folder_aside(job->arena, job->path, number);
  int status = from ? folder_take_back(job->folder, number, &aside) : STRAIT_ENOMEM;
  if (!status)
    log_message(STRAIT_LOG_INFO, "%s is taken back from %s%s%s", job->stage->name, from,
                aside ? "; what was there is now in " : "", aside ? aside : "");
  return status;
}

/* A finished stage that still has a lock: its process was killed at the very end, or is about to let go. What the
 * killed one left is removed; whoever is at work is left alone. */
static void tidy(struct job *job) {
  if (!holds(job->arena, job->path, ".lock"))
    return;
  if (folder_open(&job->folder, job->path))
    error_clear();
  folder_close(job->folder);
  job->folder = NULL;
}

/* What there is to do for a stage. */
struct found {
  int result, aside, lacking;
};

static int look(struct job *job, struct found *found) {
  *found = (struct found){0};
  int status = stage_result(job->session, job->stage, &found->result, &found->aside);
  if (!status && found->result == RESULT_DONE && !found->aside && job->stage->verb->lacks)
    status = job->stage->verb->lacks(job, &found->lacking);
  return status;
}

static int is_finished(const struct found *found) {
  return found->result == RESULT_DONE && !found->aside && !found->lacking;
}

int stage_pending(struct session *session, struct stage *stage, int *pending) {
  struct job job;
  struct found found = {0};
  int status = job_open(&job, session, stage);
  if (!status)
    status = look(&job, &found);
  *pending = !is_finished(&found);
  job_close(&job);
  return status ? stage_fault(stage, NULL) : STRAIT_OK;
}

int stage_tell(struct session *session, struct stage *stage, int number, int count) {
  struct job job;
  int status = job_open(&job, session, stage);
  char *file = status ? NULL : job_file(&job, "summary.json");
  announce(session, stage, number, count, STAGE_STARTS);
  if (!status) {
    json_decref(job.summary);
    job.summary = NULL;
    status = file ? document_read(file, &job.summary) : error_failure();
  }
  if (!status)
    status = announce_result(&job);
  job_close(&job);
  return status;
}

/* experiment.json tells of the experiment that holds a stage's folder, not of one that only asked for it. */
static int record_once(struct session *session, const struct experiment *e) {
  int status = session->recorded ? STRAIT_OK : record_experiment(session, e);
  session->recorded |= !status;
  return status;
}

/* With the folder locked: looks once more, as another process may have been at work, and takes back what it can. */
static int restore(struct job *job, struct found *found) {
  int status = look(job, found);
  if (!status && found->aside && (status = take_back(job, found->aside)) == STRAIT_OK)
    status = look(job, found);
  return status;
}

/* Locks the stage's folder; where another process has it, and the user wants to, waits until it is free. */
static int open_folder(struct job *job) {
  const struct timespec second = {.tv_sec = 1};
  int status = folder_open(&job->folder, job->path), told = 0;
  while (status == STATUS_BUSY && job->session->wait_lock) {
    if (!told++)
      log_message(STRAIT_LOG_INFO, "%s is in use; waiting until it is free", job->path);
    error_clear();
    nanosleep(&second, NULL); /* a signal ends it */
    status = stop_check();
    if (!status)
      status = folder_open(&job->folder, job->path);
  }
  return status;
}

int stage_take_back(struct session *session, struct stage *stage) {
  struct job job;
  struct found found;
  int status = job_open(&job, session, stage);
  if (!status)
    status = look(&job, &found);
  if (!status && found.aside && (status = open_folder(&job)) == STRAIT_OK)
    status = restore(&job, &found);
  job_close(&job);
  return status ? stage_fault(stage, NULL) : STRAIT_OK;
}

/* With the folder locked. */
static int work(struct job *job, int number, int count, const char *command) {
  static const int words[] = {[RESULT_NONE] = STAGE_STARTS,
                              [RESULT_STARTED] = STAGE_RESUMES,
                              [RESULT_OUTDATED] = STAGE_STARTS,
                              [RESULT_UNMEASURED] = STAGE_MEASURES};
  struct found found;
  int status = restore(job, &found);
  if (status)
    return status;
  const int finished = is_finished(&found), replays = found.result == RESULT_DONE && !finished;
  announce(job->session, job->stage, number, count,
           finished  ? STAGE_CACHED
           : replays ? STAGE_REPLAYS
                     : words[found.result]);
  if (finished)
    return STRAIT_OK;
  if (replays)
    return (status = write_stage(job)) ? status : job->stage->verb->replay(job);
  if (found.result == RESULT_OUTDATED)
    status = set_aside(job);
  return status ? status : make(job, command);
}

int stage_run(struct session *session, struct stage *stage, int number, int count, const char *command) {
  struct job job;
  struct found found;
  log_about(stage->origin ? stage->origin->section : stage->section);
  int status = job_open(&job, session, stage);
  if (!status)
    status = look(&job, &found);
  if (!status && is_finished(&found)) {
    tidy(&job);
    announce(session, stage, number, count, STAGE_CACHED);
  } else if (!status) {
    status = open_folder(&job);
    if (!status)
      status = record_once(session, stage->experiment);
    if (!status)
      status = work(&job, number, count, command);
  }
  log_about(NULL);
  job_close(&job);
  return status ? stage_fault(stage, NULL) : STRAIT_OK;
}

/* --- all stages --- */

/* Of a stage that is to run alone. */
static int check_sources(struct session *session, const struct stage *stage) {
  size_t n = stage->reference_count + stage->route_count + stage->need_count;
  for (size_t i = 0; i < n; i++) {
    size_t route = i - stage->reference_count, need = route - stage->route_count;
    struct stage *source = i < stage->reference_count   ? stage->references[i]->stage
                           : route < stage->route_count ? stage->routes[route]->stage
                                                        : stage->needs[need];
    int pending = 0, status = source ? stage_pending(session, source, &pending) : STRAIT_OK;
    if (status)
      return status;
    if (pending) {
      error_set(STRAIT_EINVAL,
                "it needs %s, which is unfinished or lacks a checkpoint named here; run it first with "
                "--stage %s",
                source->name, source->name);
      return stage_fault(stage, NULL);
    }
  }
  return STRAIT_OK;
}

static int run_one(struct session *session, struct experiment *e, const char *name, const char *command) {
  for (size_t i = 0; i < e->count; i++)
    if (strcmp(e->stages[i]->name, name) == 0) {
      int status = check_sources(session, e->stages[i]);
      return status ? status : stage_run(session, e->stages[i], (int)i + 1, (int)e->count, command);
    }
  return error_set(STRAIT_EINVAL, "no stage \"%s\" in %s", name, e->file);
}

int experiment_run(struct session *session, struct experiment *e, const char *only, const char *command) {
  int status = only ? run_one(session, e, only, command) : STRAIT_OK;
  if (status || (only && session->recorded))
    return status;
  for (size_t i = 0; !only && !status && i < e->count; i++)
    if ((status = stage_run(session, e->stages[i], (int)i + 1, (int)e->count, command)) == STRAIT_OK &&
        i + 1 < e->count)
      status = stop_check();
  return status ? status : record_experiment(session, e); /* what is printed next is told from it */
}
