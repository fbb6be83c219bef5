/* verbs/line.c: see line.h. */
#include "verbs/line.h"

#include <stdio.h>

#include "base/error.h"
#include "verbs/saving.h"

struct work {
  struct job *job;
  const struct line *line;
  struct scan *scan;
  struct saving saving;
};

static int fresh_line(void *context) {
  struct work *w = context;
  scan_free(w->scan);
  w->scan = NULL;
  int status = scan_grid(&w->scan, w->line->points, NULL, 0, w->line->splits);
  if (status)
    return status;
  w->scan->levels = w->line->levels;
  w->scan->made = w->job->metadata;
  w->scan->made_pairs = JOB_METADATA;
  return STRAIT_OK;
}

static int read_line(void *context, const char *file) { return scan_read(((struct work *)context)->scan, file); }
static int write_line(const void *context, const char *file) {
  return scan_write(((const struct work *)context)->scan, file);
}

static int point_done(void *context, const struct scan *scan, int64_t i) {
  struct work *w = context;
  char note[96];
  snprintf(note, sizeof note, "%.64s%s", w->line->text, i < scan->points ? "" : "  near its maxima");
  job_tick(w->job, i < scan->points ? i + 1 : i, w->line->levels ? note : NULL, 0);
  return saving_point(&w->saving);
}

static void set_end(struct scan *scan, const struct metrics *end) {
  const int64_t last = scan->points - 1;
  for (int split = 0; split < SPLITS; split++)
    if (scan->splits >> split & 1) {
      scan->value[split][MEASURE_LOSS][last] = end[split].loss;
      scan->value[split][MEASURE_NLL][last] = end[split].nll;
      scan->value[split][MEASURE_ERROR][last] = end[split].error;
    }
  scan->done[last] = 1;
}

int line_measure(struct job *job, struct evaluator *evaluator, const struct line *line, struct scan **scan) {
  struct work w = {.job = job, .line = line};
  const struct path path = {.name = line->text,
                            .points = 2,
                            .count = network_weights(job->stage->material->network)->count,
                            .theta = line->theta,
                            .statistics = line->statistics};
  int64_t done = 0;
  w.saving = (struct saving){.what = "line",
                             .file = job_file(job, "%s.npz", line->name),
                             .context = &w,
                             .fresh = fresh_line,
                             .read = read_line,
                             .write = write_line};
  int status = w.saving.file ? saving_begin(&w.saving) : error_failure();
  if (!status)
    status = scan_geometry(w.scan, &path);
  for (int64_t i = 0; !status && i < w.scan->points; i++)
    done += w.scan->done[i];
  if (!status && line->end)
    set_end(w.scan, line->end);
  if (!status) {
    job_begin(job, line->text, done, w.scan->points, "point");
    status = scan_run(w.scan, &path, evaluator, point_done, &w);
    job_end(job);
    status = saving_end(&w.saving, status);
  }
  *scan = w.scan;
  return status;
}
