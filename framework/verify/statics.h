/* verify/statics.h: memory of a plugin that calls leave alone, as bytes: its static variables, which every instance and
 * thread shares and a new process does not have; an instance, and what it has from strait_alloc. */
#ifndef VERIFY_STATICS_H
#define VERIFY_STATICS_H

#include <stddef.h>
#include <strait/types.h>

struct statics {
  struct piece {
    char *at;
    size_t bytes;
  } * piece;
  size_t pieces, capacity;
  int status; /* of gathering them */
  char *copy; /* of all pieces, one after another */
  size_t bytes;
};

/* Copies the static variables of the shared object that `inside`, one of its functions, lies in; and an instance with
 * its memory (NULL: none), unless that is large. A status. */
int statics_keep(struct statics *statics, const void *inside, const strait_object *object);
/* How many bytes differ from the copy. */
size_t statics_changed(const struct statics *statics);
/* Puts the copy back: without an instance's memory in it, as if the process were new. */
void statics_restore(const struct statics *statics);
void statics_free(struct statics *statics);

#endif
