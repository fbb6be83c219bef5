/* verbs/line.h: the straight line between two networks, measured for its barriers by verbs whose result is at its end.
 */
#ifndef VERBS_LINE_H
#define VERBS_LINE_H

#include "stage/job.h"

struct line {
  const char *name; /* "before": of its file, NAME.npz in the stage's folder */
  const char *text; /* for people: "line(a,b)" */
  const float *theta[2], *statistics[2];
  int64_t points;
  unsigned splits;
};
/* Measures the line at so many points, and more near its maxima; what is measured is saved as it comes. into gets
 * {"samples", "loss", "nll", "error"} of each split, as of a scan: ends, maxima, and barriers by both definitions. */
int line_measure(struct job *job, struct evaluator *evaluator, const struct line *line, json_t *into);

#endif
