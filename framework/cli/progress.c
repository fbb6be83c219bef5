/* cli/progress.c: the moving line, or plain lines. Its state is the process's one standard error. */
#include <config.h>

#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "experiment/experiment.h"
#include "stage/job.h"

#define PLAIN_EVERY 3. /* seconds between two plain lines */
#define REMEMBERED 16  /* messages */

static struct {
  int quiet, terminal, drawn; /* drawn: a moving line stands on the terminal */
  char head[96];              /* "[2/6] connect arc" */
  const char *unit;
  char what[128]; /* the piece of work, then the latest note */
  int64_t first, done, total;
  char messages[REMEMBERED][256];
  size_t next;
  double begun, said; /* when the piece of work began; when it was last told of */
} state;

static void erase(void) {
  if (state.drawn)
    fputs("\r\033[K", stderr);
  state.drawn = 0;
}

static void format_time(double seconds, char text[32]) {
  long s = seconds < 0 || seconds > 359999 ? 359999 : (long)(seconds + .5);
  if (s >= 3600)
    snprintf(text, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  else
    snprintf(text, 32, "%ld:%02ld", s / 60, s % 60);
}

/* "45 %  1234 step/s  0:32 left" */
static void format_rate(char *text, size_t size) {
  double seconds = clock_now() - state.begun, made = (double)(state.done - state.first);
  double rate = seconds > 0 ? made / seconds : 0;
  char left[32];
  int share = state.total > 0 ? (int)(100 * state.done / state.total) : 0;
  if (seconds < .5 || rate <= 0) {
    snprintf(text, size, "%d %%", share);
    return;
  }
  format_time((double)(state.total - state.done) / rate, left);
  snprintf(text, size, rate < 10 ? "%d %%  %.2f %s/s  %s left" : "%d %%  %.0f %s/s  %s left", share, rate, state.unit,
           left);
}

static int terminal_width(void) {
  struct winsize size;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
    return 80;
  return size.ws_col;
}

#define BAR 16

static void draw_bar(void) {
  char bar[BAR + 1], rate[96], line[512];
  int filled = state.total > 0 ? (int)(BAR * state.done / state.total) : 0;
  memset(bar, '.', BAR);
  memset(bar, '#', (size_t)(filled < 0 ? 0 : filled > BAR ? BAR : filled));
  bar[BAR] = 0;
  format_rate(rate, sizeof rate);
  snprintf(line, sizeof line, "%s  %s  [%s]  %s", state.head, state.what, bar, rate);
  fprintf(stderr, "\r%.*s\033[K", terminal_width() - 1, line);
  state.drawn = 1;
}

static void say(void) {
  char rate[96];
  format_rate(rate, sizeof rate);
  fprintf(stderr, "%s  %s  %s\n", state.head, state.what, rate);
}

static void show_stage(void *context, const struct stage *stage, int number, int count, int what) {
  static const char *const words[] = {"done already", "", "resumes", "makes a missing checkpoint",
                                      "measures its weights again"};
  (void)context;
  snprintf(state.head, sizeof state.head, "[%d/%d] %s", number, count, stage->section);
  if (state.quiet)
    return;
  erase();
  if (words[what][0])
    fprintf(stderr, "%s  %s\n", state.head, words[what]);
}

static void begin_bar(void *context, const char *what, int64_t done, int64_t total, const char *unit) {
  (void)context;
  snprintf(state.what, sizeof state.what, "%s", what);
  state.unit = unit;
  state.first = state.done = done;
  state.total = total;
  state.begun = state.said = clock_now();
  if (!state.quiet && state.terminal)
    draw_bar();
}

static void tick(void *context, int64_t done, const char *note, int milestone) {
  (void)context;
  state.done = done;
  if (note)
    snprintf(state.what, sizeof state.what, "%s", note);
  if (state.quiet)
    return;
  double now = clock_now();
  if (state.terminal && (milestone || now > state.said + .1)) {
    draw_bar();
    state.said = now;
  } else if (!state.terminal && now > state.said + PLAIN_EVERY * (milestone ? 1 : 5)) {
    say();
    state.said = now;
  }
}

static void end(void *context) {
  (void)context;
  erase();
}

static void result(void *context, const struct stage *stage, const char *line) {
  (void)context;
  (void)stage;
  erase();
  if (!state.quiet)
    fprintf(stderr, "%s  %s\n", state.head, line);
}

/* What a schedule says when it is checked, it says again when it is used: once is enough. */
static int said_before(const char *message) {
  for (size_t i = 0; i < REMEMBERED; i++)
    if (strncmp(state.messages[i], message, sizeof state.messages[i] - 1) == 0)
      return 1;
  snprintf(state.messages[state.next++ % REMEMBERED], sizeof state.messages[0], "%s", message);
  return 0;
}

static void sink(void *context, unsigned level, const char *message) {
  (void)context;
  if ((level < STRAIT_LOG_WARNING && state.quiet) || said_before(message))
    return;
  erase();
  log_write(level >= STRAIT_LOG_WARNING ? STRAIT_LOG_WARNING : level, message);
}

static const struct progress watcher = {NULL, show_stage, begin_bar, tick, end, result};

const struct progress *progress_start(int quiet) {
  memset(&state, 0, sizeof state);
  state.quiet = quiet;
  state.terminal = isatty(STDERR_FILENO);
  state.unit = "step";
  log_to(sink, NULL);
  return &watcher;
}

void progress_stop(void) { erase(); }
