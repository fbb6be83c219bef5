/* report/networks.c: the head and the cells of the table of networks. */
#include "report/networks.h"

#include <math.h>

#include "report/results.h"

struct table *networks_create(void) {
  static const char *const heads[] = {
      "network or ensemble", "members",     "epochs",         "samples", "test nll", "test err %",
      "disagree %",          "temperature", "calibrated nll", "Brier",   "ECE"};
  struct table *table = table_create("lrrrrrrrrrr");
  for (size_t i = 0; table && i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  if (table)
    table_rule(table);
  return table;
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
  results_cell(table, 2, test, "error");
  results_cell(table, 2, test, "disagreement");
  results_cell(table, 2, test, "temperature");
  results_cell(table, 4, test, "calibrated_nll");
  results_cell(table, 3, test, "brier");
  results_cell(table, 3, test, "ece");
}
