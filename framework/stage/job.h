/* stage/job.h: one stage at work: its folder, its log, what it tells the watcher, and its results as JSON. */
#ifndef STAGE_JOB_H
#define STAGE_JOB_H

#include <jansson.h>

#include "landscape/evaluate.h"
#include "stage/session.h"
#include "store/arrays.h"
#include "store/folder.h"
#include "train/moments.h"
#include "train/trainer.h"

struct job {
  struct session *session;
  struct stage *stage;
  struct folder *folder;
  const char *path;            /* the folder's */
  struct arena *arena;         /* for the life of the job */
  json_t *summary;             /* what becomes summary.json; the verb fills it */
  const char *batch_norm;      /* the rule of its statistics, for the summary's end; NULL: none */
  struct metadata metadata[2]; /* for weights files: the stage's key and the numerics version */
  double started;              /* monotonic seconds */
};
#define JOB_METADATA 2

double clock_now(void); /* monotonic seconds */

/* "FOLDER/name..." in the job's arena. NULL: no memory. */
char *job_file(struct job *job, const char *format, ...) STRAIT_PRINTF(2, 3);
/* Appends to log.jsonl; takes the reference to event over, also on failure. The time is added. */
int job_log(struct job *job, json_t *event);

/* What the watcher sees. */
void job_begin(struct job *job, const char *what, int64_t done, int64_t total, const char *unit);
void job_tick(struct job *job, int64_t done, const char *note, int milestone);
void job_end(struct job *job);

/* The stage's checkpoints; end: the iteration that is "final" (0: none). */
struct moments job_moments(const struct job *job, int64_t end);
/* For logs and the watcher: the epoch that just ended. at: what the watcher's count is at iteration 0 of the training.
 */
int job_epoch(struct job *job, const struct training *training, int64_t epochs, int64_t at);
/* A divergence, and what was done about it: a warning and a line in the log. source: of an ensemble; -1: none. */
int job_halved(struct job *job, const struct halving *halving, int64_t source);
/* "halvings": n in the summary, where there were any. */
int put_halvings(struct job *job, int64_t halvings);

/* An evaluator by the stage's keys. */
int job_evaluator(struct job *job, struct evaluator **evaluator);
/* The splits that there is something to measure of, as a mask; names: the splits wanted, none for all. */
int job_splits(struct job *job, const strait_strings *names, unsigned *splits);
/* Measures at one point: {"train": {"samples": n, "loss": x, "nll": x, "error": x}, "test": ...}. */
int job_measure(struct evaluator *evaluator, const float *weights, const float *statistics, unsigned splits,
                json_t **metrics);
/* "perplexity" is there where each position has a class: exp(nll), which is never averaged. */
json_t *metrics_json(const struct metrics metrics[SPLITS], unsigned splits);

/* A number of a summary, not finite where it says so; NaN where it is not there. */
double summary_value(const json_t *object, const char *key);
/* "train nll .132 error 3.4 %, test nll ..." of such metrics. */
void summary_metrics(const json_t *metrics, struct text *line);

/* Sets a member, taking the value over; a NULL value or no memory is STRAIT_ENOMEM. */
int put(json_t *object, const char *key, json_t *value);
int put_number(json_t *object, const char *key, double value);  /* document_number */
int put_measure(json_t *object, const char *key, double value); /* document_measure */
int put_integer(json_t *object, const char *key, int64_t value);
int put_text(json_t *object, const char *key, const char *value);

#endif
