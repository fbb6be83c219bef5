/* base/faults.h: several faults of one input, reported together in the order of its lines.
 *
 * A reader that finds a fault and can go on adds it and goes on; when it is done it reports what it has. */
#ifndef BASE_FAULTS_H
#define BASE_FAULTS_H

#include <stddef.h>

struct faults {
  struct fault *list;
  size_t count, capacity;
};
/* Moves this thread's error chain into the list; of several faults of one setting the first is kept. line: where the fault is, 0
 * when it is in no file. Returns STRAIT_OK, or, for a failure that is no fault of the input (memory is out, a file
 * cannot be read just now), its status; the chain then stays. */
int faults_add(struct faults *faults, int line);
/* STRAIT_OK when there are none. Else a failure: the chain is all faults, one per line, those without a line first. The
 * list is emptied. */
int faults_report(struct faults *faults);
void faults_free(struct faults *faults);

#endif
