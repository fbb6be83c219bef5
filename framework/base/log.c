/* base/log.c: the program's one sink of messages. Messages come from any thread; the sink sees one at a time. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"

static void to_stderr(void *context, unsigned level, const char *message) {
  (void)context;
  fprintf(stderr, "strait: %s%s\n", level >= STRAIT_LOG_WARNING ? "warning: " : "", message);
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
