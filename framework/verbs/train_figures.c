/* verbs/train_figures.c: how a network or a curve was trained: learning rate, loss and error over the epochs. Reads
 * log.jsonl and rates.npz. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"
#include "store/document.h"
#include "verbs/course.h"
#include "verbs/shown.h"

struct history {
  const struct course *course;
  double epoch;   /* iterations of one */
  double samples; /* of the test data */
};

typedef double of_point(const struct course_point *point);
static double loss_of(const struct course_point *p) { return p->loss; }
static double train_error_of(const struct course_point *p) { return p->train_error; }
static double test_error_of(const struct course_point *p) { return p->test_error; }

/* The block of a measure at the ends of epochs; widens the range. Returns how many values there are. */
static size_t add_block(struct text *s, const struct history *h, const char *name, of_point *value, double *low,
                        double *high) {
  size_t count = 0;
  text_add(s, "$%s << END\n", name);
  for (size_t i = 0; i < h->course->count; i++) {
    const struct course_point *p = &h->course->point[i];
    const double y = value(p);
    if (isnan(y))
      continue;
    gnuplot_number(s, (double)p->iteration / h->epoch);
    text_add(s, " ");
    gnuplot_number(s, y);
    text_add(s, "\n");
    *low = isfinite(y) ? fmin(*low, y) : *low;
    *high = isfinite(y) ? fmax(*high, y) : *high;
    count++;
  }
  text_add(s, "END\n");
  return count;
}

static void add_rate(struct text *s, const struct history *h, struct arena *arena) {
  int64_t first = 0, count = 0;
  double high = 0;
  char colour[8];
  const double *rates = course_rates(h->course, arena, 0, &first, &count);
  for (int64_t i = 0; i < count; i++)
    high = fmax(high, rates[i]);
  text_add(s, "set ylabel 'learning rate'\n");
  figure_trace(s, "rate", (double)(first + 1) / h->epoch, 1 / h->epoch, rates, count);
  text_add(s, "set yrange [%.9g:%.9g]\n", high > 0 ? -.06 * high : -.1, high > 0 ? 1.1 * high : 1);
  text_add(s, "plot $rate using 1:2 with lines linewidth 1.5 linecolor '%s' notitle\n", figure_colour(0, colour));
}

static void add_loss(struct text *s, const struct history *h) {
  double low = INFINITY, high = -INFINITY;
  char colour[8];
  const size_t count = add_block(s, h, "loss", loss_of, &low, &high);
  const int log = count && low > 0 && isfinite(high);
  text_add(s, "set ylabel 'train loss%s'\n", log ? " (log)" : "");
  if (log)
    figure_log_axis(s, 'y', low, high);
  else
    text_add(s, "set yrange [*:*]\n");
  text_add(
      s,
      "plot $loss using 1:2 with linespoints linewidth 1.5 pointtype 7 pointsize 0.4 linecolor '%s' notitle\nunset "
      "logscale y\nset ytics auto\n",
      figure_colour(0, colour));
}

static void add_error(struct text *s, const struct history *h) {
  double low = INFINITY, high = -INFINITY;
  char colour[8];
  add_block(s, h, "train", train_error_of, &low, &high);
  size_t tested = add_block(s, h, "test", test_error_of, &low, &high);
  text_add(s, "set ylabel 'error, %%'\nset xlabel 'epoch'\n");
  figure_widen(&low, &high, h->samples);
  if (isfinite(low) && isfinite(high))
    figure_axis(s, 'y', low, high);
  text_add(
      s, "plot $train using 1:2 with linespoints linewidth 1.5 pointtype 7 pointsize 0.4 linecolor '%s' title 'train'",
      figure_colour(0, colour));
  if (tested)
    text_add(s,
             ", $test using 1:2 with linespoints linewidth 1.5 pointtype 5 pointsize 0.4 linecolor '%s' title 'test'",
             figure_colour(1, colour));
  text_add(s, "\n");
}

static int draw_history(struct figures *f, const json_t *stage, const struct history *h) {
  const struct course *c = h->course;
  const double end = (double)c->point[c->count - 1].iteration / h->epoch;
  const char *name = results_text(stage, "name");
  int64_t first, count;
  struct text s = {0};
  int has_rates = course_rates(c, f->arena, 0, &first, &count) != NULL, has_error = 0, has_test = 0;
  for (size_t i = 0; i < c->count; i++) {
    has_error |= isfinite(c->point[i].train_error);
    has_test |= isfinite(c->point[i].test_error);
  }
  const char *title = figure_title(f, name, "its training", "test", has_test ? h->samples : NAN);
  const char *caption = arena_format(
      f->arena, "%s: %strain loss%s of each epoch, over its batches as they were trained on, weight decay left out%s.",
      name, has_rates ? "the learning rate of every iteration; " : "", has_error ? " and error" : "",
      has_test ? "; and the test error at its end" : "");
  if (!title || !caption)
    return error_failure();
  figure_begin(&s, "", "", "");
  text_add(&s,
           "set lmargin 11\nset rmargin 2\nset xrange [%.9g:%.9g]\nset key top right inside\nset multiplot layout "
           "%d,1 title ",
           0., 1.01 * end, 1 + has_rates + has_error);
  gnuplot_string(&s, title);
  text_add(&s, "\n");
  if (has_rates)
    add_rate(&s, h, f->arena);
  if (!has_error)
    text_add(&s, "set xlabel 'epoch'\n");
  add_loss(&s, h);
  if (has_error)
    add_error(&s, h);
  text_add(&s, "unset multiplot\n");
  return figure_add(f, stage, "training", 620, 40 + 230 * (1 + has_rates + has_error), caption, &s);
}

int draw_training(const struct shown *shown) {
  const json_t *summary = shown->summary;
  const json_t *metrics = json_object_get(summary, json_object_get(summary, "middle") ? "middle" : "metrics");
  struct course course;
  int status = course_read(&course, shown->figures->arena, shown->stage);
  struct history h = {.course = &course, .samples = results_value(json_object_get(metrics, "test"), "samples")};
  for (size_t i = 0; !status && i < course.count; i++)
    if (course.point[i].epoch > 0)
      h.epoch = (double)course.point[i].iteration / (double)course.point[i].epoch;
  if (!status && h.epoch > 0 && course.count > 1)
    status = draw_history(shown->figures, shown->stage, &h);
  course_free(&course);
  if (!status && metrics == json_object_get(summary, "metrics"))
    status = draw_reliability(shown->figures, shown->stage, metrics);
  return status;
}

/* The share that is right against the mean confidence in each bin, and how the samples are spread over the bins. */
int draw_reliability(struct figures *f, const json_t *stage, const json_t *metrics) {
  const json_t *test = json_object_get(metrics, "test"), *bins = json_object_get(test, "reliability");
  const json_t *counts = json_object_get(bins, "count");
  const double samples = results_value(test, "samples");
  const char *name = results_text(stage, "name");
  struct text s = {0};
  char colour[8];
  json_t *count;
  size_t i;
  if (!json_array_size(counts) || !(samples > 0))
    return STRAIT_OK;
  const char *title = figure_title(f, name, "reliability", "test", samples);
  const char *caption =
      arena_format(f->arena,
                   "%s: the share of test samples that are right against the confidence in them, by bins; on the "
                   "diagonal a network is as often right as it says. Bars: standard error; grey: the share of the "
                   "samples. Expected calibration error %.3f.",
                   name, results_value(test, "ece"));
  if (!title || !caption)
    return error_failure();
  figure_begin(&s, title, "confidence", "right");
  text_add(&s, "$r << END\n");
  json_array_foreach(counts, i, count) {
    double accuracy = NAN, confidence = NAN, n = (double)json_integer_value(count);
    document_value(json_array_get(json_object_get(bins, "accuracy"), i), &accuracy);
    document_value(json_array_get(json_object_get(bins, "confidence"), i), &confidence);
    text_add(&s, "%.6g %.6g %.6g %.6g\n", confidence, accuracy, sqrt(accuracy * (1 - accuracy) / n), n / samples);
  }
  text_add(&s,
           "END\nset xrange [0:1]\nset yrange [0:1]\nset size ratio 1\nset key top left inside\nset boxwidth 0.05\n"
           "plot $r using 1:4 with boxes fillstyle solid noborder linecolor '#dddddd' title 'samples', x with lines "
           "dashtype 2 linewidth 1.2 linecolor '#666666' notitle, $r using 1:2:3 with yerrorbars pointtype 7 "
           "pointsize 0.8 linewidth 1.5 linecolor '%s' notitle, $r using 1:2 with lines linewidth 1.5 linecolor "
           "'%s' title 'right'\n",
           figure_colour(0, colour), colour);
  return figure_add(f, stage, "reliability", 480, 480, caption, &s);
}
