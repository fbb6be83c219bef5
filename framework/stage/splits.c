/* stage/splits.c: the splits that a stage's keys name. */
#include "stage/splits.h"

#include <string.h>

#include "base/error.h"
#include "stage/material.h"

static int check_split(const struct stage *stage, const char *name) {
  for (int split = 0; split < SPLITS; split++) {
    if (strcmp(name, split_name(split)) != 0)
      continue;
    if (data_count(stage->material->data, split) > 0)
      return STRAIT_OK;
    return error_set(STRAIT_EINVAL, "splits = %s: the data has no samples there%s", name,
                     split == SPLIT_VALIDATION ? "; set holdout in the trainings" : "");
  }
  return error_set(STRAIT_EINVAL, "splits: no split \"%s\"; there are train, validation and test", name);
}

int stage_check_splits(const struct stage *stage, const strait_strings *splits) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < splits->n; i++)
    status = check_split(stage, splits->v[i]);
  return status;
}
