/* train/training_inside.h: the inside of struct training, for training.c, shards.c and several.c alone. Defined in
 * training.c. */
#ifndef TRAIN_TRAINING_INSIDE_H
#define TRAIN_TRAINING_INSIDE_H

#include "train/training.h"

#define TREE_LEVELS 7 /* of 64 shards */
/* A sum of vectors on its way: waiting[l] is one of 2^l of them. */
struct tree {
  place waiting[TREE_LEVELS], current[2];
  int64_t words;
  int top; /* the level of the sum of all of this rank's */
};

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
  int shards, own_shards;             /* of a batch; of these, this rank's */
  place inputs, targets;              /* of more than one shard: the rows of this rank's */
  place before;                       /* the running statistics that a step found */
  struct tree gradients, statistics;
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
/* Forward, loss and backward at the weights that are there: the sums over the batch and the gradient of its mean loss,
 * the same bytes on every rank. All ranks fail together, with STRAIT_EDIVERGE where the loss is not finite. */
int training_gradient(struct training *training, const struct run *run, double rate, struct loss_sums *sums);

/* Defined in shards.c. How many there are; STRAIT_EINVAL where this network or these ranks do not allow them. */
int shards_check(struct training *training);
int64_t shards_rows(const struct training *training, int64_t samples); /* of the largest shard */
int shards_create(struct training *training, int64_t samples);
void shards_free(struct training *training);
void shards_upload(struct training *training, const struct batch *batch); /* this rank's rows */
int shards_gradient(struct training *training, const struct run *run, double rate, struct loss_sums *sums);

/* Defined in several.c: a step at several t, on the batch of `run` that is on the device. */
int several_create(struct training *training);
void several_free(struct training *training);
int several_step(struct training *training, struct run *run, double rate, struct loss_sums *sums);

#endif
