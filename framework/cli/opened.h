/* cli/opened.h: an experiment, read and prepared, with what it needs: where run, check and plan begin. */
#ifndef CLI_OPENED_H
#define CLI_OPENED_H

#include "cli/command.h"
#include "stage/session.h"

struct opened {
  struct registry *registry;
  struct experiment *experiment;
  struct session *session;
  const char *out;
};
/* To be freed whatever the status. */
int opened_read(const struct arguments *a, const struct progress *progress, struct opened *o);
void opened_free(struct opened *o);

/* What a stage's folder holds (RESULT_... of stage/runner.h), in words. */
extern const char *const result_words[];

#endif
