/* cli/tables.c: the tables at the end of a run, in the order in which a reader wants them: paths and planes, networks,
 * then what runs over seeds. What each verb has to show is in its row (experiment/verb.h). */
#include "cli/tables.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/answer.h"
#include "report/figures.h"
#include "report/networks.h"
#include "report/results.h"
#include "verbs/verbs.h"

/* The verb of a finished stage that is not a copy; NULL: nothing is shown of it. */
static const struct verb *shown_verb(const json_t *stage) {
  if (results_is_copy(stage) || !json_is_object(json_object_get(stage, "summary")))
    return NULL;
  return verb_find(verbs, results_text(stage, "verb"));
}

static struct shown shown_of(const json_t *results, const json_t *stage) {
  return (struct shown){
      .verbs = verbs, .results = results, .stage = stage, .summary = json_object_get(stage, "summary")};
}

int tables_print_json(const json_t *results) {
  return answer_json(json_incref((json_t *)results)); /* jansson counts on a pointer that is not const */
}

/* In a table of several stages: the warnings, each with its stage. */
static void print_warned(struct sheet *sheet, const json_t *stage) {
  json_t *one;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(stage, "summary"), "checks"), i, one) {
    if (strcmp(results_text(one, "state"), "pass") != 0)
      sheet_warning(sheet, "%s: %s: %s", results_text(stage, "name"), results_text(one, "check"),
                    results_text(one, "text"));
  }
}

static int print_networks(struct sheet *sheet, const json_t *results) {
  const json_t *stages = json_object_get(results, "stages");
  struct table *table = networks_create(networks_perplexity(results));
  json_t *stage;
  size_t i;
  if (!table)
    return error_failure();
  json_array_foreach(stages, i, stage) {
    const struct verb *verb = shown_verb(stage);
    const struct shown shown = shown_of(results, stage);
    if (verb && verb->networks)
      verb->networks(&shown, table);
  }
  sheet_heading(sheet, "Single networks and ensembles, on the test data");
  int status = sheet_table(sheet, table);
  sheet_note(sheet, "test nll, Brier and ECE: as they are; calibrated nll: with the temperature, which was fitted on "
                    "the other half of "
                    "the data; Brier: of 2 at most; ECE: in 15 bins of confidence");
  results_print_rules(sheet, stages, 0);
  json_array_foreach(stages, i, stage) {
    const struct verb *verb = shown_verb(stage);
    if (verb && verb->networks)
      print_warned(sheet, stage);
  }
  table_free(table);
  return status;
}

/* --- the whole --- */

static void print_warnings(const json_t *stage) {
  json_t *warning;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(stage, "summary"), "warnings"), i, warning) {
    if (json_is_string(warning))
      printf("warning: %s: %s\n", results_text(stage, "name"), json_string_value(warning));
  }
}

static void print_places(const json_t *results, const char *file) {
  const json_t *stages = json_object_get(results, "stages");
  const char *folder = results_text(results, "folder"), *with_files = NULL, *curve = NULL;
  const struct verb *of_files = NULL, *of_curve = NULL;
  json_t *stage;
  size_t i, unfinished = 0;
  json_array_foreach(stages, i, stage) {
    const struct verb *verb = shown_verb(stage);
    if (verb && verb->files) {
      of_files = verb;
      with_files = results_text(stage, "name");
    }
    if (verb && verb->answers & ANSWERS_CURVE) {
      of_curve = verb;
      curve = results_text(stage, "name");
    }
    unfinished += !json_is_object(json_object_get(stage, "summary"));
    print_warnings(stage);
  }
  if (unfinished)
    printf("\n%zu of %zu stages are not finished; strait run resumes them.\n", unfinished, json_array_size(stages));
  printf("\nFiles: %s/STAGE/ has weights, named as torch does (*.safetensors),\n       and summary.json", folder);
  if (of_files)
    printf(";\n       %s/%s/%s", folder, with_files, of_files->files);
  printf(".\nNext:  strait show %s prints this again", folder);
  if (of_curve && file)
    printf(";\n       strait run %s --set %s.%s.seed=7 reruns only what that changes", file, of_curve->name, curve);
  printf(";\n       strait list shows all plugins, strait describe KIND NAME their options.\n");
}

/* The stages that have tables of their own. copies: those that run copies of stages, or the others. */
static int print_own(struct sheet *sheet, const json_t *results, int copies) {
  json_t *stage;
  size_t i;
  json_array_foreach(json_object_get(results, "stages"), i, stage) {
    const struct verb *verb = shown_verb(stage);
    struct shown shown = shown_of(results, stage);
    if (!verb || !verb->print || verb->copies != copies)
      continue;
    shown.sheet = sheet;
    int status = verb->print(&shown);
    if (!status)
      status = sheet_end(sheet, results_text(stage, "name"));
    if (status)
      return status;
  }
  return STRAIT_OK;
}

/* The figures of stages that have no table of their own. */
static int print_figures(struct sheet *sheet, const json_t *results) {
  json_t *stage;
  size_t i;
  json_array_foreach(json_object_get(results, "stages"), i, stage) {
    const struct verb *verb = shown_verb(stage);
    int status = verb && verb->draw && !verb->print ? sheet_end(sheet, results_text(stage, "name")) : STRAIT_OK;
    if (status)
      return status;
  }
  return STRAIT_OK;
}

int tables_write(const json_t *results, struct sheet *sheet) {
  int status = print_own(sheet, results, 0);
  if (!status)
    status = print_networks(sheet, results);
  if (!status)
    status = print_figures(sheet, results);
  return status ? status : print_own(sheet, results, 1);
}

int tables_draw(const json_t *results, struct figures *figures) {
  json_t *stage;
  size_t i;
  int status = figures_create(figures);
  json_array_foreach(json_object_get(results, "stages"), i, stage) {
    const struct verb *verb = shown_verb(stage);
    struct shown shown = shown_of(results, stage);
    shown.figures = figures;
    if (!status && verb && verb->draw && (status = verb->draw(&shown)) != STRAIT_OK)
      error_wrap("%s", results_text(stage, "name"));
  }
  struct shown all = {.verbs = verbs, .results = results, .figures = figures};
  for (i = 0; !status && verbs[i]; i++)
    if (verbs[i]->draw_all)
      status = verbs[i]->draw_all(&all);
  return status;
}

int tables_print(const json_t *results, const char *file) {
  struct sheet sheet = {.to = stdout};
  printf("%s\n", results_text(results, "experiment"));
  int status = tables_write(results, &sheet);
  if (!status)
    print_places(results, file);
  return status;
}
