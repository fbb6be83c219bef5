/* ensemble/run.h: drives an ensembler: asks for its sources one after another, trains them or walks their paths, offers
 * the weights at each moment, and keeps what it gathers. Interrupted anywhere, it goes on from its last checkpoint to
 * the same bytes.
 *
 * The budget counts everything that is spent, in iterations, the starts included; how a source's share follows from it
 * is the ensembler's to say (strait_source). */
#ifndef ENSEMBLE_RUN_H
#define ENSEMBLE_RUN_H

#include "ensemble/members.h"
#include "landscape/path.h"
#include "train/training.h"

/* A reference in `start`: a training's state, and how many iterations were spent on it since its fresh weights. */
struct start {
  const struct snapshot *snapshot; /* one point; without momentum (updates 0) the first step sets it */
  int64_t spent;
};

struct ensemble_plan {
  const strait_object *ensembler;
  const struct network *network;
  const struct data *data;
  struct device *device;
  const strait_object *schedule;     /* of every training; NULL: none is possible (paths only) */
  const struct optimiser_keys *keys; /* of every training */
  struct seeds seeds;                /* a source's seed_offset is added to each, but not to noise and subset */
  const struct start *start;
  int64_t starts;
  const struct path *path; /* references in `path` */
  int64_t paths;
  int64_t budget;              /* iterations; 0: not set */
  const struct metadata *made; /* what makes it: written into the files of its state, and asked for there; borrowed */
  size_t made_pairs;
};

/* Where a run is. */
struct ensemble_news {
  int64_t source, sources; /* which, from 0, and how many there are */
  int path;                /* 1: a path, 0: a training */
  strait_step step;        /* within the source; iteration: done so far (of a path: points) */
  double rate;             /* of the last iteration; 0 for a path */
  struct loss_sums sums;   /* training_progress */
  int64_t members;         /* so far */
  const float *weights;    /* at a moment that was offered to the ensembler: those weights; else NULL */
  /* At a training's moments and its epochs' ends: the weights and the batch-norm statistics there; else NULL. */
  const float *here, *statistics;
};
struct ensemble;
struct ensemble_watch {
  void *context;
  /* Called every half second of training, at epochs' ends, at each moment and at a source's end. */
  void (*progress)(void *context, const struct ensemble_news *news);
  /* Everything up to here is whole: ensemble_write may be called now. Called at epochs' ends, every `every` seconds
   * within one (0: not), after each source, and before a stop. A failure ends the run. */
  int (*checkpoint)(void *context, struct ensemble *ensemble);
  double every;
};

/* What the plan points to must outlive the ensemble; the plan itself is copied. Asks the ensembler for all its sources,
 * so that what it refuses is refused here. Defined in plan.c. */
int ensemble_create(struct ensemble **ensemble, const struct ensemble_plan *plan);
void ensemble_free(struct ensemble *ensemble); /* NULL is nothing */
/* The sources that the ensembler asks for, and one of them. */
int64_t ensemble_sources(const struct ensemble *ensemble);
const strait_source *ensemble_source(const struct ensemble *ensemble, int64_t i);
/* Mini-batches that all sources train together. */
int64_t ensemble_iterations(const struct ensemble *ensemble);
struct gathering *ensemble_gathering(struct ensemble *ensemble);

/* The weights that a source began with, or, where that is a member, the source before it: network_weights->count
 * floats. Of a path: its start. */
int ensemble_origin(const struct ensemble *ensemble, int64_t source, float *weights);
/* Goes on until every source is done. STRAIT_ESTOP after a stop, its checkpoint made. An ensembler that keeps no member
 * is an error. After a failure or a stop the ensemble is only to be freed. watch, or its functions, may be NULL. */
int ensemble_run(struct ensemble *ensemble, const struct ensemble_watch *watch);

/* The state in a folder of its own, which is made: state.safetensors, written last and in one step, and the members'
 * files, each written once. ensemble_read continues a fresh ensemble of the same plan. Defined in state.c. */
int ensemble_write(struct ensemble *ensemble, const char *folder);
int ensemble_read(struct ensemble *ensemble, const char *folder);

#endif
