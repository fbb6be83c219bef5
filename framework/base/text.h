/* base/text.h: strings: a growing buffer, numbers read strictly, lists, names and their nearest match. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/memory.h"

/* A growing string. Start from {0}; text.data is always NUL-terminated once something was added. A failed allocation is
 * sticky: the adds do nothing more, and text_status says so. */
struct text {
  char *data;
  size_t length, capacity;
  int status;
};
void text_add(struct text *text, const char *format, ...) STRAIT_PRINTF(2, 3);
void text_add_v(struct text *text, const char *format, va_list arguments) STRAIT_PRINTF(2, 0);
void text_add_n(struct text *text, const char *data, size_t length);
/* A word more on a command line, quoted where a shell would not read it back as it is. */
void text_add_word(struct text *line, const char *word);
void text_free(struct text *text);

/* The whole string is one decimal number: STRAIT_OK, or STRAIT_EINVAL with "not an integer", "not a number" (nan is
 * none), "not finite" (too large; a written inf is legal) or "too small" (not 0, but no double) recorded.
 * Locale-independent. Defined in number.c. */
int text_integer(const char *string, int64_t *value);
int text_number(const char *string, double *value);
/* The shortest decimal that reads back as the same double. buffer: 32 bytes. */
char *text_of_number(double value, char *buffer);

/* Splits at blanks. Parentheses hold an item together and stay in it: "a line(b, c) (64 64)" has three items. Quotation
 * marks do so too; those around a whole item are taken off. An item that begins with "file:" is a path, which goes on to
 * the first word that ends in .safetensors. The items are in the arena. STRAIT_EINVAL for a mark without its partner. */
int text_split(struct arena *arena, const char *string, char ***items, size_t *count);

/* The bytes of the UTF-8 character that the n bytes at `string` begin with; 0: they begin with none. */
size_t text_utf8(const char *string, size_t n);
int text_is_utf8(const char *string, size_t n);
/* [a-z][a-z0-9-]*, at most 32 bytes. */
int text_is_name(const char *string);
/* The name nearest to `word` (edit distance at most 1 + length/3), or NULL. */
const char *text_nearest(const char *word, const char *const *names, size_t count);
int text_starts(const char *string, const char *prefix);
int text_ends(const char *string, const char *suffix);
/* Shell-like match: `*` any run of characters, `?` one. */
int text_matches(const char *pattern, const char *string);

#endif
