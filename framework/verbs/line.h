/* verbs/line.h: the straight line between two networks, measured for its barriers by verbs whose result is at its end.
 */
#ifndef VERBS_LINE_H
#define VERBS_LINE_H

#include "landscape/scan.h"
#include "stage/job.h"

/* Points of error up to which a barrier counts as none: those that Frankle et al. (2020) allow two networks that they
 * call linearly connected. */
#define LINE_CONNECTED 2

struct line {
  const char *name; /* "before": of its file, NAME.npz in the stage's folder */
  const char *text; /* for people: "line(a,b)" */
  const float *theta[2], *statistics[2];
  int64_t points, levels; /* of the grid; halvings next to its maxima */
  unsigned splits;
  const struct metrics *end; /* of the second network, by split, where it is measured already; NULL: it is not */
};
/* Measures the line; what is measured is saved as it comes. The caller frees the scan, after a failure too. */
int line_measure(struct job *job, struct evaluator *evaluator, const struct line *line, struct scan **scan);

#endif
