/* train/training.h: stochastic gradient descent on the weights of a network, or on the control points of a curve.
 *
 * A curve step: draw t; w(t) = sum c_i(t) theta_i; forward, backward at w(t); g_i = c_i(t) (grad L + wd w(t)) for each
 * free point. A plain training is the curve with one point and c = 1. The caller runs the training from one moment of
 * interest (an epoch's end, a checkpoint, a collect moment) to the next with training_run.
 *
 * What layers carry from step to step: where the data are streams it passes from batch to batch, on a curve from one t
 * to the next, and is 0 when an epoch begins. With other data it is 0 in every step. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include <strait/curve.h>
#include <strait/schedule.h>

#include "data/feeder.h"
#include "network/program.h"
#include "train/communicator.h"
#include "train/objective.h"
#include "train/optimiser.h"
#include "train/snapshot.h"

struct training_plan {
  const struct network *network;
  const struct data *data;
  const struct batch *batch; /* in place of data, for benchmarks: every iteration trains on this one batch, which
                                training_create puts on the device; an epoch is the horizon */
  struct device *device;
  const strait_object *schedule;
  const strait_object *curve; /* NULL: a plain training */
  const struct optimiser_keys *keys;
  struct seeds seeds;
  int64_t iterations;                      /* the schedule's horizon */
  int free_ends;                           /* curves: 1 trains the ends too */
  struct objective_keys objective;         /* of curves; zeroed: objective_plain */
  const struct communicator *communicator; /* NULL: alone. Of several ranks each trains on its part of every batch, with
                                              batch-norm statistics of its own; weights, running statistics, sums,
                                              failures and stops are the same on all */
};

struct training;
/* The plan's strings and objects must outlive the training; the plan itself is copied. Refuses keys that contradict
 * each other and a horizon that the schedule cannot serve. */
int training_create(struct training **training, const struct training_plan *plan);
void training_free(struct training *training); /* NULL is nothing */
int64_t training_epoch_iterations(const struct training *training);
/* Samples of a whole batch: the key's, or fewer where there are fewer. */
int64_t training_lanes(const struct optimiser_keys *keys, const struct data *data);
/* The state that this training starts from: zeroed, with the right points, fixed ends and moments. */
int training_snapshot(const struct training *training, struct snapshot **snapshot);
/* The device takes over the state; the snapshot stays the caller's. Must come before training_run. */
int training_load(struct training *training, const struct snapshot *snapshot);
/* The state after the last iteration; STRAIT_EDIVERGE when a weight is not finite, so that no such state is ever kept.
 */
int training_save(struct training *training, struct snapshot *snapshot);
int64_t training_iteration(const struct training *training);
int64_t training_halvings(const struct training *training); /* the loaded state's */
/* Trains until iteration `until` (at most the horizon) is done. Returns early, with STRAIT_OK and training_iteration <
 * until, when stop_requested or when the monotonic clock passes `deadline` seconds (0: none). STRAIT_EDIVERGE names the
 * iteration and the rate; the weights are then those before that iteration. */
int training_run(struct training *training, int64_t until, double deadline);
/* Agreements with the other ranks, which must call them too; alone, what is given. 1 where a rank wishes it; negative:
 * the ranks cannot be reached. */
int training_any(const struct training *training, int wish);
/* The status; where it is STRAIT_OK and another rank failed, a failure that says so. */
int training_agree(const struct training *training, int status);
/* stop_check, on all ranks where one of them was asked to stop. */
int training_stop_check(const struct training *training);

/* The next iteration after the current one at which the schedule collects, or 0. */
int64_t training_next_collect(const struct training *training);
/* The rate of an iteration from 1, warm-up and halvings included. */
double training_rate(const struct training *training, int64_t iteration);
/* The same before any halving, of a training that is not there. */
double training_rate_of(const strait_object *schedule, const struct optimiser_keys *keys, const strait_step *step);
/* Sums over the current epoch so far (augmented samples, as trained; since training_load in its first epoch), for logs.
 * At an epoch's end: over that epoch. */
void training_progress(const struct training *training, struct loss_sums *sums);
/* The part of the current epoch so far, from 0 to 1, for which the next batch was not ready: reading is the bottleneck
 * where it is not small. */
double training_waited(const struct training *training);

#endif
