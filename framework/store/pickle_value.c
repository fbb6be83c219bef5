/* store/pickle_value.c: what readers of pickles ask of values and of text from a file. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "store/pickle.h"

const char *pickle_type_name(const struct pickle_value *value) {
  static const char *const names[] = {"None",  "bool",  "int",  "int",  "float", "str",
                                      "bytes", "tuple", "list", "dict", "name",  "tensor"};
  if (value->type == PICKLE_OPAQUE)
    return value->text;
  return value->type < sizeof names / sizeof *names ? names[value->type] : "mark";
}

int pickle_is_text(const struct pickle_value *value, const char *text) {
  return value->type == PICKLE_STRING && value->length == strlen(text) && !memcmp(value->text, text, value->length);
}

#define LONGEST_QUOTE 100
const char *pickle_quote(struct arena *arena, const char *text, size_t length) {
  char quoted[4 * LONGEST_QUOTE + 4];
  size_t used = 0;
  for (size_t i = 0; i < length && i < LONGEST_QUOTE; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= ' ' && c <= '~' && c != '\\')
      quoted[used++] = (char)c;
    else
      used += (size_t)snprintf(quoted + used, sizeof quoted - used, "\\x%02x", c);
  }
  return arena_format(arena, "%.*s%s", (int)used, quoted, length > LONGEST_QUOTE ? "..." : "");
}
