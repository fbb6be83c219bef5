/* base/error.c: the chain of causes. Its state is one buffer a thread. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static _Thread_local struct error_chain chain_of_thread;

/* Names come from files, and messages go to terminals, which obey some characters. */
static void disarm(char *text) {
  for (; *text; text++)
    if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f)
      *text = '?';
}

/* Makes "outer: inner" the chain. The arguments of a message may point into the old chain, so it is replaced last. */
static int install(int status, const char *outer, const char *inner) {
  struct error_chain *chain = &chain_of_thread;
  char joined[sizeof chain->text];
  int wanted = snprintf(joined, sizeof joined, inner ? "%s: %s" : "%s", outer, inner);
  if (wanted >= (int)sizeof joined)
    memcpy(joined + sizeof joined - 4, "...", 4);
  disarm(joined);
  memcpy(chain->text, joined, sizeof joined);
  chain->status = status;
  return status;
}

int error_set_v(int status, const char *format, va_list arguments) {
  char message[sizeof chain_of_thread.text];
  if (vsnprintf(message, sizeof message, format, arguments) < 0)
    snprintf(message, sizeof message, "%s", format);
  return install(status < 0 ? status : STRAIT_EBUG, message, NULL);
}

int(error_set)(int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  status = error_set_v(status, format, arguments);
  va_end(arguments);
  return status;
}

int(error_errno)(int status, const char *format, ...) {
  int number = errno;
  va_list arguments;
  va_start(arguments, format);
  status = error_set_v(status, format, arguments);
  va_end(arguments);
  return install(status, chain_of_thread.text, strerror(number));
}

int error_wrap_v(const char *format, va_list arguments) {
  char message[sizeof chain_of_thread.text];
  if (vsnprintf(message, sizeof message, format, arguments) < 0)
    snprintf(message, sizeof message, "%s", format);
  if (chain_of_thread.status == STRAIT_OK) /* a layer below failed without saying why: never report success */
    return install(STRAIT_EBUG, message, "failed without a recorded cause");
  return install(chain_of_thread.status, message, chain_of_thread.text);
}

int(error_wrap)(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int status = error_wrap_v(format, arguments);
  va_end(arguments);
  return status;
}

int(error_failure)(void) {
  if (chain_of_thread.status == STRAIT_OK)
    return install(STRAIT_EBUG, "failed without a recorded cause", NULL);
  return chain_of_thread.status;
}

int error_status(void) { return chain_of_thread.status; }

const char *error_text(void) { return chain_of_thread.text; }

void error_clear(void) {
  chain_of_thread.status = STRAIT_OK;
  chain_of_thread.text[0] = '\0';
}

void error_take(struct error_chain *chain) {
  *chain = chain_of_thread;
  error_clear();
}

int error_give(const struct error_chain *chain) {
  chain_of_thread = *chain;
  return chain->status;
}
