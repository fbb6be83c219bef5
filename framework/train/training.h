/* train/training.h: stochastic gradient descent on the weights of a network, or on the control points of a curve.
 *
 * A curve step: draw t; w(t) = sum c_i(t) theta_i; forward, backward at w(t); g_i = c_i(t) (grad L + wd w(t)) for each free
 * point. A plain training is the curve with one point and c = 1. The caller runs the training from one moment of interest
 * (an epoch's end, a checkpoint, a collect moment) to the next with training_run. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include <strait/schedule.h>

#include "data/feeder.h"
#include "network/program.h"

/* The optimiser keys and their table: optimiser (sgd, adamw), batch, momentum, nesterov, weight-decay,
 * weight-decay-exclude (patterns of parameter names), clip-norm, warm-up (epochs), label-smoothing, beta1, beta2, epsilon. */
struct optimiser_keys {
  int32_t optimiser;
  int64_t batch;
  double momentum;
  int32_t nesterov;
  double weight_decay;
  strait_strings weight_decay_exclude;
  double clip_norm, warm_up, label_smoothing;
  double beta1, beta2, epsilon;
};
extern const struct option_table optimiser_options;

struct training_plan {
  const struct network *network;
  const struct data *data;
  struct device *device;
  const strait_object *schedule;
  const strait_object *curve; /* NULL: a plain training */
  const struct optimiser_keys *keys;
  struct seeds seeds;
  int64_t iterations; /* the schedule's horizon */
  int free_ends;      /* curves: 1 trains the ends too */
};

/* All that a training is, on the host: what checkpoints hold. */
struct snapshot {
  int points;          /* control points; 1 for a plain training */
  int64_t count;       /* P */
  float **theta;       /* points vectors */
  float **velocity;    /* points vectors; NULL for a fixed point */
  float **square;      /* AdamW's second moments; NULL: sgd */
  float *statistics;   /* the running batch-norm statistics */
  int64_t iteration;   /* done so far */
  int64_t updates;     /* optimiser steps since the momentum was zero: 0 means the first step sets it */
};
int snapshot_create(struct snapshot **snapshot, const struct network *network, int points, int fixed_ends, int adam);
void snapshot_free(struct snapshot *snapshot);

struct training;
int training_create(struct training **training, const struct training_plan *plan);
void training_free(struct training *training);
int64_t training_epoch_iterations(const struct training *training);
/* The device takes over the state; the snapshot stays the caller's. */
int training_load(struct training *training, const struct snapshot *snapshot);
int training_save(struct training *training, struct snapshot *snapshot);
int64_t training_iteration(const struct training *training);
/* Trains until iteration `until` is done. Returns early, with STRAIT_OK and training_iteration < until, when stop_requested
 * or when the monotonic clock passes `deadline` seconds (0: none). STRAIT_EDIVERGE names the iteration and the rate. */
int training_run(struct training *training, int64_t until, double deadline);
/* The next iteration after the current one at which the schedule collects, or 0. */
int64_t training_next_collect(const struct training *training);
double training_rate(const struct training *training, int64_t iteration);
/* Sums over the current epoch so far (augmented samples, as trained), for logs. */
void training_progress(const struct training *training, struct loss_sums *sums);

#endif
