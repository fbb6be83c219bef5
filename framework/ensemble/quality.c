/* ensemble/quality.c: combined predictions and how good they are. Pure arithmetic on probabilities. */
#include "ensemble/members.h"

#include <float.h>
#include <math.h>

#include "base/error.h"
#include "plugin/registry.h"

/* Sorted, so that the sum below is the same bits for any order that the numbers come in. */
static void sort(float *x, int64_t count) {
  for (int64_t gap = count / 2; gap > 0; gap /= 2)
    for (int64_t i = gap; i < count; i++) {
      float value = x[i];
      int64_t k = i;
      for (; k >= gap && x[k - gap] > value; k -= gap)
        x[k] = x[k - gap];
      x[k] = value;
    }
}

static int mean_of(int64_t members, int64_t size, const float *probabilities, float *combined) {
  float *one = memory_alloc((size_t)members, sizeof *one);
  if (!one)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < size; i++) {
    double sum = 0;
    for (int64_t m = 0; m < members; m++)
      one[m] = probabilities[m * size + i];
    sort(one, members);
    for (int64_t m = 0; m < members; m++)
      sum += (double)one[m];
    combined[i] = (float)(sum / (double)members);
  }
  memory_free(one);
  return STRAIT_OK;
}

int combine_members(const strait_object *ensembler, int64_t members, int64_t rows, int64_t classes,
                    const float *probabilities, float *combined) {
  const strait_ensembler_ops *ops = ensembler ? object_ops(ensembler) : NULL;
  if (members < 1)
    return error_set(STRAIT_EINVAL, "there are no members to combine");
  if (!ops || !ops->combine)
    return mean_of(members, rows * classes, probabilities, combined);
  error_clear();
  int status = ops->combine(ensembler, members, rows, classes, probabilities, combined);
  if (status && !error_status())
    return error_set(status, "%s could not combine its members, and gave no reason", ensembler->name);
  return status;
}

static int64_t predicted(const float *p, int64_t classes) {
  int64_t best = 0;
  for (int64_t c = 1; c < classes; c++)
    if (p[c] > p[best])
      best = c;
  return best;
}

void judge(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, struct metrics *metrics) {
  double nll = 0;
  int64_t errors = 0;
  for (int64_t i = 0; i < rows; i++) {
    const float *p = probabilities + i * classes;
    double right = (double)p[labels[i]];
    nll -= log(right < (double)FLT_MIN ? (double)FLT_MIN : right);
    errors += predicted(p, classes) != labels[i] || isnan(right);
  }
  metrics->samples = rows;
  metrics->nll = metrics->loss = rows ? nll / (double)rows : NAN;
  metrics->error = rows ? 100.0 * (double)errors / (double)rows : NAN;
}

double disagreement(int64_t rows, int64_t classes, const float *a, const float *b) {
  int64_t different = 0;
  for (int64_t i = 0; i < rows; i++)
    different += predicted(a + i * classes, classes) != predicted(b + i * classes, classes);
  return rows ? (double)different / (double)rows : NAN;
}
