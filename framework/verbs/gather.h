/* verbs/gather.h: an ensemble stage's keys, and running its ensembler over its sources. */
#ifndef VERBS_GATHER_H
#define VERBS_GATHER_H

#include "ensemble/run.h"
#include "verbs/predict.h"

#define STATES "state" /* the folder of the states of an ensemble that runs */

struct loaded_path;
struct reference;

struct ensemble_keys {
  strait_strings start, path;
  int64_t budget;
  struct predict_keys predict;
  strait_strings splits;
  int32_t trace;
  double checkpoint_every, checkpoint_limit;
  int32_t on_divergence;
  struct reference **starts;
};

/* What the ensembler may use, and what is told of its course. */
struct ensemble_stage {
  struct job *job;
  strait_object *ensembler, *schedule;
  struct snapshot **snapshots; /* of the starts */
  struct start *start;
  struct loaded_path *loaded;
  struct path *path;
  struct ensemble *ensemble;
  float *origin; /* what the source began with, where something is told */
  int64_t origin_of;
  struct evaluator *tracer; /* with trace = yes */
};
/* session NULL: starts and paths are zeros, enough to ask the ensembler for its sources. */
int ensemble_stage_create(struct ensemble_stage *g, const struct session *session, const struct stage *stage,
                          struct arena *arena);
void ensemble_stage_free(struct ensemble_stage *g, const struct ensemble_keys *keys); /* zeroed: nothing */
/* Runs all sources, from the newest state in the folder `state` that can be read. To log.jsonl goes, at each epoch's
 * end and each moment, the source and the iteration with the rate, the loss, the distance from the source's origin, and
 * with trace = yes the error on the test data (of batch norm, by the statistics that training keeps). */
int ensemble_stage_run(struct ensemble_stage *g);

#endif
