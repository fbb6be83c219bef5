/* landscape/evaluate.h: loss, nll and error of a network at given weights, by the one batch-norm rule.
 *
 * refresh (the default): statistics are re-estimated by one pass in training mode over the training split (after limit and
 * holdout) in index order, unaugmented, in batches of the training size, the short last one included; means and unbiased
 * variances averaged by sample count; dropout off. */
#ifndef LANDSCAPE_EVALUATE_H
#define LANDSCAPE_EVALUATE_H

#include "data/feeder.h"
#include "network/program.h"

enum { BN_REFRESH, BN_RUNNING, BN_INTERPOLATE, BN_BATCH };
/* Keys bn, refresh.samples, refresh.augment, eval.train-samples, eval.test-samples, eval.batch. */
struct evaluate_keys {
  int32_t bn;
  int64_t refresh_samples; /* 0: all */
  int32_t refresh_augment;
  int64_t train_samples, test_samples; /* one fixed subset each; 0: all */
  int64_t batch;                       /* of evaluation; results do not depend on it but for bn = batch */
};
extern const struct option_table evaluate_options;

struct metrics {
  int64_t samples;
  double loss;  /* nll + 0.5 * weight decay * |w|^2 (decayed parameters only) */
  double nll;   /* mean cross-entropy, unsmoothed (or mean squared error) */
  double error; /* per cent wrong */
};

struct evaluator;
/* train_batch: the training's batch size, for refresh. decay: the regulariser's weight decay; exclude as in training. */
int evaluator_create(struct evaluator **evaluator, const struct network *network, const struct data *data,
                     struct device *device, const struct evaluate_keys *keys, const struct seeds *seeds,
                     int64_t train_batch, double weight_decay, const strait_strings *decay_exclude);
void evaluator_free(struct evaluator *evaluator);
/* Re-estimates the statistics at these weights; statistics: network_statistics->count floats, filled. */
int evaluator_refresh(struct evaluator *evaluator, const float *weights, float *statistics);
/* Measures one split at (weights, statistics); probabilities: (samples, classes) or NULL. */
int evaluator_measure(struct evaluator *evaluator, const float *weights, const float *statistics, int split,
                      struct metrics *metrics, float *probabilities);
int64_t evaluator_samples(const struct evaluator *evaluator, int split);
/* The labels of the measured samples, in order; n = evaluator_samples. */
int evaluator_labels(struct evaluator *evaluator, int split, int32_t *labels);
/* The measured samples' numbers in the split. */
void evaluator_subset(struct evaluator *evaluator, int split, int64_t *numbers);

#endif
