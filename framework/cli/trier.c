/* cli/trier.c: the two sides of a plugin's trial: the child, which runs laws and writes a line of JSON for whatever
 * happens; and the parent, which reads them, waits, and starts another child behind a law that ended the last one.
 *
 * Before them another child, which runs no law, says what an instance answers: the law "process" compares.
 *
 * The lines: {"begin": N, "law", "text"}, {"note"}, {"end": VERDICT, "evidence"}; {"answers": DIGEST}; {"failed":
 * STATUS, "why"}; {"done"}.
 */
#include <config.h>

#include "cli/trier.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/child.h"
#include "store/document.h"
#include "verify/verify.h"

/* --- the child --- */

/* How much was printed up to now goes along, so that the parent knows during which law. Takes the line over. */
static void tell(json_t *line) {
  struct text text = {0};
  fflush(stdout);
  json_object_set_new(line, "printed", json_integer(lseek(STDOUT_FILENO, 0, SEEK_CUR)));
  document_print(&text, line, 1);
  text_add(&text, "\n");
  for (size_t at = 0; !text.status && at < text.length;) {
    ssize_t n = write(CHILD_REPORT, text.data + at, text.length - at);
    if (n < 0 && errno != EINTR)
      break;
    at += n > 0 ? (size_t)n : 0;
  }
  text_free(&text);
  json_decref(line);
}

/* Text of a plugin need not be UTF-8, which JSON must be. */
static json_t *string_of(const char *text) {
  json_t *string = json_string(text);
  if (string)
    return string;
  struct text plain = {0};
  for (; *text; text++)
    text_add(&plain, "%c", (unsigned char)*text < 0x80 ? *text : '?');
  string = json_string(plain.data ? plain.data : "");
  text_free(&plain);
  return string;
}

static void report_begin(void *context, size_t number, const char *law, const char *text) {
  (void)context;
  tell(json_pack("{s:I, s:s, s:s}", "begin", (json_int_t)number, "law", law, "text", text));
}
static void report_note(void *context, const char *text) {
  (void)context;
  tell(json_pack("{s:o}", "note", string_of(text)));
}
static void report_end(void *context, int verdict, const char *evidence) {
  (void)context;
  tell(json_pack("{s:i, s:o}", "end", verdict, "evidence", string_of(evidence)));
}

static void report_answers(void *context, const char *digest) {
  (void)context;
  tell(json_pack("{s:s}", "answers", digest));
}

#ifdef COVERAGE
void __gcov_dump(void); /* what this process ran so far, as exit would write it down */
#endif

int trier_child(char **words) {
  const struct verify_report report = {NULL, report_begin, report_note, report_end, report_answers};
  struct verify_plan plan = {.file = words[4], .sets = (const char *const *)words + 5, .elsewhere = words[3]};
  plan.first = (size_t)atoi(words[0]); /* the parent's own words */
  plan.extent = atoi(words[1]);
  plan.seed = (uint64_t)atoll(words[2]);
  while (plan.sets[plan.set_count])
    plan.set_count++;
  int status = verify_run(&plan, &report);
  if (status)
    tell(json_pack("{s:i, s:o}", "failed", status, "why", string_of(error_text())));
  else
    tell(json_pack("{s:b}", "done", 1));
#ifdef COVERAGE /* make coverage */
  __gcov_dump();
#endif
  _exit(0); /* without what the plugin left to be done at exit */
}

/* --- the parent --- */

struct trial {
  const struct trier *trier;
  struct child child;
  struct text report; /* read, and not yet a whole line */
  int64_t heard;      /* bytes of what was printed that are accounted for */
  size_t first;       /* the law to begin with in the next child */
  int extent;
  json_t *law; /* under way: {"law", "text"}; NULL: none */
  size_t number;
  char note[256];     /* where in it */
  struct text noisy;  /* the first finding against silence; "" none */
  int done;           /* the child said that it is through */
  int status;         /* a failure that it told of */
  char elsewhere[33]; /* what an instance answers in another process */
};

/* One line of what was printed since it was last looked at, quoted, without control characters; 0: nothing was. */
static int quote(struct trial *t, int64_t printed, struct text *to, const char *before) {
  char line[121];
  ssize_t n = printed > t->heard ? pread(t->child.output, line, sizeof line - 1, (off_t)t->heard) : 0;
  t->heard = printed;
  if (n <= 0)
    return 0;
  line[n] = 0;
  line[strcspn(line, "\n")] = 0;
  text_add(to, "%s\"", before);
  for (const char *c = line; *c; c++)
    text_add(to, "%c", (unsigned char)*c < ' ' ? '?' : *c);
  text_add(to, "\"");
  return 1;
}

static void decide(struct trial *t, int verdict, const char *evidence) {
  json_t *law = t->law ? t->law : json_object();
  json_object_set_new(law, "verdict", json_string(verdict_name(verdict)));
  json_object_set_new(law, "evidence", string_of(evidence));
  t->trier->decided(t->trier->context, law);
  json_decref(law);
  t->law = NULL;
  t->note[0] = 0;
}

static void hear_printing(struct trial *t, int64_t printed) {
  struct text quoted = {0};
  if (quote(t, printed, &quoted, "it prints ") && !t->noisy.length)
    text_add(&t->noisy, "during the law %s %s", t->law ? json_string_value(json_object_get(t->law, "law")) : "before",
             quoted.data);
  text_free(&quoted);
}

static void deal_with(struct trial *t, const char *line) {
  json_t *event = json_loads(line, 0, NULL), *value;
  if ((value = json_object_get(event, "begin"))) {
    json_decref(t->law);
    t->law = json_pack("{s:O, s:O}", "law", json_object_get(event, "law"), "text", json_object_get(event, "text"));
    t->number = (size_t)json_integer_value(value);
  } else if ((value = json_object_get(event, "note"))) {
    snprintf(t->note, sizeof t->note, "%s", json_string_value(value));
  } else if ((value = json_object_get(event, "end"))) {
    hear_printing(t, json_integer_value(json_object_get(event, "printed")));
    decide(t, (int)json_integer_value(value), json_string_value(json_object_get(event, "evidence")));
  } else if ((value = json_object_get(event, "failed"))) {
    const char *why = json_string_value(json_object_get(event, "why"));
    t->status = error_set((int)json_integer_value(value), "%s", why ? why : "");
  } else if ((value = json_object_get(event, "answers"))) {
    snprintf(t->elsewhere, sizeof t->elsewhere, "%s", json_string_value(value));
  } else if (json_object_get(event, "done")) {
    t->done = 1;
  }
  json_decref(event);
}

static void deal_with_lines(struct trial *t) {
  char *line = t->report.data, *stop;
  while (line && (stop = strchr(line, '\n'))) {
    *stop = 0;
    deal_with(t, line);
    line = stop + 1;
  }
  struct text rest = {0};
  if (line)
    text_add(&rest, "%s", line);
  text_free(&t->report);
  t->report = rest;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Listens until the child's report ends: 1; or it has said nothing for too long: 0. */
static int listen_to(struct trial *t) {
  double until = seconds() + t->trier->patience;
  char buffer[4096];
  for (;;) {
    struct pollfd poller = {.fd = t->child.report, .events = POLLIN};
    double left = until - seconds();
    int ready = left > 0 ? poll(&poller, 1, left > 1e6 ? 1000000000 : (int)(left * 1000) + 1) : 0;
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return 0;
    ssize_t n = read(t->child.report, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return 1;
    text_add_n(&t->report, buffer, (size_t)n);
    deal_with_lines(t);
    until = seconds() + t->trier->patience;
  }
}

/* The child ended, or was ended, within a law: that is the finding. */
static void accuse(struct trial *t, int hung, int ended, int64_t printed) {
  struct text evidence = {0};
  if (hung)
    text_add(&evidence, "it hangs: nothing for %d seconds", t->trier->patience);
  else if (WIFSIGNALED(ended))
    text_add(&evidence, "it crashes: %s", strsignal(WTERMSIG(ended)));
  else
    text_add(&evidence, "it ends the program, with exit code %d", WEXITSTATUS(ended));
  if (t->note[0])
    text_add(&evidence, ", at %s", t->note);
  quote(t, printed, &evidence, ", having printed ");
  decide(t, LAW_FAILS, evidence.data ? evidence.data : "");
  text_free(&evidence);
}

/* After a law that ended the process: behind it, with less at stake. Law 1 is the first to open the plugin. */
static void step_back(struct trial *t, int in_law) {
  if (!in_law || t->number <= 1)
    t->extent = VERIFY_NOTHING;
  else if (t->extent == VERIFY_ALL)
    t->extent = VERIFY_AS_SET;
  if (in_law)
    t->first = t->number + 1;
}

static int start_child(struct trial *t, int what) {
  char first[24], extent[24], seed[24];
  snprintf(first, sizeof first, "%zu", t->first);
  snprintf(extent, sizeof extent, "%d", what);
  snprintf(seed, sizeof seed, "%lld", (long long)t->trier->seed);
  const char *words[48] = {TRIER_FLAG, first, extent, seed, t->elsewhere, t->trier->file};
  size_t n = 6;
  if (t->trier->set_count > 40)
    return error_set(STRAIT_EINVAL, "--set is given %zu times; the limit is 40", t->trier->set_count);
  for (size_t i = 0; i < t->trier->set_count; i++)
    words[n++] = t->trier->sets[i];
  t->heard = 0;
  return child_start(&t->child, words, 1) ? error_failure() : STRAIT_OK;
}

/* What an instance answers in a process of its own. However that one ends, the laws will find out what is wrong. */
static int ask_child(struct trial *t) {
  if (start_child(t, VERIFY_ANSWERS))
    return error_failure();
  child_wait(&t->child, !listen_to(t));
  child_close(&t->child);
  t->done = t->status = 0;
  return STRAIT_OK;
}

static int run_child(struct trial *t) {
  if (start_child(t, t->extent))
    return error_failure();
  int hung = !listen_to(t);
  int ended = child_wait(&t->child, hung), in_law = t->law != NULL, was = t->extent;
  if (in_law && !t->done && !t->status)
    accuse(t, hung, ended, lseek(t->child.output, 0, SEEK_END));
  child_close(&t->child);
  if (t->done || t->status)
    return t->status;
  step_back(t, in_law);
  if (!in_law && was == VERIFY_NOTHING)
    return error_set(STRAIT_EBUG, "the child process of the trial ended, and no law was under way");
  return STRAIT_OK;
}

static void judge_silence(struct trial *t) {
  t->law = json_pack("{s:s, s:s}", "law", silence_law, "text", silence_text);
  if (t->noisy.length)
    decide(t, LAW_FAILS, t->noisy.data);
  else if (t->extent == VERIFY_NOTHING)
    decide(t, LAW_NOT_RUN, "it was not opened");
  else
    decide(t, LAW_HOLDS, "");
}

int trier_run(const struct trier *trier) {
  struct trial t = {.trier = trier, .extent = VERIFY_ALL};
  int status = ask_child(&t);
  while (!t.done && !status)
    status = run_child(&t);
  if (!status)
    judge_silence(&t);
  json_decref(t.law);
  text_free(&t.report);
  text_free(&t.noisy);
  return status;
}
