/* experiment/stages.h: the stages of an experiment, for those who make them and those who refer to them. */
#ifndef EXPERIMENT_STAGES_H
#define EXPERIMENT_STAGES_H

#include "experiment/experiment.h"

struct stage *experiment_stage(const struct experiment *experiment, const char *name); /* NULL when there is none */
/* The error that there is no stage of this name, with the nearest. */
int stages_none(const struct experiment *experiment, const char *name);
int experiment_add(struct experiment *experiment, struct stage *stage);
/* A place in stage->needs. */
int stage_need(struct stage *stage, struct stage *needed);
/* 1: it reads results of the other. */
int stage_needs(const struct stage *stage, const struct stage *other);
/* Finds where it takes model and data from: the first stage that it refers to. */
void stage_find_source(struct stage *stage);

/* Notes this thread's chain, which begins with the fault's place, as a fault of the experiment, so that reading can
 * continue: STRAIT_OK; or fails. */
int stages_fault(struct experiment *experiment);
/* Puts "FILE:LINE: [verb name] " in front of this thread's chain; with a key, its line and "key = value: ". */
int stage_fault(const struct stage *stage, const char *key);
/* The same for the place where a setting is written. */
int setting_fault(const struct setting *setting);

#endif
