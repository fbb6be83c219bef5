/* stage/material.h: the data and the network of a stage, shared by all stages that say the same. */
#ifndef STAGE_MATERIAL_H
#define STAGE_MATERIAL_H

#include "data/data.h"
#include "experiment/experiment.h"
#include "network/network.h"

struct material {
  struct data *data;
  struct network *network;
  const strait_object *model;
  char fingerprint[33]; /* the data's */
};

/* All that are open in a session. */
struct materials;
struct materials *materials_create(void);         /* NULL: no memory */
void materials_free(struct materials *materials); /* NULL is nothing */

/* Opens the stage's data and builds its network, or finds them open already; session's. */
struct session;
int material_find(struct session *session, const struct stage *stage, struct material **material);
/* Mini-batches per epoch of the stage's training; after material_find. */
int64_t stage_epoch(const struct stage *stage);

#endif
