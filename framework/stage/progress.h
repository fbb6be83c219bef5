/* stage/progress.h: what a run tells whoever watches it. The program draws bars from it; tests may leave it out. */
#ifndef STAGE_PROGRESS_H
#define STAGE_PROGRESS_H

#include <stdint.h>

struct stage;
enum { STAGE_CACHED, STAGE_STARTS, STAGE_RESUMES, STAGE_REPLAYS, STAGE_MEASURES };
struct progress {
  void *context;
  /* A stage's turn: number from 1 of count; state is one of the above. */
  void (*stage)(void *context, const struct stage *stage, int number, int count, int state);
  /* A piece of work of `total` units begins; `done` of them are there already. what: "training", "line(a,b)". */
  void (*begin)(void *context, const char *what, int64_t done, int64_t total, const char *unit);
  /* So far; note says how it goes ("epoch 3/15  loss .31") and takes the place of `what`, or is NULL. milestone: worth
   * a line of its own. */
  void (*tick)(void *context, int64_t done, const char *note, int milestone);
  void (*end)(void *context);
  /* The stage is done: its one line of results. */
  void (*result)(void *context, const struct stage *stage, const char *line);
};

#endif
