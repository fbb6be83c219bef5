/* cli/estimate.h: what stages will take: minutes, memory, disk. */
#ifndef CLI_ESTIMATE_H
#define CLI_ESTIMATE_H

#include "cli/opened.h"
#include "stage/cost.h"

struct estimate_line {
  const struct stage *stage;
  int result, aside; /* stage/runner.h */
  struct cost cost;
  double minutes; /* of what is not done */
  int64_t memory;
};

struct speed;
struct estimate {
  struct estimate_line *line;
  size_t lines;
  struct speed *speed;
  size_t speeds;
  double minutes;
  int64_t memory, disk; /* the most at a time; all together */
};

/* Room for every stage, in the arena. */
int estimate_create(struct estimate *estimate, const struct opened *opened, struct arena *arena);
/* Adds a line; measures the speed of a network that it has not met yet. again: also where its results are there. */
int estimate_stage(struct estimate *estimate, const struct opened *opened, const struct stage *stage, int again);

#endif
