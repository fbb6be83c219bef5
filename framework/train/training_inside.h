/* train/training_inside.h: the inside of struct training, for training.c and several.c alone. Defined in training.c. */
#ifndef TRAIN_TRAINING_INSIDE_H
#define TRAIN_TRAINING_INSIDE_H

#include "train/training.h"

struct training {
  struct training_plan plan;
  const strait_schedule_ops *schedule;
  const strait_curve_ops *curve; /* NULL: a plain training */
  struct feeder *feeder;         /* NULL: plan.batch is on the device */
  struct program *program;
  struct optimiser *optimiser;
  struct update_op update; /* its `next` are the coefficients of the step to come */
  int64_t epoch_iterations;
  int64_t sample_words, target_words; /* of one sample */
  int64_t samples;                    /* of plan.batch */
  int64_t lanes;                      /* samples of the program's batch */
  int carries;                        /* layers' state goes on from step to step, through streams */
  int64_t iteration, updates;         /* done; see struct snapshot */
  int64_t halvings;                   /* of the rate */
  int64_t fed;                        /* the iteration whose batch the feeder gives next; 0: it must be started */
  float *room;                        /* to add in with other ranks */
  double share;                       /* of the batch's rows, this rank's */
  struct loss_sums sums;
  double begun,
      waited; /* of the current epoch: when, in monotonic seconds; seconds for which the feeder had no batch */
  int loaded;
  /* Where several t are taken a step: the gradient at each, and for each free point its gradient and its share of the
   * weights that decay. */
  place at[OBJECTIVE_DRAWS], descent[MAX_POINTS], decaying[MAX_POINTS];
};

/* STRAIT_EDIVERGE, saying where. */
int training_diverged(int64_t iteration, double rate);
/* Forward and loss at the weights that are there, on this rank's rows: the sums over all ranks. All ranks fail
 * together, with STRAIT_EDIVERGE where the loss is not finite. */
int training_forward(struct training *training, const struct run *run, double rate, struct loss_sums *sums);
/* Backward after it: the gradient of the whole batch's mean loss, the same bytes on every rank. */
int training_backward(struct training *training, const struct run *run);

/* Defined in several.c: a step at several t, on the batch of `run` that is on the device. */
int several_create(struct training *training);
void several_free(struct training *training);
int several_step(struct training *training, struct run *run, double rate, struct loss_sums *sums);

#endif
