/* landscape/evaluate.h: loss, nll and error of a network at given weights, by the one batch-norm rule.
 *
 * refresh (the default): statistics are re-estimated by one pass in training mode over the training split (after limit
 * and holdout), augmented as the training's samples are, in batches of the training size, the short last one included;
 * means and unbiased variances averaged by sample count; dropout off. Order and augmentation are drawn once, by
 * seed.subset, so that they are the same at every point and in every stage; the order is random, so that batches mix
 * classes. A network without batch norm skips the pass.
 *
 * The evaluator owns one program, whose batch is the larger of the evaluation's and the training's, and the samples it
 * measures. Sums are taken sample by sample in double, in index order.
 *
 * A network that carries state is measured on streams (strait/dataset.h). Its state is reset to 0 for each point and
 * each split. Each place counts once, unless eval.tail = drop. */
#ifndef LANDSCAPE_EVALUATE_H
#define LANDSCAPE_EVALUATE_H

#include "data/feeder.h"
#include "network/program.h"

enum {
  BN_REFRESH,     /* statistics re-estimated at the weights */
  BN_RUNNING,     /* those that training kept */
  BN_INTERPOLATE, /* on a path, those of its control points, combined as the weights are; elsewhere as running */
  BN_BATCH        /* those of the batch that is evaluated */
};
/* Keys bn, refresh.samples, refresh.augment, eval.train-samples, eval.test-samples, eval.batch, eval.streams,
 * eval.test-streams, eval.tail. */
struct evaluate_keys {
  int32_t bn;
  int64_t refresh_samples; /* one fixed subset for the refresh; 0: all */
  int32_t refresh_augment;
  int64_t train_samples, test_samples; /* one fixed subset each (test: of validation too), of streams their beginning;
                                          0, or too many: all */
  /* Of evaluation; 0: the training's for bn = batch, whose results depend on it, else what fits the caches: there
   * results depend on it by the rounding of float32 products at most. */
  int64_t batch;
  /* Of data in streams, and a network that carries state along them (others need none). */
  int64_t streams, test_streams; /* side by side: of training and validation, of the test */
  int32_t tail;                  /* TAIL_...: of training and validation */
  int32_t exact;                 /* no key of its own: the training's */
  int64_t decay_dims;            /* likewise, weight-decay-dims */
};
enum { TAIL_KEEP, TAIL_DROP };
extern const struct option_table evaluate_options;

struct metrics {
  int64_t samples; /* that are averaged over; with a class per position, the positions that have one */
  double loss;     /* nll + 0.5 * weight decay * |w|^2 (decayed parameters only) */
  double nll;      /* mean cross-entropy, unsmoothed (or mean squared error) */
  double error;    /* per cent wrong; NaN for real targets */
  int tokens;      /* with a class per position: exp(nll) is the perplexity */
};

struct evaluator;
/* train_batch: the training's batch size, for refresh. decay: the regulariser's weight decay; exclude as in training.
 * Everything passed must outlive the evaluator, but for keys and seeds, which are copied. */
int evaluator_create(struct evaluator **evaluator, const struct network *network, const struct data *data,
                     struct device *device, const struct evaluate_keys *keys, const struct seeds *seeds,
                     int64_t train_batch, double weight_decay, const strait_strings *decay_exclude);
void evaluator_free(struct evaluator *evaluator); /* NULL is nothing */
const struct network *evaluator_network(const struct evaluator *evaluator);
const struct evaluate_keys *evaluator_keys(const struct evaluator *evaluator);
/* Where the batch-norm statistics come from, for people: "re-estimated on the training samples, augmented"; "" where
 * there are none. */
const char *evaluator_rule(const struct evaluator *evaluator);
/* The samples that a split's measures are means over; 0: the data has none in this split. */
int64_t evaluator_samples(const struct evaluator *evaluator, int split);
/* Has each position a class? */
int evaluator_tokens(const struct evaluator *evaluator);
/* Rows of a split's log-probabilities: its samples, or, with a class per position, the positions that have one. */
int evaluator_rows(struct evaluator *evaluator, int split, int64_t *rows);
/* The labels of the measured samples, in order; n = evaluator_samples. Classes only. */
int evaluator_labels(struct evaluator *evaluator, int split, int32_t *labels);
/* The measured samples' numbers in the split, unless NULL is passed; returns 1 if they are a subset, 0 if all. */
int evaluator_subset(const struct evaluator *evaluator, int split, int64_t *numbers);

/* Everything at one point: uploads the weights once, brings the statistics about by the key bn, measures each split of
 * the mask (1 << SPLIT_...). given: the statistics for bn = running and interpolate (else NULL will do); used, or NULL:
 * gets those that were in force (not for bn = batch). logs, or NULL: for each split (samples, classes) floats, or NULL:
 * gets the log-probabilities (of real targets: the outputs; with a class per
 * position, one float for each that has one: the log-probability of that class). */
int evaluator_point(struct evaluator *evaluator, const float *weights, const float *given, unsigned splits,
                    struct metrics metrics[SPLITS], float *used, float *const logs[SPLITS]);
/* The steps of that by themselves. refresh re-estimates the statistics whatever the key bn: statistics:
 * network_statistics->count floats, filled. */
int evaluator_refresh(struct evaluator *evaluator, const float *weights, float *statistics);
/* Measures one split at (weights, statistics); logs: (samples, classes) or NULL. With bn = batch the
 * statistics are not looked at. */
int evaluator_measure(struct evaluator *evaluator, const float *weights, const float *statistics, int split,
                      struct metrics *metrics, float *logs);

#endif
