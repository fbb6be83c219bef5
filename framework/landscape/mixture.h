/* landscape/mixture.h: networks whose weights are sums of given points, sum c_i theta_i, measured one after another:
 * the points of a path, of a plane. The batch-norm statistics that go with them follow from the evaluator's key bn. */
#ifndef LANDSCAPE_MIXTURE_H
#define LANDSCAPE_MIXTURE_H

#include "landscape/evaluate.h"

struct mixture {
  const char *name; /* of what it is about, for messages */
  struct evaluator *evaluator;
  int points;
  const float *const *theta;
  int64_t count, buffers; /* weights; statistics */
  const float **at;       /* statistics at each point; an entry may be NULL */
  float **own;            /* those re-estimated here */
  float *weights, *combined;
  struct repair *repair; /* of the same points, to be set: what is measured is repaired; NULL: it is not */
};
/* statistics: those of the points; it or entries may be NULL. refresh and batch need none; interpolate combines them by
 * c, re-estimating here at a point that has none; running takes those of the point with the largest c, and a missing
 * one is an error. Nothing passed is copied. To be ended also after a failure. */
int mixture_begin(struct mixture *mixture, const char *name, int points, const float *const *theta,
                  const float *const *statistics, struct evaluator *evaluator);
void mixture_end(struct mixture *mixture); /* zeroed: nothing */
/* splits, metrics and logs as evaluator_point's. */
int mixture_measure(struct mixture *mixture, const double *c, unsigned splits, struct metrics metrics[SPLITS],
                    float *const logs[SPLITS]);

#endif
