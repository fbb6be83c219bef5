/* ensemble/members.h: an ensembler's slots and members, and the quality of combined predictions. */
#ifndef ENSEMBLE_MEMBERS_H
#define ENSEMBLE_MEMBERS_H

#include <strait/ensembler.h>

#include "landscape/evaluate.h"

struct member {
  float *weights;
  float *statistics; /* NULL until refreshed, where `refresh` is set */
  int refresh;
  int64_t source, iteration;
};
/* What a run of an ensembler has so far: slots and members; its handle is given to collect and finish. */
struct gathering;
int gathering_create(struct gathering **gathering, const struct network *network);
void gathering_free(struct gathering *gathering);
strait_slots *gathering_slots(struct gathering *gathering);
/* The running network's statistics and place, for members that keep them. Call before collect and finish. */
void gathering_now(struct gathering *gathering, const float *statistics, int64_t source, int64_t iteration);
int64_t gathering_members(const struct gathering *gathering);
const struct member *gathering_member(const struct gathering *gathering, int64_t i);
/* Slots and members to a checkpoint and back, the same bytes. */
int gathering_write(const struct gathering *gathering, const char *file);
int gathering_read(struct gathering *gathering, const char *file);

/* Combines (members, rows, classes) into (rows, classes): the ensembler's combine, or the mean. */
int combine_members(const strait_object *ensembler, int64_t members, int64_t rows, int64_t classes,
                    const float *probabilities, float *combined);
/* nll and error of probabilities against labels. A probability of 0 counts as FLT_MIN. */
void judge(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, struct metrics *metrics);
/* Share of rows where the two predict different classes. */
double disagreement(int64_t rows, int64_t classes, const float *a, const float *b);

#endif
