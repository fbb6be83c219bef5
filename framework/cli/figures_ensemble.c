/* cli/figures_ensemble.c: how an ensemble was gathered: the learning rate and the members' test error over its
 * iterations, as in figure 3 of Garipov et al. (2018). Reads log.jsonl. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "cli/figures.h"
#include "cli/gnuplot.h"
#include "cli/results_parts.h"

#define LARGEST_LOG (64 << 20)
#define MOST_SOURCES 16

/* The rates that were logged: at each epoch's end and at each moment to collect, one block a source. Lines that a
 * process did not finish are skipped. Returns the number of blocks. */
static int add_rates(struct text *s, char *log, size_t *sources) {
  int64_t last = -1;
  *sources = 0;
  for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
    json_t *event = json_loads(line, 0, NULL);
    const json_t *rate = json_object_get(event, "rate"), *at = json_object_get(event, "iteration");
    int64_t source = json_integer_value(json_object_get(event, "source"));
    if (json_is_number(rate) && json_is_number(at) && *sources < MOST_SOURCES) {
      if (source != last)
        text_add(s, "%s$r%zu << END\n", last >= 0 ? "END\n" : "", (*sources)++);
      last = source;
      gnuplot_number(s, json_number_value(at));
      text_add(s, " ");
      gnuplot_number(s, json_number_value(rate));
      text_add(s, "\n");
    }
    json_decref(event);
  }
  text_add(s, "%s", last >= 0 ? "END\n" : "");
  return STRAIT_OK;
}

static int rates(struct figures *f, const json_t *stage) {
  const char *file = arena_format(f->arena, "%s/log.jsonl", results_text(stage, "folder"));
  struct text s = {0};
  char *log = NULL;
  size_t length, sources = 0;
  if (!file)
    return error_status();
  if (!file_exists(file))
    return STRAIT_OK;
  int status = file_read(file, LARGEST_LOG, &log, &length);
  if (status)
    return status;
  figure_begin(&s, "iteration of the source", "learning rate");
  add_rates(&s, log, &sources);
  memory_free(log);
  text_add(&s, "set yrange [0:*]\n");
  for (size_t i = 0; i < sources; i++) {
    text_add(&s,
             "%s$r%zu using 1:2 smooth unique with linespoints linewidth 2 pointtype 7 pointsize 0.6 linecolor '%s' "
             "title 'source %zu'",
             i ? ", " : "plot ", i, figure_colour(i), i + 1);
  }
  text_add(&s, "\n");
  if (!sources) {
    text_free(&s);
    return STRAIT_OK;
  }
  return figure_add(f, stage, "rate", 620, 340,
                    "The learning rate, as logged at the ends of epochs and at the moments at which members are kept.",
                    &s);
}

static int errors(struct figures *f, const json_t *stage, const json_t *summary) {
  const json_t *members = json_object_get(summary, "members");
  double together = results_value(json_object_get(json_object_get(summary, "combined"), "test"), "error");
  struct text s = {0};
  json_t *member;
  size_t i;
  if (json_array_size(members) < 2 || isnan(together))
    return STRAIT_OK;
  figure_begin(&s, "member", "test error, %");
  text_add(&s, "$m << END\n");
  json_array_foreach(members, i, member) {
    double error = results_value(json_object_get(json_object_get(member, "metrics"), "test"), "error");
    text_add(&s, "%zu ", i);
    gnuplot_number(&s, error);
    text_add(&s, "\n");
  }
  text_add(&s, "END\nset xrange [-0.5:%zu.5]\nset xtics 1,%zu\nset xtics add (0)\n", json_array_size(members) - 1,
           1 + json_array_size(members) / 12);
  text_add(&s,
           "plot $m using 1:2 with linespoints linewidth 1.5 pointtype 7 pointsize 0.9 linecolor '%s' title 'members', "
           "%.9g with lines linewidth 2 linecolor '%s' title 'together'\n",
           figure_colour(0), together, figure_colour(1));
  return figure_add(f, stage, "members", 620, 340, "Test error of each member, and of all together.", &s);
}

int figures_of_ensemble(struct figures *f, const json_t *stage, const json_t *summary) {
  int status = rates(f, stage);
  return status ? status : errors(f, stage, summary);
}
