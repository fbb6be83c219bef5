/* verbs/predict.h: several networks' predictions, measured one by one and combined: what ensemble and evaluate share.
 */
#ifndef VERBS_PREDICT_H
#define VERBS_PREDICT_H

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
                "weights of the members in the mean: equal, or by greedy selection on the validation split"),          \
      STRAIT_BOOL("temper", S, field.temper, "no",                                                                     \
                  "scale each member by a temperature, fitted on the validation split, before combining"),             \
      STRAIT_BOOL("predictions", S, field.predictions, "no", "save the members' class probabilities in members.npz")
/* Those of a stage; NULL where its verb has none. */
const struct predict_keys *predict_keys_of(const struct stage *stage);
/* Greedy weights and temperatures need data to be chosen on, and predictions that are classes. stage: whose data that
 * is. */
int predict_check(const struct stage *stage, const struct predict_keys *keys);
/* Is something fitted to the validation split? */
int predict_fits(const struct predict_keys *keys);
/* The check "fitted": is any of the splits shown among those that something was fitted to? Masks. */
int predict_check_fitted(json_t *summary, unsigned shown, unsigned fitted);

struct predictions {
  struct job *job;
  struct predict_keys keys;
  struct evaluator *evaluator;
  unsigned splits, shown; /* measured; and those to report */
  int64_t members, classes, count;
  int tokens; /* each position has a class: classes is 1, and the rows are the log-probabilities of the targets */
  int keep;   /* PREDICT_... */
  int64_t rows[SPLITS];
  int32_t *labels[SPLITS];
  float *logs[SPLITS];  /* log-probabilities: (members, rows, classes), or one member's; NULL: not measured, or no
                           classes */
  float *weights;       /* (members, count), with PREDICT_RESULTS; else NULL */
  double *shares;       /* how much each counts; NULL: alike */
  double *temperatures; /* of the members; NULL: none */
  int64_t uncalibrated; /* how often the calibrated nll was the nll as it is; and why, the last time */
  const char *why;
};
/* What is kept: nothing from member to member; what predict_combined needs; what predict_results needs. PREDICT_ALONE:
 * one network, of whose predictions on the training split only nll and error are looked at: it may be large. */
enum { PREDICT_EACH, PREDICT_COMBINED, PREDICT_RESULTS, PREDICT_ALONE };
/* keys: NULL for equal weights. */
int predict_begin(struct predictions *p, struct job *job, unsigned splits, int64_t members, int keep,
                  const struct predict_keys *keys);
void predict_free(struct predictions *p); /* zeroed: nothing */
/* Measures member i. as_is: with these statistics; else by the key bn. metrics: as job_measure's, with quality.h's
 * figures beside: "brier", "ece", "temperature", "calibrated_nll", "reliability" of what is combined or alone (count,
 * confidence and accuracy of quality.h's bins that are not empty), and where that is the nll as it is, the reason as
 * "uncalibrated". */
int predict_member(struct predictions *p, int64_t i, const float *weights, const float *statistics, int as_is,
                   json_t **metrics);
/* When all members are measured, once: each gets its temperature, if the keys say so. */
int predict_temper(struct predictions *p);
/* Then, if the keys say so: how much each of the first p->members counts. */
int predict_choose(struct predictions *p);
/* The check "calibrated": told only where a calibrated nll was the nll as it is. */
int predict_check_calibrated(const struct predictions *p);
/* Of the first p->members together: {"test": {"samples", "nll", "error", quality.h's figures, "disagreement"}};
 * disagreement: the mean share, in per cent, of samples on which two members predict different classes (of several
 * members). ensembler NULL: the mean of probabilities. */
int predict_combined(struct predictions *p, const strait_object *ensembler, json_t **metrics);
/* All three, the last as "combined" into the summary; "so_far": {"split", "values": [{"nll", "error"}, ...]} of the
 * first member, the first two, ... together; "distance", the mean of two members' distances; "weights" where they are
 * greedy. And members.npz:
 *
 *   distances (M, M)           |w_i - w_j|
 *   weights (M)                how much each counts; only where they are greedy
 *   temperatures (M)           with temper = yes; disagreement and probabilities are then of tempered members
 *   XX_disagreement (M, M)     samples, in per cent, on which two members predict different classes
 *   with predictions = yes: XX_probabilities (M, rows, classes), XX_combined (rows, classes), and their logarithms,
 *   which hold what is too small for a probability in float32, XX_log_probabilities, XX_log_combined; XX_labels (rows);
 *   XX_numbers (rows) where a subset was measured
 */
int predict_results(struct predictions *p, const strait_object *ensembler);

#endif
