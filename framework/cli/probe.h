/* cli/probe.h: opening a plugin in a child process, so that one that crashes or misbehaves harms nobody. */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <jansson.h>

#define PROBE_FLAG "--probe-plugin"

/* In the child: opens the file and prints what it is, as JSON; returns the exit code. */
int probe_plugin(const char *file);
/* In the parent: what a child said about the file. STRAIT_OK and a description {"kind", "name", "version", "summary"};
 * or a failure with its cause, crashes included. */
int probe(const char *file, json_t **description);

#endif
