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
/* The same as a table's cell; where a run takes it back (aside: see stage_result), with the folder it is in. */
struct table;
void opened_state(struct table *table, const struct stage *stage, int result, int aside);

#endif
