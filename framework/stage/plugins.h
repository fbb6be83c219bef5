/* stage/plugins.h: the plugins of a stage. */
#ifndef STAGE_PLUGINS_H
#define STAGE_PLUGINS_H

#include "experiment/experiment.h"

/* An instance of the stage's plugin of a kind; the caller's to object_free. */
int stage_object(const struct stage *stage, uint32_t kind, int64_t seed_offset, strait_object **object);
/* Control points of a connect stage's curve. */
int curve_points(const struct stage *stage, int *points);
/* Asks the stage's schedule whether it can serve a training of this many iterations. */
int schedule_check(const struct stage *stage, int64_t epoch_iterations, int64_t iterations);

#endif
