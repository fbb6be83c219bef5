/* store/notes.h: what a conversion tells its user beside the result: one line each, in order. */
#ifndef STORE_NOTES_H
#define STORE_NOTES_H

#include "base/memory.h"

struct notes {
  struct arena *arena; /* where the lines live */
  const char **line;
  size_t count, capacity;
};
int note_add(struct notes *notes, const char *format, ...) STRAIT_PRINTF(2, 3);
void notes_free(struct notes *notes); /* not the arena */

#endif
