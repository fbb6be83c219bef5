/* store/pickle_value.c: what readers of pickles ask of values and of text from a file. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "store/pickle.h"

/* The length of the UTF-8 sequence at s, of n bytes; 0: none. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  static const struct {
    unsigned char first, last, low, high; /* of the first byte, and of the second */
    size_t length;
  } forms[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
               {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
               {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (s[0] < forms[i].first || s[0] > forms[i].last)
      continue;
    if (n < forms[i].length || (forms[i].length > 1 && (s[1] < forms[i].low || s[1] > forms[i].high)))
      return 0;
    for (size_t k = 2; k < forms[i].length; k++)
      if (s[k] < 0x80 || s[k] > 0xbf)
        return 0;
    return forms[i].length;
  }
  return 0;
}

int pickle_is_utf8(const char *text, size_t length) {
  const unsigned char *s = (const unsigned char *)text;
  for (size_t i = 0, n; i < length; i += n)
    if (!(n = utf8_length(s + i, length - i)))
      return 0;
  return 1;
}

const char *pickle_type_name(const struct pickle_value *value) {
  static const char *const names[] = {"None",  "bool",  "int",  "int",  "float", "str",
                                      "bytes", "tuple", "list", "dict", "name",  "tensor"};
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
