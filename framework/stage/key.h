/* stage/key.h: the keys of results. */
#ifndef STAGE_KEY_H
#define STAGE_KEY_H

#include <jansson.h>

#include "experiment/experiment.h"
#include "store/arrays.h"

/* Bumped when the same options give other bytes than before, so that older results are not taken for current ones. */
#define NUMERICS_VERSION 5
#define NUMERICS_TEXT NUMERICS_TEXT_OF(NUMERICS_VERSION)
#define NUMERICS_TEXT_OF(version) NUMERICS_TEXT_OF_NUMBER(version)
#define NUMERICS_TEXT_OF_NUMBER(number) #number

/* What the files of a stage say they were made by, and must say when they are read: its key and the numerics version.
 */
struct made {
  struct metadata pairs[2];
};
struct made stage_made(const struct stage *stage);

/* The hash of everything that decides a stage's results. References' stages have theirs already. */
int stage_key(struct stage *stage);
/* Does a key of this stage's own tables leave its results as they are, so that it is not in the hash? */
int key_leaves_out(const struct stage *stage, const char *option);
/* The resolved values as JSON, for stage.json. NULL when memory is out. */
json_t *stage_describe(const struct stage *stage);

#endif
