/* landscape/quality.h: how good predictions are. logs: (rows, classes), the natural logarithms of class probabilities,
 * so that none is too small to be held; labels: (rows). */
#ifndef LANDSCAPE_QUALITY_H
#define LANDSCAPE_QUALITY_H

#include "landscape/evaluate.h"

/* nll and error of predictions against labels; loss is nll. The class predicted is the first of the most probable. */
void judge(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, struct metrics *metrics);
/* Share of rows where the two predict different classes. */
double disagreement(int64_t rows, int64_t classes, const float *a, const float *b);
/* log sum_m w_m exp(x_m); w NULL: 1/count each, then the same bits for any order of the x, which are sorted. */
double log_mean(int64_t count, float *x, const double *w);
/* The same bits as combine_members makes of the two. */
void mean_of_two(int64_t count, const float *a, const float *b, float *mean);

/* The temperature T that makes softmax(log p / T) most likely, and the nll with it; a factor on all logits multiplies T
 * and leaves the nll. Nothing is judged on what was fitted: of two halves (halves.h) each is judged with the T of
 * the other; *nll is the mean over all rows, *temperature that of the two. (The calibrated log-likelihood of Ashukha et
 * al., 2020, is -nll.)
 *
 * Where that says nothing, T = 1, *nll is that of the predictions as they are, and *why says so (else NULL): of fewer
 * than two rows; where a half has no error, and so no finite T is best; where the result is worse than twice the nll
 * before. NaN where a prediction is. */
int calibrate(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, double *temperature, double *nll,
              const char **why);

/* The most likely T on all rows, 1 where no finite one is; and every row scaled to it. */
int fit_temperature(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, double *temperature);
void temper(int64_t rows, int64_t classes, double temperature, float *logs);

/* Of the predictions in one bin of confidence: how many, their mean confidence and the share that is right. */
#define CONFIDENCE_BINS 15
struct reliability {
  int64_t count;
  double confidence, accuracy; /* NaN: the bin is empty */
};
struct quality {
  double brier; /* mean over rows of sum_c (p_c - [c is the label])^2, in [0,2] */
  /* Expected calibration error (Naeini et al., 2015; Guo et al., 2017): 15 equal bins (a, b] of confidence. What is
   * within 1e-6 bins above a border counts as on it: 2/3 of float32 is 10/15. */
  double ece;
  double temperature, calibrated_nll;
  const char *uncalibrated; /* why the last is the nll as it is; NULL: it is not */
  struct reliability bins[CONFIDENCE_BINS];
};
int quality_of(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, struct quality *quality);

#endif
