/* stage/session.h: what all stages of one process share: plugins, threads, the device, where results go, and the data
 * and networks that are open. */
#ifndef STAGE_SESSION_H
#define STAGE_SESSION_H

#include "compute/device.h"
#include "compute/team.h"
#include "stage/material.h"
#include "stage/progress.h"

struct session {
  struct registry *registry; /* borrowed */
  struct team *team;
  struct device *device;
  const char *out;                 /* the folder that holds the stages' folders; borrowed */
  const struct progress *progress; /* NULL: nobody watches; borrowed */
  struct materials *materials;
  int any_aside; /* it held results that were set aside when the session began */
  int wait_lock; /* 1: wait for a stage that another process is at work on */
  int recorded;  /* experiment.json tells of this experiment */
};
/* device: its name; NULL: the CPU. threads: 0 for what team_count says. */
int session_create(struct session **session, struct registry *registry, const char *device, int threads,
                   const char *out, const struct progress *progress);
void session_free(struct session *session); /* NULL is nothing */

/* The stage's folder in the arena. */
char *stage_folder(const struct session *session, const struct stage *stage, struct arena *arena);

#endif
