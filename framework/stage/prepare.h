/* stage/prepare.h: everything that can be known before the first stage runs, and the keys of results. */
#ifndef STAGE_PREPARE_H
#define STAGE_PREPARE_H

#include <jansson.h>

#include "base/text.h"
#include "stage/session.h"
#include "store/arrays.h"

/* Bumped when the same options give other bytes than before, so that older results are not taken for current ones. */
#define NUMERICS_VERSION 4
#define NUMERICS_TEXT NUMERICS_TEXT_OF(NUMERICS_VERSION)
#define NUMERICS_TEXT_OF(version) NUMERICS_TEXT_OF_NUMBER(version)
#define NUMERICS_TEXT_OF_NUMBER(number) #number

/* What the files of a stage say they were made by, and must say when they are read: its key and the numerics version.
 */
struct made {
  struct metadata pairs[2];
};
struct made stage_made(const struct stage *stage);

/* Opens data, builds networks, checks references, lengths and schedules, and fills every stage's material, wanted
 * iterations and key. Refuses train stages that are alike. Writes nothing. */
int experiment_prepare(struct session *session, struct experiment *experiment);

/* The iteration that a reference to a train stage stands for; its own end for NAME. 0 for what has none (a point, a
 * member, a mean, a file). */
int64_t reference_iteration(const struct reference *reference);
/* Iterations spent, all told, to make these weights: the trainings before them included. */
int64_t reference_spent(const struct reference *reference);
int64_t route_spent(const struct route *route);
/* Control points of a connect stage's curve. */
int curve_points(const struct stage *stage, int *points);
/* Asks the stage's schedule whether it can serve a training of this many iterations. */
int schedule_check(const struct stage *stage, int64_t epoch_iterations, int64_t iterations);
/* Is each a split, and does the stage's data have samples there? */
int stage_check_splits(const struct stage *stage, const strait_strings *splits);

/* key.c: the hash of everything that decides a stage's results. References' stages have theirs already. */
int stage_key(struct stage *stage);
/* Does a key of this stage's own tables leave its results as they are, so that it is not in the hash? */
int key_leaves_out(const struct stage *stage, const char *option);
/* The resolved values as JSON, for stage.json. NULL when memory is out. */
json_t *stage_describe(const struct stage *stage);
/* Adds what differs from an earlier stage_describe: "epochs = 3 (was 2), the data, left". */
int stage_differences(const struct stage *stage, const json_t *before, struct text *text);

#endif
