/* train/trainer.c: from one moment of interest to the next.
 *
 * After a divergence the training returns to the last epoch's end, not to its newest checkpoint: where that one is
 * depends on the clock, and what comes out must not. */
#include <config.h>

#include "train/trainer.h"

#include <time.h>

#include "base/error.h"
#include "base/stop.h"

#define SLICE .25 /* seconds between two ticks */

const char *const divergence_choices[] = {"stop", "halve", NULL};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- a divergence --- */

int trainer_load(const struct trainer *t, int64_t latest) {
  int status = t->calls->load(t->context, t->snapshot, latest);
  if (!status)
    status = training_load(t->training, t->snapshot);
  return training_agree(t->training, status);
}

/* After STRAIT_EDIVERGE, which it clears: loads the state at `origin`, where the epoch began, with the rate halved;
 * after DIVERGENCE_TRIES in vain from there, the start. */
static int halve(const struct trainer *t, int64_t origin) {
  const int64_t halvings = training_halvings(t->training) + 1, at = training_iteration(t->training);
  struct error_chain why;
  if (halvings > MOST_HALVINGS)
    return error_wrap("the rate was halved %d times", MOST_HALVINGS);
  error_take(&why);
  int status = t->calls->load(t->context, t->snapshot, origin);
  if (!status && halvings > t->snapshot->halvings + DIVERGENCE_TRIES) /* that state was beyond saving already */
    status = t->calls->load(t->context, t->snapshot, 0);
  if (!status && t->calls->forget)
    status = t->calls->forget(t->context, t->snapshot->iteration);
  if (!status) {
    t->snapshot->halvings = halvings;
    status = training_load(t->training, t->snapshot);
  }
  if (!status && t->calls->halved)
    status = t->calls->halved(t->context, &(struct halving){why.text, at, t->snapshot->iteration, halvings});
  return training_agree(t->training, status);
}

/* --- the loop --- */

/* Trains until `next` is done, a stop is asked for, or `deadline` passed (0: none), but one step at least. */
static int advance(const struct trainer *t, int64_t next, double deadline) {
  int status = training_run(t->training, training_iteration(t->training) + 1, 0);
  for (;;) {
    if (t->calls->tick)
      t->calls->tick(t->context);
    const double now = seconds(), slice = now + SLICE;
    if (status || training_iteration(t->training) >= next)
      return status;
    const int ends = training_any(t->training, stop_requested() || (deadline > 0 && now >= deadline));
    if (ends)
      return ends < 0 ? ends : STRAIT_OK;
    status = training_run(t->training, next, deadline > 0 && deadline < slice ? deadline : slice);
  }
}

static double next_deadline(const struct trainer *t) { return t->every > 0 ? seconds() + t->every : 0; }

static int keep(const struct trainer *t, unsigned why) {
  int status = training_save(t->training, t->snapshot);
  if (!status)
    status = t->calls->keep(t->context, t->snapshot, why);
  return training_agree(t->training, status);
}

/* Where the loop is. */
struct lap {
  double deadline; /* of the next checkpoint inside an epoch */
  int64_t origin;  /* where to return to after a divergence */
  int pending;     /* 1: the state was offered as a moment alone, and may not be kept as a checkpoint */
};

/* On to the next moment of interest, and what happens there. */
static int pass(const struct trainer *t, int64_t until, struct lap *lap) {
  const int64_t epoch = training_epoch_iterations(t->training), before = training_iteration(t->training);
  const int64_t ends = (before / epoch + 1) * epoch, moment = t->calls->next ? t->calls->next(t->context, before) : 0;
  int64_t next = ends < until ? ends : until;
  unsigned why = 0;
  if (moment && moment < next)
    next = moment;
  int status = advance(t, next, lap->deadline);
  const int64_t now = training_iteration(t->training);
  lap->origin = now / epoch * epoch;
  if (!status && now == ends && t->calls->epoch)
    status = training_agree(t->training, t->calls->epoch(t->context));
  if (!status && (now > before || lap->pending)) {
    const int due = training_any(t->training, stop_requested() || (lap->deadline > 0 && seconds() >= lap->deadline));
    if (due < 0)
      return due;
    lap->origin = (now - 1) / epoch * epoch; /* where its weights are not finite, the epoch that made them */
    why = (now == moment || now == until ? KEEP_MOMENT : 0) | (now == ends ? KEEP_EPOCH : 0) | (due ? KEEP_NOW : 0);
    status = keep(t, why);
  }
  lap->pending = !status && why == KEEP_MOMENT;
  if (!lap->pending)
    lap->deadline = next_deadline(t);
  return status;
}

int trainer_run(const struct trainer *t, int64_t until) {
  struct lap lap = {.deadline = next_deadline(t)};
  int status = STRAIT_OK;
  while (!status && training_iteration(t->training) < until) {
    status = pass(t, until, &lap);
    if (status == STRAIT_EDIVERGE && t->on_divergence == DIVERGENCE_HALVE)
      status = halve(t, lap.origin);
    if (!status && !lap.pending && training_iteration(t->training) < until)
      status = training_stop_check(t->training);
  }
  return status;
}
