/* verbs/compare.h: a compare stage's keys and what it measured. For verb_compare.c and compare_rows.c. Functions are
 * defined in compare_rows.c. */
#ifndef VERBS_COMPARE_H
#define VERBS_COMPARE_H

#include "stage/job.h"

struct compare_keys {
  strait_strings of, seeds;
  strait_ints budgets;
  const char *single;
  strait_strings splits;

  int64_t *seed; /* as numbers */
  size_t seed_count;
  int64_t runs;   /* of each: the largest budget */
  size_t against; /* the index of `single` in `of`; of.n: there is none */
};
/* The copy of the i-th stage of `of` for a seed and a run, both from 0. */
struct stage *compare_need(const struct stage *stage, size_t seed, int64_t run, size_t i);

struct comparison {
  struct job *job;
  unsigned splits, fitted; /* measured; and those that something was fitted to */
  float *w, *b;
  json_t **metrics;   /* [(seed * of + i) * budgets + budget] */
  int64_t *members;   /* the same */
  int64_t work, done; /* networks, for the watcher */
};
/* The rows and the checks, into the summary. */
int compare_put(struct comparison *comparison);

#endif
