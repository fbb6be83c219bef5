/* verbs/means.h: one figure measured several times: mean, standard error, values; and lists of seeds. For the verbs
 * that run stages again and again. */
#ifndef VERBS_MEANS_H
#define VERBS_MEANS_H

#include <jansson.h>

#include "experiment/experiment.h"

/* {"mean", "se", "n", "values"}. se: sample standard deviation / sqrt(n); null for one value. What is not finite is a
 * text (document_measure). NULL: no memory. */
json_t *figure_json(const double *values, size_t count);
/* min and max of such a figure's values. */
void figure_range(const json_t *figure, double *min, double *max);

/* Every number in a finished stage's summary by its place, as "splits.train.nll.max"; elements of lists by what they
 * call themselves ("path", "weights"), of lists without such names none. {"place": number}. NULL: no memory. */
json_t *figures_of_summary(const json_t *summary);

/* "1..5" among the values as 1 2 3 4 5, and parentheses around one taken off; the strings are the arena's. */
int values_expand(struct arena *arena, const char *const *from, size_t count, const char ***values, size_t *n);
/* Whole numbers from 1 to INSTANCE_SEEDS, none twice. */
int seeds_read(struct arena *arena, const char *const *values, size_t count, int64_t **seeds);

#endif
