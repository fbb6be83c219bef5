/* data/sweep.h: finds the samples that cannot be read, a block at a time, on all CPUs: for data sets whose samples are
 * files to decode, where `broken = skip` must look at each. */
#ifndef DATA_SWEEP_H
#define DATA_SWEEP_H

#include "data/source.h"

#define SWEEP_BLOCK 256 /* samples looked at together */

struct sweep;
int sweep_create(struct sweep **sweep, const struct source *source, int which);
void sweep_free(struct sweep *sweep); /* NULL is nothing */
/* Can sample `index` be read? Asked for ascending indices; a new block is read when one is reached. */
int sweep_readable(struct sweep *sweep, int64_t index);

#endif
