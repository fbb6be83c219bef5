/* verbs/ensemble_figures.c: how an ensemble was gathered: learning rate, test error and distance from the start over
 * its iterations, the members marked, as in figure 3 of Garipov et al. (2018); and the members' errors beside that of
 * all together. Reads log.jsonl. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/shown.h"

#define LARGEST_LOG (64 << 20)
#define MOST_SOURCES 64

/* --- the course --- */

/* A moment to collect, or an epoch's end. */
struct point {
  int64_t source, iteration;
  int member; /* one was kept here */
  double rate, error, distance;
};
struct course {
  struct point *point;
  size_t count, capacity;
  int64_t length[MOST_SOURCES]; /* of each source, in iterations */
  int64_t members;              /* so far */
};

static int add_point(struct course *c, const json_t *event) {
  const json_t *at = json_object_get(event, "iteration");
  int64_t source = json_integer_value(json_object_get(event, "source"));
  if (!json_is_integer(at) || !json_object_get(event, "members") || source < 0 || source >= MOST_SOURCES)
    return STRAIT_OK;
  struct point p = {source,
                    json_integer_value(at),
                    json_integer_value(json_object_get(event, "members")) > c->members,
                    results_value(event, "rate"),
                    results_value(event, "test_error"),
                    results_value(event, "distance")};
  for (size_t i = 0; i < c->count; i++)
    if (c->point[i].source == p.source && c->point[i].iteration == p.iteration)
      return STRAIT_OK; /* gone over again after an interruption */
  c->members = json_integer_value(json_object_get(event, "members"));
  c->length[source] = p.iteration > c->length[source] ? p.iteration : c->length[source];
  int status = memory_grow(&c->point, &c->capacity, c->count + 1, sizeof *c->point);
  if (!status)
    c->point[c->count++] = p;
  return status;
}

/* Lines that a process did not finish are skipped. */
static int read_course(struct course *c, const char *file) {
  char *log;
  size_t length;
  int status = file_read(file, LARGEST_LOG, &log, &length);
  if (status)
    return status;
  for (char *line = strtok(log, "\n"); line && !status; line = strtok(NULL, "\n")) {
    json_t *event = json_loads(line, 0, NULL);
    status = add_point(c, event);
    json_decref(event);
  }
  memory_free(log);
  return status;
}

/* The sources one behind the other. */
static int64_t position(const struct course *c, const struct point *p) {
  int64_t before = 0;
  for (int64_t s = 0; s < p->source; s++)
    before += c->length[s];
  return before + p->iteration;
}

/* The error that the summary has of a member: of what was kept, batch norm refreshed. */
static double member_error(const json_t *members, const struct point *p) {
  json_t *member;
  size_t i;
  json_array_foreach(members, i, member) {
    if (json_integer_value(json_object_get(member, "source")) == p->source &&
        json_integer_value(json_object_get(member, "iteration")) == p->iteration)
      return results_value(json_object_get(json_object_get(member, "metrics"), "test"), "error");
  }
  return NAN;
}

static double value_of(const struct point *p, int panel) {
  return panel == 0 ? p->rate : panel == 1 ? p->error : p->distance;
}

/* $c0: the values of panel 0, an empty line between sources; $m0: those of members. Returns how many there are. */
static size_t add_rows(struct text *s, const struct course *c, int panel) {
  size_t count = 0;
  for (int marked = 0; marked < 2; marked++) {
    int64_t source = -1;
    text_add(s, "$%c%d << END\n", marked ? 'm' : 'c', panel);
    for (size_t i = 0; i < c->count; i++) {
      const struct point *p = &c->point[i];
      if ((marked && !p->member) || isnan(value_of(p, panel)))
        continue;
      text_add(s, "%s%lld ", !marked && source >= 0 && p->source != source ? "\n" : "", (long long)position(c, p));
      gnuplot_number(s, value_of(p, panel));
      text_add(s, "\n");
      source = p->source;
      count++;
    }
    text_add(s, "END\n");
  }
  return count;
}

/* One panel under the other, with one axis of iterations; what was not measured has none. */
static void add_panels(struct text *s, const struct course *c) {
  static const char *const titles[] = {"learning rate", "test error, %", "distance from the start"};
  const char *key = "set key top right inside";
  int64_t last = 0;
  for (size_t i = 0; i < c->count; i++)
    last = position(c, &c->point[i]) > last ? position(c, &c->point[i]) : last;
  text_add(s, "set lmargin 11\nset rmargin 2\nset xrange [0:%lld]\nset offsets 0, 0, graph 0.08, graph 0.08\n",
           (long long)last);
  text_add(s, "set multiplot layout 3,1\n");
  for (int panel = 0; panel < 3; panel++) {
    if (!add_rows(s, c, panel))
      continue;
    text_add(s, "%s\nset yrange [%s:*]\nset xlabel '%s'\nset ylabel '%s'\n", key, panel == 1 ? "*" : "0",
             panel == 2 ? "iteration" : "", titles[panel]);
    text_add(s,
             "plot $c%d using 1:2 with lines linewidth 2 linecolor '%s' notitle, $m%d using 1:2 with points pointtype "
             "6 pointsize 1 linewidth 2 linecolor '%s' title 'kept'\n",
             panel, figure_colour(0), panel, figure_colour(1));
    key = "unset key";
  }
  text_add(s, "unset multiplot\n");
}

static int course(struct figures *f, const json_t *stage, const json_t *summary) {
  const char *file = arena_format(f->arena, "%s/log.jsonl", results_text(stage, "folder"));
  struct course c = {0};
  struct text s = {0};
  if (!file)
    return error_failure();
  int status = file_exists(file) ? read_course(&c, file) : STRAIT_OK;
  for (size_t i = 0; i < c.count; i++) {
    double error = c.point[i].member ? member_error(json_object_get(summary, "members"), &c.point[i]) : NAN;
    c.point[i].error = isnan(error) ? c.point[i].error : error;
  }
  if (!status && c.count) {
    figure_begin(&s, "", "");
    add_panels(&s, &c);
    status = figure_add(f, stage, "course", 620, 760,
                        "Learning rate, test error and distance from the start over the iterations, at the ends of "
                        "epochs and at the moments at which a network is kept; with trace = yes the error between "
                        "members too.",
                        &s);
  }
  memory_free(c.point);
  return status;
}

/* --- the members --- */

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

int draw_ensemble(const struct shown *shown) {
  struct figures *f = shown->figures;
  const json_t *stage = shown->stage, *summary = shown->summary;
  int status = course(f, stage, summary);
  return status ? status : errors(f, stage, summary);
}
