/* verbs/sweep_table.c: the tables of a sweep: one per verb, of its headlines: means over seeds and their errors. Reads
 * the summary. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "report/results.h"
#include "verbs/shown.h"

static void add_values(struct table *table, const json_t *over, const json_t *row) {
  json_t *name;
  size_t i;
  json_array_foreach(over, i, name) {
    table_add(table, "%s", results_text(json_object_get(row, "values"), json_string_value(name)));
  }
}

static void add_headlines(struct table *table, const struct verb *verb, const json_t *figures, const char *before) {
  for (const struct headline *h = verb->headlines; h->place; h++) {
    char where[512];
    snprintf(where, sizeof where, "%s%s", before, h->place);
    results_mean(table, json_object_get(figures, where), h->decimals, 0);
  }
}

/* Rows of one stage: one per path, in the order in which the figures name them. */
static void add_paths(struct table *table, const struct verb *verb, const json_t *over, const json_t *row) {
  const struct headline *last = verb->headlines;
  json_t *figures = json_object_get(row, "figures");
  while (last[1].place)
    last++;
  for (void *at = json_object_iter(figures); at; at = json_object_iter_next(figures, at)) {
    const char *where = json_object_iter_key(at);
    char before[400];
    if (!text_starts(where, "paths.") || !text_ends(where, last->place))
      continue;
    snprintf(before, sizeof before, "%.*s", (int)(strlen(where) - strlen(last->place)), where);
    add_values(table, over, row);
    table_add(table, "%.*s", (int)(strlen(before) - strlen("paths..")), before + strlen("paths."));
    table_add(table, "%.0f", results_value(json_object_iter_value(at), "n"));
    add_headlines(table, verb, figures, before);
  }
}

static void add_heads(struct table *table, const struct verb *verb, const json_t *over) {
  json_t *name;
  size_t i;
  json_array_foreach(over, i, name) { table_add(table, "%s", json_string_value(name)); }
  table_add(table, verb->by_path ? "path" : "stage");
  table_add(table, "n");
  for (const struct headline *h = verb->headlines; h->place; h++)
    table_add(table, "%s", h->title);
  table_rule(table);
}

/* All rows of one verb, in a table of their own. */
static int print_verb(const struct shown *shown, const struct verb *verb) {
  const json_t *over = json_object_get(shown->summary, "over");
  size_t seeds = json_array_size(json_object_get(shown->summary, "seeds")), i;
  struct text alignment = {0};
  json_t *row;
  for (i = 0; i <= json_array_size(over); i++)
    text_add(&alignment, "l");
  text_add(&alignment, "r");
  for (const struct headline *h = verb->headlines; h->place; h++)
    text_add(&alignment, "r");
  struct table *table = alignment.status ? NULL : table_create(alignment.data);
  int status = table ? STRAIT_OK : error_failure();
  if (status)
    goto done;
  add_heads(table, verb, over);
  json_array_foreach(json_object_get(shown->summary, "rows"), i, row) {
    if (strcmp(results_text(row, "verb"), verb->name) != 0)
      continue;
    if (verb->by_path) {
      add_paths(table, verb, over, row);
      continue;
    }
    add_values(table, over, row);
    table_add(table, "%s", results_text(row, "stage"));
    table_add(table, "%zu", seeds);
    add_headlines(table, verb, json_object_get(row, "figures"), "");
  }
  sheet_heading(shown->sheet, "%s: mean%s over seeds", results_text(shown->stage, "name"),
                seeds > 1 ? " ± standard error" : "");
  status = sheet_table(shown->sheet, table);
done:
  table_free(table);
  text_free(&alignment);
  return status;
}

/* Does the sweep run a stage of this verb? */
static int has_rows(const struct shown *shown, const struct verb *verb) {
  json_t *row;
  size_t i;
  json_array_foreach(json_object_get(shown->summary, "rows"), i, row) {
    if (strcmp(results_text(row, "verb"), verb->name) == 0)
      return 1;
  }
  return 0;
}

int print_sweep(const struct shown *shown) {
  const char *name = results_text(shown->stage, "name"), *folder = results_text(shown->stage, "folder");
  int printed = 0;
  for (int by_path = 1; by_path >= 0; by_path--) /* paths first, as elsewhere */
    for (size_t v = 0; shown->verbs[v]; v++) {
      const struct verb *verb = shown->verbs[v];
      if (!verb->headlines || verb->by_path != by_path || !has_rows(shown, verb))
        continue;
      int status = print_verb(shown, verb);
      if (status)
        return status;
      printed = 1;
    }
  if (printed)
    sheet_note(shown->sheet, "all figures are in %s/sweep.csv", folder);
  else
    sheet_heading(shown->sheet, "%s: its figures are in %s/sweep.csv", name, folder);
  results_print_checks(shown->sheet, shown->summary);
  return STRAIT_OK;
}
