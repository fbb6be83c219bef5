/* verbs/compare_figures.c: the figures of a compare stage: means with their standard errors, against what was spent. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/results.h"
#include "verbs/shown.h"

#define MOST_LINES 12

static size_t names_of(const json_t *rows, const char *key, const char *names[MOST_LINES]) {
  size_t i, n = 0;
  json_t *row;
  json_array_foreach(rows, i, row) {
    const char *name = results_text(row, key);
    size_t k = 0;
    while (k < n && strcmp(names[k], name) != 0)
      k++;
    if (k == n && n < MOST_LINES)
      names[n++] = name;
  }
  return n;
}

static int add_budgets(struct figures *f, const json_t *stage, const json_t *rows, const char *measure,
                       const char *title) {
  const char *names[MOST_LINES];
  size_t n = names_of(rows, "stage", names), i;
  char caption[160], what[32];
  struct text s = {0};
  json_t *row;
  figure_begin(&s, "budget, epochs", title);
  /* bars at one place would hide each other */
  double aside = .006 * results_value(json_array_get(rows, json_array_size(rows) - 1), "epochs");
  text_add(&s, "set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05\n");
  for (size_t k = 0; k < n; k++) {
    text_add(&s, "$l%zu << END\n", k);
    json_array_foreach(rows, i, row) {
      if (strcmp(results_text(row, "stage"), names[k]) == 0)
        figure_mean(&s, results_value(row, "epochs") + ((double)k - (double)(n - 1) / 2) * aside,
                    json_object_get(json_object_get(row, "test"), measure));
    }
    text_add(&s, "END\n");
  }
  figure_bars(&s, names, n);
  snprintf(caption, sizeof caption, "%c%s against what was spent; bars: standard error over seeds.",
           title[0] == 't' ? 'T' : title[0], title + 1);
  snprintf(what, sizeof what, "%s", measure);
  return figure_add(f, stage, what, 620, 380, caption, &s);
}

int draw_compare(const struct shown *shown) {
  const json_t *rows = json_object_get(shown->summary, "rows");
  if (!json_object_get(json_array_get(rows, 0), "test"))
    return STRAIT_OK;
  int status = add_budgets(shown->figures, shown->stage, rows, "error", "test error, %");
  return status ? status : add_budgets(shown->figures, shown->stage, rows, "nll", "test nll");
}
