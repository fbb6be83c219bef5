/* report/networks.c: the head and the cells of the table of networks. */
#include "report/networks.h"

#include <math.h>
#include <string.h>

#include "report/results.h"

static const char *const heads[] = {
    "network or ensemble", "members",     "epochs",         "samples", "test nll", "test err %",
    "disagree %",          "temperature", "calibrated nll", "Brier",   "ECE"};
enum { COLUMNS = sizeof heads / sizeof *heads }; /* without perplexity */

struct table *networks_create(int perplexity) {
  struct table *table = table_create(perplexity ? "lrrrrrrrrrrr" : "lrrrrrrrrrr");
  for (size_t i = 0; table && i < COLUMNS; i++) {
    table_add(table, "%s", heads[i]);
    if (perplexity && strcmp(heads[i], "test nll") == 0)
      table_add(table, "perplexity");
  }
  if (table)
    table_rule(table);
  return table;
}

static int has_perplexity(const json_t *value) {
  json_t *one;
  const char *key;
  size_t i;
  int found = json_object_get(value, "perplexity") != NULL;
  if (json_is_object(value))
    json_object_foreach((json_t *)value, key, one) found |= has_perplexity(one);
  json_array_foreach(value, i, one) found |= has_perplexity(one);
  return found;
}

int networks_perplexity(const json_t *results) {
  json_t *stage;
  size_t i;
  int found = 0;
  json_array_foreach(json_object_get(results, "stages"), i, stage) found |=
      has_perplexity(json_object_get(stage, "summary"));
  return found;
}

void networks_cells(struct table *table, size_t members, double epochs, const json_t *metrics) {
  const json_t *test = json_object_get(metrics, "test");
  table_add(table, "%zu", members);
  if (isnan(epochs))
    table_add(table, "-");
  else
    table_add(table, "%.4g", epochs);
  results_cell(table, 0, test, "samples");
  results_cell(table, 4, test, "nll");
  if (table_columns(table) > COLUMNS)
    results_cell(table, 2, test, "perplexity");
  results_cell(table, 2, test, "error");
  results_cell(table, 2, test, "disagreement");
  results_cell(table, 2, test, "temperature");
  results_cell(table, 4, test, "calibrated_nll");
  results_cell(table, 3, test, "brier");
  results_cell(table, 3, test, "ece");
}
