/* ensemble/run.h: drives an ensembler: asks for its sources one after another, trains them (train/trainer.h) or walks
 * their paths, offers the weights at each moment, and keeps what it gathers. Interrupted anywhere, it resumes from its
 * newest state to the same bytes.
 *
 * The budget counts everything that is spent, in iterations, the starts included; how a source's share follows from it
 * is the ensembler's to say (strait_source). */
#ifndef ENSEMBLE_RUN_H
#define ENSEMBLE_RUN_H

#include "ensemble/members.h"
#include "landscape/path.h"
#include "train/trainer.h"

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
  const struct metadata *made; /* what makes it: written into the files of its states, and asked for there; borrowed */
  size_t made_pairs;
  const char *folder;      /* of its states, made when the first is written; NULL: none is */
  double checkpoint_every; /* seconds between states inside an epoch; 0: none is written there */
  double checkpoint_limit; /* megabytes of states to resume from, members aside; 0: no limit */
  int on_divergence;       /* DIVERGENCE_HALVE needs the folder */
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
  /* Called a few times a second of training, at epochs' ends, at each moment and at a source's end. */
  void (*progress)(void *context, const struct ensemble_news *news);
  /* A source diverged, and resumes at half the rate. */
  int (*halved)(void *context, int64_t source, const struct halving *halving);
  /* A state was written. A failure ends the run. */
  int (*saved)(void *context);
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
/* How often the sources that are done halved their rate, all together. */
int64_t ensemble_halvings(const struct ensemble *ensemble);

/* The weights that a source began with, or, where that is a member, the source before it: network_weights->count
 * floats. Of a path: its start. */
int ensemble_origin(const struct ensemble *ensemble, int64_t source, float *weights);
/* What it will gather, as far as can be told without training: how many members; at how many moments it is asked to
 * keep one; 1 if it folds weights, as into a mean. No member at all is an error, which says why. Defined in rehearse.c.
 */
struct rehearsal {
  int64_t members, moments;
  int folds;
};
int ensemble_rehearse(const struct ensemble *ensemble, struct rehearsal *rehearsal);
/* From the newest state in the folder that can be read until every source is done. States are written at epochs' ends,
 * as checkpoint_every says, after each source, and before a stop; which of them stay is as for a training
 * (train/moments.h). STRAIT_ESTOP after a stop. An ensembler that keeps no member is an error. After a failure or a
 * stop the ensemble is only to be freed. watch, or its functions, may be NULL. */
int ensemble_run(struct ensemble *ensemble, const struct ensemble_watch *watch);

#endif
