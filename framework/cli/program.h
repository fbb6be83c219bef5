/* cli/program.h: runs another program, as those of a batch system. */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "base/memory.h"

/* Runs argv[0], found by PATH, with `input` on its standard input, and waits for it. *output: what it printed, in the
 * arena. STRAIT_ENOENT where it is not there; STRAIT_EIO with what it said on standard error where it fails. */
int program_run(struct arena *arena, const char *const *argv, const char *input, const char **output);

#endif
