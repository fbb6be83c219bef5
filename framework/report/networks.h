/* report/networks.h: the table of single networks and ensembles, on the test data: one row each. */
#ifndef REPORT_NETWORKS_H
#define REPORT_NETWORKS_H

#include <jansson.h>

#include "report/table.h"

/* With its head; perplexity: a column for that too. NULL: no memory. */
struct table *networks_create(int perplexity);
/* Has any summary of a run's results a perplexity? */
int networks_perplexity(const json_t *results);
/* What a row has after its name: how many members, the epochs spent (NaN: not known), the metrics of a summary. */
void networks_cells(struct table *table, size_t members, double epochs, const json_t *metrics);

#endif
