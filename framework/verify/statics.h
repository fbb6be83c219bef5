/* verify/statics.h: the static variables of a plugin, as bytes: those of its shared object that may be written to.
 * Every instance and every thread shares them, and a new process does not have them. */
#ifndef VERIFY_STATICS_H
#define VERIFY_STATICS_H

#include <stddef.h>

struct statics {
  struct {
    char *at;
    size_t bytes;
  } piece[4];
  int pieces;
  char *copy; /* of all pieces, one after another */
  size_t bytes;
};

/* Copies the static variables of the shared object that `inside`, one of its functions, lies in. A status. */
int statics_keep(struct statics *statics, const void *inside);
/* How many bytes differ from the copy. */
size_t statics_changed(const struct statics *statics);
/* Puts the copy back, as if the process were new. */
void statics_restore(const struct statics *statics);
void statics_free(struct statics *statics);

#endif
