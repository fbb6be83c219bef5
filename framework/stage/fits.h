/* stage/fits.h: whether an experiment can run on this machine. */
#ifndef STAGE_FITS_H
#define STAGE_FITS_H

#include "stage/session.h"

/* Refuses, STRAIT_EINVAL, an experiment of which a stage that is still to do needs more memory than the machine, or
 * this process's limit, gives, or whose results take more disk than is free where they go. jobs: stages at a time.
 * only: this stage alone; NULL: all. */
int experiment_fits(const struct session *session, const struct experiment *experiment, const char *only, int jobs);

#endif
