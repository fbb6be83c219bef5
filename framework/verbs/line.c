/* verbs/line.c: see line.h. */
#include "verbs/line.h"

#include <stdio.h>

#include "base/error.h"
#include "landscape/scan.h"
#include "verbs/saving.h"
#include "verbs/scan_results.h"

#define LEVELS 2 /* halvings next to maxima, as a scan's */

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
  w->scan->levels = LEVELS;
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
  job_tick(w->job, i < scan->points ? i + 1 : i, note, 0);
  return saving_point(&w->saving);
}

int line_measure(struct job *job, struct evaluator *evaluator, const struct line *line, json_t *into) {
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
  if (!status) {
    job_begin(job, line->text, done, w.scan->points, "point");
    status = scan_run(w.scan, &path, evaluator, point_done, &w);
    job_end(job);
    status = saving_end(&w.saving, status);
  }
  if (!status)
    status = scan_put_splits(into, w.scan);
  scan_free(w.scan);
  return status ? error_wrap("%s", line->text) : STRAIT_OK;
}
