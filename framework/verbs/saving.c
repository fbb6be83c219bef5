/* verbs/saving.c: when a measurement is written, and what is done where its file cannot be used. */
#include "verbs/saving.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "stage/job.h"

#define SAVE_EVERY 1. /* second */

int saving_begin(struct saving *s) {
  int status = s->fresh(s->context);
  s->saved = clock_now();
  if (!status && file_exists(s->file))
    status = s->read(s->context, s->file);
  if (!error_is_of_contents(status))
    return status;
  log_message(STRAIT_LOG_WARNING, "the %s starts over: %s", s->what, error_text());
  error_clear();
  return s->fresh(s->context);
}

static int save(struct saving *s) {
  int status = s->write(s->context, s->file);
  s->saved = clock_now();
  return status;
}

int saving_point(struct saving *s) { return clock_now() < s->saved + SAVE_EVERY ? STRAIT_OK : save(s); }

int saving_end(struct saving *s, int status) {
  struct error_chain chain;
  error_take(&chain);
  int written = save(s);
  return status ? error_give(&chain) : written;
}
