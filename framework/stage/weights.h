/* stage/weights.h: from references and routes to weights in memory, read from the folders of finished stages. */
#ifndef STAGE_WEIGHTS_H
#define STAGE_WEIGHTS_H

#include "landscape/path.h"
#include "stage/session.h"
#include "train/snapshot.h"

/* How many weights a reference stands for: the members for NAME[*], else 1. */
int reference_count(const struct session *session, const struct reference *reference, int64_t *count);
/* Number `index` of them, into theta (and, unless NULL, statistics) of the network's layouts. */
int reference_load(const struct session *session, const struct reference *reference, int64_t index,
                   const struct network *network, float *theta, float *statistics);
/* A state to train on from: weights, statistics, and momentum, iteration and updates where the reference is a moment of
 * a training (else zero). The snapshot has one control point. */
int reference_load_state(const struct session *session, const struct reference *reference,
                         const struct network *network, struct snapshot *snapshot);

/* The names of references in full: NAME[*] becomes NAME[0], NAME[1], ... in the arena. */
struct weights_name {
  const struct reference *reference;
  int64_t index;
  const char *text;
};
int references_expand(const struct session *session, struct reference *const *references, size_t count,
                      struct arena *arena, struct weights_name **names, size_t *expanded);

/* A route with its control points in memory. */
struct loaded_path {
  struct path path;
  strait_object *curve;
  float **theta, **statistics;
};
int route_load(const struct session *session, const struct route *route, const struct network *network,
               struct loaded_path *loaded);
void route_unload(struct loaded_path *loaded); /* zeroed: nothing */
/* The control points of a connect stage's curve alone: number i's file in its folder. */
char *control_file(const struct session *session, const struct stage *connect, int point, struct arena *arena);

#endif
