/* tests/fuzz/targets.h: the readers of what comes from strangers, each behind one function that takes bytes. */
#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
  const char *name; /* its seeds are tests/fuzz/seeds/NAME-... */
  void (*feed)(const uint8_t *data, size_t size);
};
extern const struct fuzz_target fuzz_targets[];        /* ended by a NULL name */
const struct fuzz_target *fuzz_find(const char *name); /* or NULL */
void fuzz_begin(void); /* before the first feed: makes the folder that the targets work in */
void fuzz_end(void);   /* removes it */

#endif
