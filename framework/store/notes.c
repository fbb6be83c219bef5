/* store/notes.c: a list of lines. */
#include "store/notes.h"

int note_add(struct notes *notes, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *line = arena_format_v(notes->arena, format, arguments);
  va_end(arguments);
  if (!line || memory_grow(&notes->line, &notes->capacity, notes->count + 1, sizeof *notes->line))
    return STRAIT_ENOMEM;
  notes->line[notes->count++] = line;
  return STRAIT_OK;
}

void notes_free(struct notes *notes) {
  memory_free(notes->line);
  *notes = (struct notes){.arena = notes->arena};
}
