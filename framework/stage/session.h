/* stage/session.h: what all stages of one process share: plugins, threads, the device, where results go, and the data
 * and networks that are open. */
#ifndef STAGE_SESSION_H
#define STAGE_SESSION_H

#include "compute/device.h"
#include "compute/team.h"
#include "data/data.h"
#include "network/network.h"
#include "stage/experiment.h"
#include "stage/progress.h"

/* A stage's data and network; shared by all stages that say the same. */
struct material {
  struct data *data;
  struct network *network;
  const strait_object *model;
  char fingerprint[33]; /* the data's */
};

struct materials;
struct session {
  struct registry *registry; /* borrowed */
  struct team *team;
  struct device *device;
  const char *out;                 /* the folder that holds the stages' folders; borrowed */
  const struct progress *progress; /* NULL: nobody watches; borrowed */
  struct materials *materials;
  int recorded; /* experiment.json tells of this experiment */
};
/* threads: 0 for what team_count says. */
int session_create(struct session **session, struct registry *registry, int threads, const char *out,
                   const struct progress *progress);
void session_free(struct session *session); /* NULL is nothing */

/* Opens the stage's data and builds its network, or finds them open already; session's. */
int material_find(struct session *session, const struct stage *stage, struct material **material);

/* An instance of the stage's plugin of a kind; the caller's to object_free. */
int stage_object(const struct stage *stage, uint32_t kind, int64_t seed_offset, strait_object **object);
/* Mini-batches an epoch of the stage's training; after stage_prepare. */
int64_t stage_epoch(const struct stage *stage);
/* The stage's folder in the arena. */
char *stage_folder(const struct session *session, const struct stage *stage, struct arena *arena);

#endif
