/* cli/results_parts.h: what the tables of results.h share; one file a verb that has a table of its own. */
#ifndef CLI_RESULTS_PARTS_H
#define CLI_RESULTS_PARTS_H

#include <jansson.h>

#include "cli/table.h"

double results_value(const json_t *object, const char *key);          /* NaN where there is none */
const char *results_text(const json_t *object, const char *key);      /* "?" where there is none */
void results_number(struct table *table, int decimals, double value); /* NaN is "-" */

/* stage: of the results; summary: its summary. */
int results_print_plane(const json_t *stage, const json_t *summary);

#endif
