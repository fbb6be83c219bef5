/* base/screen.h: how much text fits side by side where people read it. */
#ifndef BASE_SCREEN_H
#define BASE_SCREEN_H

#include <stdio.h>

/* The characters of a line: of the terminal that `to` is, else what COLUMNS says. 0: no limit, as in a file or a pipe
 * where COLUMNS is not set. */
int screen_columns(FILE *to);

/* The characters in so many bytes of UTF-8 text; the bytes that its first `columns` characters take. */
int screen_width(const char *text, size_t bytes);
size_t screen_bytes(const char *text, int columns);
/* The text in at most `columns` characters: what is left out of its middle stands as "..". Cut off where size bytes
 * don't hold it. */
void screen_shorten(const char *text, int columns, char *shortened, size_t size);

#endif
