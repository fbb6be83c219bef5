/* cli/progress.h: what `strait run` prints while it works, on standard error: one moving line on a terminal, now and
 * then a whole line elsewhere. Log messages go through it too, so that they don't tear the moving line. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "stage/progress.h"

/* Installs the log's sink. quiet: only warnings. The result is valid until progress_stop. */
const struct progress *progress_start(int quiet);
void progress_stop(void);

#endif
