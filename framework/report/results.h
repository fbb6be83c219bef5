/* report/results.h: a run's results read from its folder, and what the tables of them share. */
#ifndef REPORT_RESULTS_H
#define REPORT_RESULTS_H

#include <jansson.h>

#include "report/sheet.h"
#include "report/table.h"

/* {"experiment", "folder", "stages": [{"name", "verb", "folder", "summary": {...} or null}]}; the folder is that of
 * `strait run` (runs/NAME), which holds experiment.json. */
int results_load(const char *folder, json_t **results);
double results_value(const json_t *object, const char *key);     /* NaN where there is none, or it says so */
int results_has(const json_t *object, const char *key);          /* Is there a number, be it nan or inf? */
const char *results_text(const json_t *object, const char *key); /* "?" where there is none */
/* The number as a cell, "nan" and "inf" included; "-" where there is none. */
void results_cell(struct table *table, int decimals, const json_t *object, const char *key);
void results_number(struct table *table, int decimals, double value); /* a number that is there */
/* A figure's mean, "0.3115 ± 0.0021"; without its error where there is one seed; sign: + before what is not negative.
 */
void results_mean(struct table *table, const json_t *figure, int decimals, int sign);

/* Is it one of the copies that other stages make? The tables of those stand for them. */
int results_is_copy(const json_t *stage);

/* Under a table: where batch-norm statistics come from, for one stage; and for the single networks and ensembles of all
 * stages, those of copies too, whose names are told where that differs. */
void results_print_rule(struct sheet *sheet, const json_t *summary);
void results_print_rules(struct sheet *sheet, const json_t *stages, int copies);
/* Under a table: the stage's checks that warn, or how many passed. */
void results_print_checks(struct sheet *sheet, const json_t *summary);

#endif
