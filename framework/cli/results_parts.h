/* cli/results_parts.h: what the tables of results.h share; one file a verb that has a table of its own. */
#ifndef CLI_RESULTS_PARTS_H
#define CLI_RESULTS_PARTS_H

#include <jansson.h>

#include "cli/sheet.h"
#include "cli/table.h"

double results_value(const json_t *object, const char *key);     /* NaN where there is none, or it says so */
int results_has(const json_t *object, const char *key);          /* Is there a number, be it nan or inf? */
const char *results_text(const json_t *object, const char *key); /* "?" where there is none */
/* The number as a cell, "nan" and "inf" included; "-" where there is none. */
void results_cell(struct table *table, int decimals, const json_t *object, const char *key);
void results_number(struct table *table, int decimals, double value); /* a number that is there */

/* The stage's summary if it is a finished one of this verb, else NULL. */
const json_t *results_of(const json_t *stage, const char *verb);
/* Is it one of the copies that compare and sweep make? The tables of these stand for them. */
int results_is_copy(const json_t *stage);

/* Under a table: the stage's checks that warn, or how many passed. */
void results_print_checks(struct sheet *sheet, const json_t *summary);

/* stage: of the results; summary: its summary. */
int results_print_scan(struct sheet *sheet, const json_t *results, const json_t *stage, const json_t *summary);
int results_print_plane(struct sheet *sheet, const json_t *stage, const json_t *summary);
int results_print_compare(struct sheet *sheet, const json_t *results, const json_t *stage, const json_t *summary);
int results_print_sweep(struct sheet *sheet, const json_t *stage, const json_t *summary);

#endif
