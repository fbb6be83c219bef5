/* experiment/compose.h: an experiment file with the files that it includes, and the variables of [set]. */
#ifndef EXPERIMENT_COMPOSE_H
#define EXPERIMENT_COMPOSE_H

#include "experiment/ini.h"
#include "experiment/settings.h"

/* Reads a file and, before it, those that its "include = FILE" lines name, relative to its own folder, and theirs in
 * turn. Sections of one head are one section; of a key that several files set the including file's value holds, and of
 * two included ones the later's. A file that is not there, or that leads back to itself, is a fault, which names file
 * and line. */
int compose_read(struct ini **ini, const char *path, struct faults *faults);

/* The text with each ${NAME} replaced by that variable's value, in which others may stand; "$${" is "${". The result is
 * in the arena, or the text itself. NULL: no such variable, one that leads back to itself, or no memory. */
const char *compose_expand(struct arena *arena, const struct settings *variables, const char *text);

#endif
