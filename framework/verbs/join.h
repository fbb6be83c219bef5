/* verbs/join.h: a connect stage's keys, and the training of its curve: from the start or the newest checkpoint to the
 * end. */
#ifndef VERBS_JOIN_H
#define VERBS_JOIN_H

#include "stage/job.h"
#include "train/objective.h"

struct reference;

struct connect_keys {
  strait_strings ends;
  int64_t epochs;
  int32_t free_ends;
  double checkpoint_every, checkpoint_limit;
  int32_t on_divergence, trace;
  strait_strings start;
  struct objective_keys objective;
  struct reference *end[2], **inner; /* inner: of `start`; NULL: the points start on the segment */
};

struct curve_training {
  struct job *job;
  struct moments moments;
  strait_object *schedule, *curve;
  struct trainer trainer;
  struct evaluator *tracer; /* with trace = yes */
  int64_t end, epoch;
};

int curve_training_create(struct curve_training *training, struct job *job);
void curve_training_free(struct curve_training *training); /* after curve_training_create, whatever it returned */
/* The whole training; then the trainer's snapshot is its end. */
int curve_training_run(struct curve_training *training);
/* Removes all checkpoints but the newest `spare` of those up to now, and the epoch's beginning. */
int curve_training_prune(struct curve_training *training, size_t spare);

#endif
