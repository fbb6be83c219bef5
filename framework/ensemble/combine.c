/* ensemble/combine.c: combined predictions. Pure arithmetic on log-probabilities; plugins combine probabilities. */
#include "ensemble/members.h"

#include <math.h>

#include "base/error.h"
#include "plugin/registry.h"

static int mean_of(int64_t members, int64_t size, const float *logs, const double *weights, float *combined) {
  float *one = memory_alloc((size_t)members, sizeof *one);
  if (!one)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < size; i++) {
    for (int64_t m = 0; m < members; m++)
      one[m] = logs[m * size + i];
    combined[i] = (float)log_mean(members, one, weights);
  }
  memory_free(one);
  return STRAIT_OK;
}

/* The ensembler's own way. What is too small for a float is 0 to it. */
static int combine_own(const strait_object *ensembler, int64_t members, int64_t rows, int64_t classes,
                       const float *logs, float *combined) {
  const strait_ensembler_ops *ops = object_ops(ensembler);
  const int64_t size = rows * classes;
  float *probabilities = memory_alloc((size_t)(members * size), sizeof *probabilities);
  if (!probabilities)
    return error_failure();
  for (int64_t i = 0; i < members * size; i++)
    probabilities[i] = (float)exp((double)logs[i]);
  error_clear();
  int status = ops->combine(ensembler, members, rows, classes, probabilities, combined);
  memory_free(probabilities);
  for (int64_t i = 0; !status && i < size; i++)
    combined[i] = (float)log((double)combined[i]);
  if (status && !error_status())
    return error_set(status, "%s could not combine its members, and gave no reason", ensembler->name);
  return status;
}

int combine_members(const strait_object *ensembler, int64_t members, int64_t rows, int64_t classes, const float *logs,
                    float *combined) {
  const strait_ensembler_ops *ops = ensembler ? object_ops(ensembler) : NULL;
  if (members < 1)
    return error_set(STRAIT_EINVAL, "there are no members to combine");
  if (ops && ops->combine)
    return combine_own(ensembler, members, rows, classes, logs, combined);
  return mean_of(members, rows * classes, logs, NULL, combined);
}

int combine_weighted(int64_t members, int64_t size, const float *logs, const double *weights, float *combined) {
  return mean_of(members, size, logs, weights, combined);
}
