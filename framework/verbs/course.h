/* verbs/course.h: how a training went, or each source of an ensemble: the rates of its schedule, which the stage
 * writes, and the lines of its log; for the figures. */
#ifndef VERBS_COURSE_H
#define VERBS_COURSE_H

#include "stage/job.h"

/* One training of a stage. */
struct rates_of {
  int64_t source;      /* 0 of a stage that is one training */
  int64_t first, last; /* the iterations before it, and with it */
  int64_t iterations;  /* the schedule's horizon */
};
#define RATES_FILE "rates.npz"
/* rates.npz: rate_0, rate_1, ... (one per iteration) of source 0, 1, ..., before any halving, and first (one per
 * source): the iterations before. A path has none. */
int rates_write(struct job *job, const strait_object *schedule, const struct rates_of *trainings, int64_t count);

/* What trace = yes adds to the log of a training at an epoch's end: the error on the test data, on validation where
 * there is none. path: a curve, measured at its middle under the batch-norm rule; else the weights with the statistics
 * that training keeps. *tracer is made when it is first needed; the caller frees it. A failure to measure is a warning.
 */
struct path;
int course_trace(struct job *job, struct evaluator **tracer, const struct snapshot *snapshot, const struct path *path);
#define TRACE_HELP "measure the test error after every epoch, for the figure of the training"
/* Samples that this takes. */
int64_t course_trace_cost(const struct stage *stage, int64_t epochs);

/* An epoch's end, or a moment at which an ensembler was asked. */
struct course_point {
  int64_t source, iteration;
  int64_t epoch;   /* of a training that is a stage: the one that ended; else 0 */
  int64_t members; /* so far */
  int kept;        /* a member was kept here */
  /* rate, loss and train_error: of the epoch so far; NaN: not told */
  double rate, loss, train_error, test_error, distance;
};
struct course_halving {
  int64_t source, from, halvings; /* after iteration `from` */
};
struct course {
  struct course_point *point; /* by source and iteration */
  size_t count, capacity;
  struct course_halving *halving;
  size_t halvings, halving_capacity;
  struct arrays *rates; /* NULL: made by a version of strait that did not write them */
};
/* Of a stage of report/results.h. Lines that a process did not finish are skipped; what a divergence took back is not
 * in it. */
int course_read(struct course *course, struct arena *arena, const json_t *stage);
void course_free(struct course *course); /* zeroed: nothing */
int64_t course_sources(const struct course *course);
/* The last iteration of a source, 0: there is none; and whether it is a path. */
int64_t course_length(const struct course *course, int64_t source);
int course_is_path(const struct course *course, int64_t source);
/* The rates of a source with its halvings, one for each iteration after *first; in the arena. NULL: not known. */
const double *course_rates(const struct course *course, struct arena *arena, int64_t source, int64_t *first,
                           int64_t *count);

#endif
