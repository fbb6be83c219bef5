/* stage/predict.h: several networks' predictions, measured one by one and combined: what ensemble and evaluate share.
 */
#ifndef STAGE_PREDICT_H
#define STAGE_PREDICT_H

#include "stage/job.h"

struct predictions {
  struct job *job;
  struct evaluator *evaluator;
  unsigned splits;
  int64_t members, classes;
  int64_t rows[SPLITS];
  float *probabilities[SPLITS]; /* (members, rows, classes); NULL: not measured, or no classes */
};
/* combined: 1 keeps the probabilities for predict_combined. */
int predict_begin(struct predictions *p, struct job *job, unsigned splits, int64_t members, int combined);
void predict_free(struct predictions *p); /* zeroed: nothing */
/* Measures member i. as_is: with these statistics; else by the key bn. metrics: as job_measure's. */
int predict_member(struct predictions *p, int64_t i, const float *weights, const float *statistics, int as_is,
                   json_t **metrics);
/* Of all members together: {"test": {"samples", "nll", "error", "disagreement"}}; disagreement: the mean share, in per
 * cent, of samples on which two members predict different classes (of several members). ensembler NULL: the mean of
 * probabilities. */
int predict_combined(struct predictions *p, const strait_object *ensembler, json_t **metrics);

#endif
