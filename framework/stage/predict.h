/* stage/predict.h: several networks' predictions, measured one by one and combined: what ensemble and evaluate share.
 */
#ifndef STAGE_PREDICT_H
#define STAGE_PREDICT_H

#include "stage/job.h"

/* Keys of both verbs. */
enum { WEIGHTS_EQUAL, WEIGHTS_GREEDY };
struct predict_keys {
  int32_t weights;
  int32_t temper;
  int32_t predictions;
};
extern const char *const weights_choices[]; /* "equal" "greedy", ended by NULL */
#define PREDICT_OPTIONS(S, field)                                                                                      \
  STRAIT_CHOICE("weights", S, field.weights, "equal", weights_choices,                                                 \
                "how much each member counts in the mean: all alike, or by greedy selection on the validation split"), \
      STRAIT_BOOL("temper", S, field.temper, "no",                                                                     \
                  "give each member a temperature, fitted on the validation split, before they are combined"),         \
      STRAIT_BOOL("predictions", S, field.predictions, "no", "save the members' class probabilities in members.npz")
/* Greedy weights and temperatures need data to be chosen on, and predictions that are classes. */
int predict_check(const struct stage *stage, const struct predict_keys *keys);

struct predictions {
  struct job *job;
  struct predict_keys keys;
  struct evaluator *evaluator;
  unsigned splits, shown; /* measured; and those to report */
  int64_t members, classes, count;
  int combined; /* 1: all are kept */
  int64_t rows[SPLITS];
  int32_t *labels[SPLITS];
  float *probabilities[SPLITS]; /* (members, rows, classes), or one member's; NULL: not measured, or no classes */
  float *weights;               /* (members, count); NULL without keys */
  double *shares;               /* how much each counts; NULL: alike */
  double *temperatures;         /* of the members; NULL: none */
};
/* combined: 1 keeps everything for predict_combined. keys: NULL for equal weights, and when predict_results is not
 * called. */
int predict_begin(struct predictions *p, struct job *job, unsigned splits, int64_t members, int combined,
                  const struct predict_keys *keys);
void predict_free(struct predictions *p); /* zeroed: nothing */
/* Measures member i. as_is: with these statistics; else by the key bn. metrics: as job_measure's, with quality.h's
 * figures beside: "brier", "ece", "temperature", "calibrated_nll". */
int predict_member(struct predictions *p, int64_t i, const float *weights, const float *statistics, int as_is,
                   json_t **metrics);
/* Of the first p->members together: {"test": {"samples", "nll", "error", quality.h's figures, "disagreement"}};
 * disagreement: the mean share, in per cent, of samples on which two members predict different classes (of several
 * members). ensembler NULL: the mean of probabilities. */
int predict_combined(struct predictions *p, const strait_object *ensembler, json_t **metrics);
/* The same as "combined" into the summary; "distance", the mean of two members' distances; "weights" where they are
 * greedy. And members.npz:
 *
 *   distances (M, M)           |w_i - w_j|
 *   weights (M)                how much each counts; only where they are greedy
 *   temperatures (M)           with temper = yes; disagreement and probabilities are then of tempered members
 *   XX_disagreement (M, M)     samples, in per cent, on which two members predict different classes
 *   with predictions = yes: XX_probabilities (M, rows, classes), XX_combined (rows, classes), XX_labels (rows),
 *   XX_numbers (rows) where a subset was measured
 */
int predict_results(struct predictions *p, const strait_object *ensembler);

#endif
