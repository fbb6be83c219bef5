/* data/sweep.h: finds the samples that cannot be read, a block at a time, on all CPUs: for data sets whose samples are
 * files to decode, where `broken = skip` must look at each. */
#ifndef DATA_SWEEP_H
#define DATA_SWEEP_H

#include "data/source.h"

#define SWEEP_BLOCK 256 /* samples looked at together */

struct sweep;
/* order: in which samples will be asked for; NULL: index order. */
int sweep_create(struct sweep **sweep, const struct source *source, int which, const int64_t *order);
void sweep_free(struct sweep *sweep); /* NULL is nothing */
/* Can the turn-th sample be read? Asked for ascending turns; a new block is read when one is reached. */
int sweep_readable(struct sweep *sweep, int64_t turn);

#endif
