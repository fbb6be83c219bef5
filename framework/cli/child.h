/* cli/child.h: strait itself, started again as a child process with hidden arguments: what a plugin may do there harms
 * nobody. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <sys/types.h>

#define CHILD_REPORT 3 /* where a child with a report finds it */

struct child {
  pid_t pid;
  int output; /* what it prints: a pipe; with a report a file, so that nothing it prints waits for us */
  int report; /* what it writes to CHILD_REPORT; -1: it has none */
};
/* Without a report only its standard output is read; with one, its standard error too, and it has nothing to read. */
int child_start(struct child *child, const char *const *arguments, int report);
/* Waits for its end; kill: ends it first. The status of waitpid. */
int child_wait(struct child *child, int kill);
void child_close(struct child *child); /* the pipes, and the file */

#endif
