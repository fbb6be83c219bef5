/* train/trainer.h: the loop around a training that train stages, connect stages and every source of an ensemble share:
 * on to the next moment of interest, the state kept there, and back to where an epoch began when it diverges. What is
 * kept, where, and what is printed is for its calls to say. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/training.h"

/* The key on-divergence. */
enum { DIVERGENCE_STOP, DIVERGENCE_HALVE };
extern const char *const divergence_choices[];
#define DIVERGENCE_HELP                                                                                                \
  "what to do when the loss or a weight is no longer finite: stop, or halve the rate and resume from the beginning "   \
  "of the epoch"
#define DIVERGENCE_TRIES 3 /* from the beginning of one epoch; then from the start */

/* Why a state is to be kept; any of these together. */
enum {
  KEEP_MOMENT = 1, /* it is the next moment that was named, or the last iteration */
  KEEP_EPOCH = 2,  /* an epoch ends */
  KEEP_NOW = 4     /* time for a checkpoint, or a stop */
};
struct halving {
  const char *why;
  int64_t at, from, halvings; /* iterations: of the divergence, and from where it resumes; how often halved */
};
struct trainer_calls {
  /* Fills the snapshot with the newest state kept that is not after iteration `latest`, or with the start. */
  int (*load)(void *context, struct snapshot *snapshot, int64_t latest);
  /* Keeps the state. Nothing happened after it. */
  int (*keep)(void *context, const struct snapshot *snapshot, unsigned why);
  /* Removes the states kept after this iteration, which led to a divergence: no later run may resume from them. NULL:
   * they are results already, and stay. */
  int (*forget)(void *context, int64_t after);
  int64_t (*next)(void *context, int64_t iteration); /* the next moment after it; 0, or NULL: none */
  void (*tick)(void *context);                       /* a few times a second; NULL: not */
  int (*epoch)(void *context);                       /* an epoch ended, its state not kept yet; NULL: nothing */
  int (*halved)(void *context, const struct halving *halving); /* NULL: nothing */
};
struct trainer {
  struct training *training; /* loaded before trainer_run */
  struct snapshot *snapshot; /* its last state kept */
  const struct trainer_calls *calls;
  void *context;
  double every; /* seconds between states kept inside an epoch; 0: none are */
  int on_divergence;
};

/* Loads as the call does, into the training too. */
int trainer_load(const struct trainer *trainer, int64_t latest);
/* Trains until iteration `until` is done. STRAIT_ESTOP after a stop before that, its state kept. STRAIT_EDIVERGE when
 * it diverged and is not to halve the rate, or did so MOST_HALVINGS times. */
int trainer_run(const struct trainer *trainer, int64_t until);

#endif
