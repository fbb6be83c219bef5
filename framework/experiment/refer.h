/* experiment/refer.h: for verbs' refer(): from names in a stage's keys to stages. */
#ifndef EXPERIMENT_REFER_H
#define EXPERIMENT_REFER_H

#include "experiment/experiment.h"

/* Reads one name, finds its stage, adds it to the stage's lists. key is the key it is written in. */
int stage_refer(struct stage *stage, const char *key, const char *text, struct reference **reference);
int stage_route(struct stage *stage, const char *key, const char *text, struct route **route);
/* The same for verbs that take the path as it lies: a repaired line is refused. */
int stage_route_plain(struct stage *stage, const char *key, const char *text, struct route **route);
/* For verbs that read whole stages: the stage of this name as `stage` sees it. */
int stage_named(struct stage *stage, const char *name, struct stage **found);

#endif
