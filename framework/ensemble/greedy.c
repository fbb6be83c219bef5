/* ensemble/greedy.c: how much each member counts, by greedy forward selection with replacement (Caruana et al., 2004,
 * section 2): from nothing, the member that makes the mean's nll least on held-out data is added again and again; the
 * shares of the best mean met on the way are the weights. Pure arithmetic on log-probabilities. */
#include "ensemble/members.h"

#include <math.h>

#include "base/error.h"

enum { ROUNDS_LEAST = 20, ROUNDS_MOST = 200 };

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b) {
  const double top = a > b ? a : b, low = a > b ? b : a;
  return isinf(top) || isinf(low) ? top : top + log1p(exp(low - top));
}

/* The label's log-probability of every member and row: (members, rows). */
static float *gather_labels(int64_t members, int64_t rows, int64_t classes, const float *logs, const int32_t *labels) {
  float *right = memory_alloc((size_t)(members * rows), sizeof *right);
  for (int64_t m = 0; right && m < members; m++)
    for (int64_t i = 0; i < rows; i++)
      right[m * rows + i] = logs[(m * rows + i) * classes + labels[i]];
  return right;
}

/* The nll of the mean of `count` members, the log of whose sum is `sum`, and one more. */
static double nll_with(const double *sum, const float *one, int64_t rows, int64_t count) {
  double nll = (double)rows * log((double)(count + 1));
  for (int64_t i = 0; i < rows; i++)
    nll -= log_add(sum[i], (double)one[i]);
  return nll;
}

static void select_members(int64_t members, int64_t rows, const float *right, double *sum, int64_t *taken,
                           double *weights) {
  int64_t rounds = 4 * members < ROUNDS_LEAST ? ROUNDS_LEAST : 4 * members > ROUNDS_MOST ? ROUNDS_MOST : 4 * members;
  double least = INFINITY;
  for (int64_t i = 0; i < rows; i++)
    sum[i] = -INFINITY;
  for (int64_t count = 0; count < rounds; count++) {
    int64_t best = 0;
    double best_nll = INFINITY;
    for (int64_t m = 0; m < members; m++) {
      double nll = nll_with(sum, right + m * rows, rows, count);
      if (nll < best_nll)
        best = m, best_nll = nll;
    }
    taken[best]++;
    for (int64_t i = 0; i < rows; i++)
      sum[i] = log_add(sum[i], (double)right[best * rows + i]);
    if (best_nll < least) {
      least = best_nll;
      for (int64_t m = 0; m < members; m++)
        weights[m] = (double)taken[m] / (double)(count + 1);
    }
  }
}

int greedy_weights(int64_t members, int64_t rows, int64_t classes, const float *logs, const int32_t *labels,
                   double *weights) {
  if (members < 1 || rows < 1)
    return error_set(STRAIT_EINVAL, "there is nothing to select members by");
  float *right = gather_labels(members, rows, classes, logs, labels);
  double *sum = memory_alloc((size_t)rows, sizeof *sum);
  int64_t *taken = memory_alloc((size_t)members, sizeof *taken);
  int status = right && sum && taken ? STRAIT_OK : error_failure();
  for (int64_t m = 0; m < members; m++)
    weights[m] = 1 / (double)members;
  if (!status)
    select_members(members, rows, right, sum, taken, weights);
  memory_free(taken);
  memory_free(sum);
  memory_free(right);
  return status;
}
