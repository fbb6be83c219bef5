/* ensemble/members.h: an ensembler's slots and members, and combined predictions. Host memory only. */
#ifndef ENSEMBLE_MEMBERS_H
#define ENSEMBLE_MEMBERS_H

#include <strait/ensembler.h>

#include "landscape/quality.h"
#include "store/arrays.h"

struct member {
  float *weights;
  float *statistics; /* batch-norm statistics as kept; NULL: to be re-estimated, or the network has none */
  int refresh;       /* 1: the ensembler wants them re-estimated at these weights */
  int64_t source, iteration;
};
/* What a run of an ensembler has so far: slots and members; its handle is given to collect and finish. */
struct gathering;
int gathering_create(struct gathering **gathering, const struct network *network);
int gathering_create_sized(struct gathering **gathering, int64_t count, int64_t buffers); /* weights, statistics */
void gathering_free(struct gathering *gathering);                                         /* NULL is nothing */
strait_slots *gathering_slots(struct gathering *gathering);
/* The running network's statistics (NULL: there is none, as on a path) and place, for members that keep them; borrowed.
 * Call before collect and finish. */
void gathering_now(struct gathering *gathering, const float *statistics, int64_t source, int64_t iteration);
int64_t gathering_members(const struct gathering *gathering);
int gathering_folds(const struct gathering *gathering); /* Has the ensembler a vector slot, as for a mean? */
const struct member *gathering_member(const struct gathering *gathering, int64_t i);

/* Slots and members in a folder. A member is written once, to member-N.safetensors, when it is not there yet; `state`
 * gets the rest: what gathering_unpack reads back, in a fixed order. The arrays' memory is the gathering's and the
 * arena's. gathering_unpack needs a fresh gathering; what it reads is copied. */
/* What makes the members, for their files: written there, and asked for by gathering_unpack; borrowed. None unless set.
 */
void gathering_made(struct gathering *gathering, const struct metadata *made, size_t pairs);
int gathering_pack(struct gathering *gathering, const char *folder, struct arena *arena, struct array_list *state);
int gathering_unpack(struct gathering *gathering, const char *folder, const struct arrays *state);

/* Log-probabilities throughout. Combines (members, rows, classes) into (rows, classes): the ensembler's combine, or the
 * mean, which is the same bytes for any order of the members. ensembler NULL: the mean. Defined in combine.c. */
int combine_members(const strait_object *ensembler, int64_t members, int64_t rows, int64_t classes, const float *logs,
                    float *combined);
/* (members, size) into (size): of sum weights_m p_m. */
int combine_weighted(int64_t members, int64_t size, const float *logs, const double *weights, float *combined);

/* How much each member should count, chosen on held-out rows; the weights sum to one. Defined in greedy.c. */
int greedy_weights(int64_t members, int64_t rows, int64_t classes, const float *logs, const int32_t *labels,
                   double *weights);

#endif
