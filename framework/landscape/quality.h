/* landscape/quality.h: how good class probabilities are. probabilities: (rows, classes), each row summing to one;
 * labels: (rows). A probability below FLT_MIN counts as FLT_MIN. */
#ifndef LANDSCAPE_QUALITY_H
#define LANDSCAPE_QUALITY_H

#include "landscape/evaluate.h"

/* nll and error of probabilities against labels; loss is nll. The class predicted is the first of the most probable. */
void judge(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, struct metrics *metrics);
/* Share of rows where the two predict different classes. */
double disagreement(int64_t rows, int64_t classes, const float *a, const float *b);
/* The same bits as combine_members makes of the two. */
void mean_of_two(int64_t count, const float *a, const float *b, float *mean);

/* The temperature T that makes softmax(log p / T) most likely, in [.01, 100], and the nll with it. Nothing is judged on
 * what was fitted: of the even and the odd rows each is judged with the T of the other; *nll is the mean over all rows,
 * *temperature that of the two. NaN for fewer than two rows. (The calibrated log-likelihood of Ashukha et al., 2020, is
 * -nll.) */
int calibrate(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, double *temperature,
              double *nll);

/* The most likely T on all rows; and every row scaled to it, p^(1/T) over its sum. */
int fit_temperature(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                    double *temperature);
void temper(int64_t rows, int64_t classes, double temperature, float *probabilities);

struct quality {
  double brier; /* mean over rows of sum_c (p_c - [c is the label])^2, in [0,2] */
  double ece;   /* expected calibration error (Guo et al., 2017): 15 equal bins of confidence */
  double temperature, calibrated_nll;
};
int quality_of(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
               struct quality *quality);

#endif
