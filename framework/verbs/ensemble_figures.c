/* verbs/ensemble_figures.c: how an ensemble was gathered: learning rate, test error and distance from the start over
 * its iterations, the members marked, as in figure 3 of Garipov et al. (2018); of paths test error and distance along
 * t; and the members' errors beside that of all together. Reads log.jsonl and rates.npz. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "verbs/course.h"
#include "verbs/shown.h"

/* --- the course --- */

enum { RATE, ERROR, DISTANCE, PANELS };

struct sheet_of {
  const struct course *course;
  struct arena *arena;
  int paths;      /* 1: all its sources are paths, and the axis is t */
  double samples; /* of the test data */
  double end;     /* of the axis */
};

/* Where a point is on the axis: the sources one behind the other, in iterations or lengths of t. */
static double position(const struct sheet_of *f, int64_t source, double iteration) {
  double before = 0;
  for (int64_t s = 0; s < source; s++)
    before += f->paths ? 1 : (double)course_length(f->course, s);
  if (!f->paths)
    return before + iteration;
  const double steps = (double)course_length(f->course, source) - 1;
  return before + (steps > 0 ? (iteration - 1) / steps : 0);
}

static double value_of(const struct course_point *p, int panel) {
  return panel == RATE ? p->rate : panel == ERROR ? p->test_error : p->distance;
}

/* $c1: the values of panel 1, an empty line between sources; $m1: those of members. Returns how many there are. */
static size_t add_rows(struct text *s, const struct sheet_of *f, int panel) {
  const struct course *c = f->course;
  size_t count = 0;
  for (int marked = 0; marked < 2; marked++) {
    int64_t source = -1;
    text_add(s, "$%c%d << END\n", marked ? 'm' : 'c', panel);
    for (size_t i = 0; i < c->count; i++) {
      const struct course_point *p = &c->point[i];
      if ((marked && !p->kept) || isnan(value_of(p, panel)) || (panel == RATE && course_is_path(c, p->source)))
        continue;
      text_add(s, "%s", !marked && source >= 0 && p->source != source ? "\n" : "");
      gnuplot_number(s, position(f, p->source, (double)p->iteration));
      text_add(s, " ");
      gnuplot_number(s, value_of(p, panel));
      text_add(s, "\n");
      source = p->source;
      count++;
    }
    text_add(s, "END\n");
  }
  return count;
}

/* The rates of every iteration, as blocks $r0, $r1, ...; returns how many. 0: the log alone says what they were. */
static int64_t add_rates(struct text *s, const struct sheet_of *f, double *high) {
  int64_t blocks = 0;
  for (int64_t source = 0; source < course_sources(f->course); source++) {
    int64_t first = 0, count = 0;
    char name[32];
    const double *rates = course_rates(f->course, f->arena, source, &first, &count);
    snprintf(name, sizeof name, "r%lld", (long long)blocks);
    if (!rates)
      continue;
    figure_trace(s, name, position(f, source, (double)first + 1), 1, rates, count);
    for (int64_t i = 0; i < count; i++)
      *high = fmax(*high, rates[i]);
    blocks++;
  }
  return blocks;
}

static void add_rate_panel(struct text *s, const struct sheet_of *f) {
  char colour[8];
  double high = 0;
  int64_t blocks = add_rates(s, f, &high);
  for (size_t i = 0; i < f->course->count; i++)
    high = fmax(high, isnan(f->course->point[i].rate) ? 0 : f->course->point[i].rate);
  text_add(s, "set yrange [%.9g:%.9g]\nplot ", high > 0 ? -.06 * high : -.1, high > 0 ? 1.1 * high : 1);
  for (int64_t i = 0; i < blocks; i++)
    text_add(s, "$r%lld using 1:2 with lines linewidth 1.5 linecolor '%s' notitle, ", (long long)i,
             figure_colour(0, colour));
  if (!blocks)
    text_add(s, "$c0 using 1:2 with lines linewidth 1.5 linecolor '%s' notitle, ", figure_colour(0, colour));
}

static void add_value_panel(struct text *s, const struct sheet_of *f, int panel) {
  char colour[8];
  double low = INFINITY, high = panel == DISTANCE ? 0 : -INFINITY;
  for (size_t i = 0; i < f->course->count; i++) {
    const double value = value_of(&f->course->point[i], panel);
    low = isfinite(value) ? fmin(low, value) : low;
    high = isfinite(value) ? fmax(high, value) : high;
  }
  if (panel == DISTANCE)
    low = fmin(0, low);
  else
    figure_widen(&low, &high, f->samples);
  if (isfinite(low) && isfinite(high))
    figure_axis(s, 'y', low, high);
  text_add(s, "plot $c%d using 1:2 with lines linewidth 1.5 linecolor '%s' notitle, ", panel, figure_colour(0, colour));
}

/* One panel under the other, with one axis; what was not measured has none. Returns how many there are. */
static int add_panels(struct text *s, const struct sheet_of *f, const char *title) {
  static const char *const titles[] = {"learning rate", "test error, %", "distance from the start"};
  const char *key = "set key top right inside";
  char colour[8];
  int panels = 0, drawn = 0, has[PANELS];
  struct text rows = {0};
  for (int panel = 0; panel < PANELS; panel++) {
    has[panel] = add_rows(&rows, f, panel) > 0;
    panels += has[panel];
  }
  text_add(s, "%sset lmargin 11\nset rmargin 2\nset xrange [%.9g:%.9g]\n", rows.data ? rows.data : "", -.02 * f->end,
           1.02 * f->end);
  text_free(&rows);
  text_add(s, "set multiplot layout %d,1 title ", panels > 0 ? panels : 1);
  gnuplot_string(s, title);
  text_add(s, "\n");
  for (int panel = 0; panel < PANELS; panel++) {
    if (!has[panel])
      continue;
    drawn++;
    text_add(s, "%s\nset xlabel '%s'\nset ylabel '%s'\n", key,
             drawn < panels ? ""
             : f->paths     ? "t"
                            : "iteration",
             titles[panel]);
    if (panel == RATE)
      add_rate_panel(s, f);
    else
      add_value_panel(s, f, panel);
    text_add(s, "$m%d using 1:2 with points pointtype 6 pointsize 1 linewidth 2 linecolor '%s' title 'kept'\n", panel,
             figure_colour(1, colour));
    key = "unset key";
  }
  text_add(s, "unset multiplot\n");
  return panels;
}

/* The error that the summary has of a member: of what was kept, batch norm refreshed. */
static double member_error(const json_t *members, const struct course_point *p) {
  json_t *member;
  size_t i;
  json_array_foreach(members, i, member) {
    if (json_integer_value(json_object_get(member, "source")) == p->source &&
        json_integer_value(json_object_get(member, "iteration")) == p->iteration)
      return results_value(json_object_get(json_object_get(member, "metrics"), "test"), "error");
  }
  return NAN;
}

static double samples_of(const json_t *summary) {
  return results_value(json_object_get(json_object_get(summary, "combined"), "test"), "samples");
}

static int draw_course(struct figures *f, const json_t *stage, const json_t *summary, struct course *c) {
  struct sheet_of sheet = {.course = c, .arena = f->arena, .paths = 1, .samples = samples_of(summary)};
  struct text s = {0};
  const char *name = results_text(stage, "name");
  for (size_t i = 0; i < c->count; i++) {
    double error = c->point[i].kept ? member_error(json_object_get(summary, "members"), &c->point[i]) : NAN;
    c->point[i].test_error = isnan(error) ? c->point[i].test_error : error;
    sheet.paths &= course_is_path(c, c->point[i].source);
  }
  for (size_t i = 0; i < c->count; i++)
    sheet.end = fmax(sheet.end, position(&sheet, c->point[i].source, (double)c->point[i].iteration));
  const char *title = figure_title(f, name, "how it was gathered", "test", sheet.samples);
  const char *caption =
      sheet.paths
          ? arena_format(f->arena, "%s: test error of the networks along t, and their distance from the path's start.",
                         name)
          : arena_format(f->arena,
                         "%s: the learning rate of every iteration; test error and distance from the start at the ends "
                         "of epochs and where a network is kept%s",
                         name,
                         c->rates ? "; with trace = yes the error between members too."
                                  : ". The rates are those of the log, at the same moments.");
  if (!title || !caption)
    return error_failure();
  figure_begin(&s, "", "", "");
  int panels = add_panels(&s, &sheet, title);
  return figure_add(f, stage, "course", 620, 40 + 240 * panels, caption, &s);
}

/* --- the members --- */

static int draw_errors(struct figures *f, const json_t *stage, const json_t *summary) {
  const json_t *members = json_object_get(summary, "members");
  const char *name = results_text(stage, "name");
  double together = results_value(json_object_get(json_object_get(summary, "combined"), "test"), "error");
  double low = together, high = together;
  struct text s = {0};
  char colour[8];
  json_t *member;
  size_t i;
  if (json_array_size(members) < 2 || isnan(together))
    return STRAIT_OK;
  const char *title = figure_title(f, name, "its members", "test", samples_of(summary));
  const char *caption = arena_format(
      f->arena, "%s: test error of each member, and of all together; the axis spans at least %d standard errors.", name,
      FIGURE_SPAN);
  if (!title || !caption)
    return error_failure();
  figure_begin(&s, title, "member", "test error, %");
  text_add(&s, "$m << END\n");
  json_array_foreach(members, i, member) {
    double error = results_value(json_object_get(json_object_get(member, "metrics"), "test"), "error");
    low = fmin(low, error);
    high = fmax(high, error);
    text_add(&s, "%zu ", i);
    gnuplot_number(&s, error);
    text_add(&s, "\n");
  }
  text_add(&s, "END\nset xrange [-0.5:%zu.5]\nset xtics 1,%zu\nset xtics add (0)\n", json_array_size(members) - 1,
           1 + json_array_size(members) / 12);
  figure_widen(&low, &high, samples_of(summary));
  figure_axis(&s, 'y', low, high);
  text_add(&s, "plot $m using 1:2 with points pointtype 2 pointsize 1.1 linewidth 2 linecolor '%s' title 'members', ",
           figure_colour(0, colour));
  text_add(&s, "%.9g with lines linewidth 2 linecolor '%s' title 'together'\n", together, figure_colour(1, colour));
  return figure_add(f, stage, "members", 620, 360, caption, &s);
}

int draw_ensemble(const struct shown *shown) {
  struct figures *f = shown->figures;
  struct course course;
  int status = course_read(&course, f->arena, shown->stage);
  if (!status && course.count)
    status = draw_course(f, shown->stage, shown->summary, &course);
  course_free(&course);
  if (!status)
    status = draw_errors(f, shown->stage, shown->summary);
  return status ? status : draw_reliability(f, shown->stage, json_object_get(shown->summary, "combined"));
}

/* --- all ensembles, as they grew --- */

/* Epochs spent when the i-th member was kept: those before the ensemble began, and of its trainings so far. NaN: not
 * known, or nothing was trained. */
static double spent_at(const json_t *summary, size_t i) {
  const json_t *members = json_object_get(summary, "members");
  const double own = results_value(summary, "iterations"), spent = results_value(summary, "spent");
  const double epoch = spent / results_value(summary, "budget");
  const json_t *member = json_array_get(members, i);
  double before = 0, last = 0;
  if (!(own > 0) || !(epoch > 0))
    return NAN;
  for (size_t k = 0; k < i; k++) { /* a source ends where its last member was kept */
    const json_t *one = json_array_get(members, k);
    last = results_value(one, "iteration");
    if (results_value(one, "source") != results_value(json_array_get(members, k + 1), "source"))
      before += last;
  }
  return (spent - own + before + results_value(member, "iteration")) / epoch;
}

/* The blocks of one ensemble: $e0, of the first members together, and $m0, of each. Returns 0 where it has none. */
static int add_growth(struct text *s, const json_t *summary, size_t number, double *low, double *high) {
  const json_t *so_far = json_object_get(summary, "so_far"), *values = json_object_get(so_far, "values");
  const char *split = results_text(so_far, "split");
  json_t *one;
  size_t i;
  if (!json_array_size(values) || isnan(spent_at(summary, 0)))
    return 0;
  for (int each = 0; each < 2; each++) {
    text_add(s, "$%c%zu << END\n", each ? 'm' : 'e', number);
    json_array_foreach(values, i, one) {
      const json_t *member = json_array_get(json_object_get(summary, "members"), i);
      const double error =
          results_value(each ? json_object_get(json_object_get(member, "metrics"), split) : one, "error");
      gnuplot_number(s, spent_at(summary, i));
      text_add(s, " ");
      gnuplot_number(s, error);
      text_add(s, "\n");
      *low = isfinite(error) ? fmin(*low, error) : *low;
      *high = isfinite(error) ? fmax(*high, error) : *high;
    }
    text_add(s, "END\n");
  }
  return 1;
}

int draw_ensembles(const struct shown *shown) {
  struct figures *f = shown->figures;
  json_t *stages = json_object_get(shown->results, "stages"), *stage;
  const json_t *first = NULL;
  const char **names = arena_alloc(f->arena, json_array_size(stages), sizeof *names);
  size_t i, count = 0;
  double low = INFINITY, high = -INFINITY, samples = NAN;
  struct text s = {0}, blocks = {0};
  char colour[8];
  if (!names)
    return error_failure();
  json_array_foreach(stages, i, stage) {
    const json_t *summary = json_object_get(stage, "summary");
    if (results_is_copy(stage) || strcmp(results_text(stage, "verb"), "ensemble") != 0 ||
        !add_growth(&blocks, summary, count, &low, &high))
      continue;
    samples = count ? samples : samples_of(summary);
    first = first ? first : stage;
    names[count++] = results_text(stage, "name");
  }
  const char *title =
      figure_title(f, count == 1 ? names[0] : "ensembles", "error of the members so far", "test", samples);
  if (!count || !title || !blocks.data) {
    text_free(&blocks);
    return count ? error_failure() : STRAIT_OK;
  }
  figure_begin(&s, title, "epochs spent", "test error, %");
  int more = figure_key(&s, count, figure_longest(names, count), 620);
  figure_widen(&low, &high, samples);
  if (isfinite(low) && isfinite(high))
    figure_axis(&s, 'y', low, high);
  text_add(&s, "set offsets graph 0.05, graph 0.05, 0, 0\n%s", blocks.data);
  for (i = 0; i < count; i++) {
    text_add(&s,
             "%s$m%zu using 1:2 with points pointtype 2 pointsize 0.9 linewidth 1.5 linecolor '%s' notitle, $e%zu "
             "using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.6 ",
             i ? ", " : "plot ", i, figure_colour(i, colour), i);
    figure_line(&s, i);
    text_add(&s, " title ");
    figure_name(&s, names[i]);
  }
  text_add(&s, "\n");
  text_free(&blocks);
  return figure_add(f, first, "so-far", 620, 400 + more,
                    arena_format(f->arena,
                                 "%s: test error of all members so far together, against the epochs spent; crosses: "
                                 "each member alone, when it was kept. The axis spans at least %d standard errors.",
                                 count == 1 ? names[0] : "The ensembles of the run", FIGURE_SPAN),
                    &s);
}
