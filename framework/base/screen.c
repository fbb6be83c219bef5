/* base/screen.c: asks the terminal, counts characters. */
#include <config.h>

#include "base/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST 20 /* of a terminal that says it is narrower, nothing is believed */
#define MOST 10000

int screen_columns(FILE *to) {
  struct winsize size;
  const char *wanted = getenv("COLUMNS");
  if (isatty(fileno(to)) && !ioctl(fileno(to), TIOCGWINSZ, &size) && size.ws_col >= LEAST)
    return size.ws_col;
  const long columns = wanted ? strtol(wanted, NULL, 10) : 0;
  return columns >= LEAST && columns <= MOST ? (int)columns : 0;
}

int screen_width(const char *text, size_t bytes) {
  int n = 0;
  for (size_t i = 0; i < bytes; i++)
    n += (text[i] & 0xc0) != 0x80;
  return n;
}

size_t screen_bytes(const char *text, int columns) {
  size_t bytes = 0;
  for (; text[bytes]; bytes++)
    if ((text[bytes] & 0xc0) != 0x80 && columns-- <= 0)
      break;
  return bytes;
}

void screen_shorten(const char *text, int columns, char *shortened, size_t size) {
  const int width = screen_width(text, strlen(text));
  if (width <= columns)
    snprintf(shortened, size, "%s", text);
  else if (columns < 4)
    snprintf(shortened, size, "%.*s", (int)screen_bytes(text, columns), text);
  else {
    const int last = (columns - 2) / 2, first = columns - 2 - last;
    snprintf(shortened, size, "%.*s..%s", (int)screen_bytes(text, first), text,
             text + screen_bytes(text, width - last));
  }
}
