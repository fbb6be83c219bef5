/* base/log.c: the program's one sink of messages. Messages come from any thread; the sink sees one at a time. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* no-color.org: set and not empty. */
static int is_coloured(void) {
  const char *off = getenv("NO_COLOR"), *terminal = getenv("TERM");
  return isatty(STDERR_FILENO) && !(off && *off) && terminal && strcmp(terminal, "dumb") != 0;
}

void log_write(unsigned level, const char *message) {
  const char *head = level == STRAIT_LOG_WARNING ? "strait: warning:" : "strait:";
  const char *colour = level == STRAIT_LOG_WARNING ? "\033[33m" : "\033[31m";
  if (level >= STRAIT_LOG_WARNING && is_coloured())
    fprintf(stderr, "%s%s\033[0m %s\n", colour, head, message);
  else
    fprintf(stderr, "%s %s\n", head, message);
}

static void to_stderr(void *context, unsigned level, const char *message) {
  (void)context;
  log_write(level >= STRAIT_LOG_WARNING ? STRAIT_LOG_WARNING : level, message);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the sink and its context */
static log_sink *installed = to_stderr;
static void *installed_context;
static atomic_uint least_level = STRAIT_LOG_INFO;

void log_to(log_sink *sink, void *context) {
  pthread_mutex_lock(&lock);
  installed = sink ? sink : to_stderr;
  installed_context = sink ? context : NULL;
  pthread_mutex_unlock(&lock);
}

void log_level(unsigned least) { atomic_store(&least_level, least); }

static _Thread_local const char *subject;

void log_about(const char *about) { subject = about; }
const char *log_subject(void) { return subject; }

void log_message_v(unsigned level, const char *format, va_list arguments) {
  char message[4096];
  if (level < atomic_load(&least_level))
    return;
  if (vsnprintf(message, sizeof message, format, arguments) < 0)
    snprintf(message, sizeof message, "%s", format);
  pthread_mutex_lock(&lock);
  installed(installed_context, level, message);
  pthread_mutex_unlock(&lock);
}

void log_message(unsigned level, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_message_v(level, format, arguments);
  va_end(arguments);
}
