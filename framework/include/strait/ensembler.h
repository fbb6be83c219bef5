/* strait/ensembler.h: where the weights of an ensemble come from, which to keep, how to combine predictions.
 *
 * The host asks for the sources one after another, runs each (a training, or points of a path), calls collect at every
 * moment that the schedule names and at a training's end, then finish. An ensembler keeps nothing between calls: what
 * accumulates lives in slots, which the host checkpoints, so that an interrupted ensemble resumes to the same bytes.
 */
#ifndef STRAIT_ENSEMBLER_H
#define STRAIT_ENSEMBLER_H

#include <strait/host.h>
#include <strait/plugin.h>
#include <strait/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { STRAIT_SOURCE_END = 0, STRAIT_SOURCE_TRAINING, STRAIT_SOURCE_PATH };
/* Where a training starts, besides 0, 1, ..., the references in `start`, whose momentum is kept. */
enum {
  STRAIT_START_FRESH = -1, /* from new weights, by the stage's seed + seed_offset */
  STRAIT_START_MEMBER = -2 /* from the newest member, momentum zero: not for the first source */
};

/* What an ensembler may ask for. The host fills `given_...` before it calls source(). */
typedef struct strait_source {
  uint32_t size;
  uint32_t type; /* out: STRAIT_SOURCE_... */
  /* in: what the stage's section offers */
  int64_t given_starts;       /* references in `start` */
  int64_t given_paths;        /* references in `path` */
  int64_t given_budget;       /* `budget` in iterations; counts all that is spent, starts included (0: not set) */
  int64_t epoch_iterations;   /* mini-batches per epoch */
  const int64_t *start_spent; /* given_starts numbers: iterations already spent in each start */
  /* out, training */
  int64_t start;       /* the start-th reference in `start`, or STRAIT_START_... */
  int64_t seed_offset; /* added to the stage's seeds */
  int64_t iterations;  /* how many iterations this source runs: its schedule's horizon */
  /* out, path */
  int64_t path;   /* the path-th reference in `path` */
  int64_t points; /* equally spaced t in [0,1], ends included, at least 2 */
  /* out, training */
  uint32_t offer_start; /* 1: collect is called for the start's weights too, with step.iteration 0 and wanted 1 */
  uint32_t reserved;
  /* --- since 1.1 --- out, training */
  uint32_t offer_epochs; /* 1: where the schedule has no collect, each epoch's end is a moment with wanted 1 */
  uint32_t reserved2;
} strait_source;

/* What a budget is divided among. (Since 1.1.) */
enum { STRAIT_AMONG_STARTS = 1, STRAIT_AMONG_ROUNDS, STRAIT_AMONG_RUNS };

/* Fills the out fields of the index-th source of an ensembler that divides its budget equally, or leaves the end;
 * refuses a budget that leaves less than one iteration for each. The three functions below call it. (Since 1.1.) [one
 * thread, in source()] */
static inline int32_t strait_share(const void *self, uint32_t among, int64_t parts, int64_t index,
                                   strait_source *source) {
  const strait_host *host = strait_host_of(self);
  if (!STRAIT_HAS(host, strait_host, share))
    return strait_fail(self, STRAIT_ENOTSUP, "this strait is too old; it needs plugin ABI 1.1");
  return host->share(self, among, parts, index, source);
}
/* Every start is continued, for (budget - longest) / starts iterations: the longest start counts once, since starts of
 * one training share what was spent. Refuses a stage without a start. (Since 1.1.) [one thread, in source()] */
static inline int32_t strait_share_starts(const void *self, int64_t index, strait_source *source) {
  return strait_share(self, STRAIT_AMONG_STARTS, 1, index, source);
}
/* One start is continued in `rounds` rounds of (budget - spent) / rounds iterations: the first from the start, each
 * later one from the newest member. Refuses a stage with no start or several. (Since 1.1.) [one thread, in source()] */
static inline int32_t strait_share_rounds(const void *self, int64_t rounds, int64_t index, strait_source *source) {
  return strait_share(self, STRAIT_AMONG_ROUNDS, rounds, index, source);
}
/* `runs` trainings from new weights, of budget / runs iterations each, with seed_offset 0, 1, ... Refuses a stage with
 * a start. (Since 1.1.) [one thread, in source()] */
static inline int32_t strait_share_runs(const void *self, int64_t runs, int64_t index, strait_source *source) {
  return strait_share(self, STRAIT_AMONG_RUNS, runs, index, source);
}

/* Where a member's batch-norm statistics come from. */
enum {
  STRAIT_STATISTICS_REFRESH = 0, /* re-estimated on the training split: the default; always for averages */
  STRAIT_STATISTICS_KEEP         /* those of the network in training, at that moment */
};

struct strait_slots;
typedef struct strait_slots_ops {
  uint32_t size;
  uint32_t reserved;
  float *(*vector)(struct strait_slots *slots, const char *name);
  int64_t *(*integer)(struct strait_slots *slots, const char *name);
  int32_t (*member)(struct strait_slots *slots, const float *weights, uint32_t statistics);
  /* --- since 1.1 --- */
  int32_t (*fold)(struct strait_slots *slots, const float *weights);
  int32_t (*mean)(struct strait_slots *slots);
} strait_slots_ops;
typedef struct strait_slots {
  const strait_slots_ops *ops;
} strait_slots;

/* The vector of this name, as long as the weights, zero at first; kept from call to call. NULL on failure, its cause
 * recorded. [one thread, in collect() and finish()] */
static inline float *strait_slots_vector(strait_slots *slots, const char *name) {
  return slots->ops->vector(slots, name);
}
/* The integer of this name, zero at first; kept from call to call. NULL on failure, its cause recorded.
 * [one thread, in collect() and finish()] */
static inline int64_t *strait_slots_integer(strait_slots *slots, const char *name) {
  return slots->ops->integer(slots, name);
}
/* Adds a member: a copy of the weights; statistics is STRAIT_STATISTICS_...
 * [one thread, in collect() and finish()] */
static inline int32_t strait_slots_member(strait_slots *slots, const float *weights, uint32_t statistics) {
  return slots->ops->member(slots, weights, statistics);
}

/* Folds the weights into the running mean, mean += (weights - mean) / n for the n-th, in double. The mean is the vector
 * "mean", n the integer "folded". (Since 1.1.) [one thread, in collect()] */
static inline int32_t strait_slots_fold(strait_slots *slots, const float *weights) {
  return STRAIT_HAS(slots->ops, strait_slots_ops, fold) ? slots->ops->fold(slots, weights) : STRAIT_ENOTSUP;
}
/* Adds the running mean as a member, its statistics re-estimated; the next fold begins a new mean. Fails with
 * STRAIT_EINVAL when nothing was folded. (Since 1.1.) [one thread, in collect() and finish()] */
static inline int32_t strait_slots_mean(strait_slots *slots) {
  return STRAIT_HAS(slots->ops, strait_slots_ops, mean) ? slots->ops->mean(slots) : STRAIT_ENOTSUP;
}

/* A moment at which weights are offered. */
typedef struct strait_moment {
  uint32_t size;
  uint32_t last;   /* 1: the training's end, after its last iteration (or a path's last point) */
  int64_t source;  /* which source, from 0 */
  uint32_t wanted; /* 1: the schedule's collect said so, or offer_epochs (for a path: always); 0: only the end */
  uint32_t reserved;
  strait_step step;     /* within this source; for a path: iteration is the point's number from 1 */
  int64_t count;        /* P, the length of the weights */
  const float *weights; /* read only */
} strait_moment;

typedef struct strait_ensembler_ops {
  uint32_t size;
  uint32_t reserved;
  /* Fills the out fields of *source (zeroed) for source number `index` (0, 1, ...), or leaves type at
   * STRAIT_SOURCE_END. Fails when what it needs is not given. A pure function. [one thread, after init()] */
  int32_t (*source)(const void *self, int64_t index, strait_source *source);
  /* Adds a member or folds the weights into slots. [one thread, after source()] */
  int32_t (*collect)(const void *self, const strait_moment *moment, strait_slots *slots);
  /* Called after each source: turns slots into members, as they are. Arithmetic on the weights belongs in collect,
   * which is told how many there are. NULL: nothing to do. [one thread, after source()] */
  int32_t (*finish)(const void *self, int64_t source, strait_slots *slots);
  /* Combines the class probabilities of the members for `rows` samples: probabilities is (members, rows, classes),
   * combined is (rows, classes), each row summing to one. The members' order must not matter. NULL: their mean.
   * [one thread, after init()] */
  int32_t (*combine)(const void *self, int64_t members, int64_t rows, int64_t classes, const float *probabilities,
                     float *combined);
} strait_ensembler_ops;

#ifdef __cplusplus
}
#endif
#endif
