/* ensemble/combine.c: combined predictions. Pure arithmetic on probabilities. */
#include "ensemble/members.h"

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
