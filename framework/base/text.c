/* base/text.c: the growing string, and reading and matching of words. Numbers are in number.c. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

void text_add_n(struct text *text, const char *data, size_t length) {
  if (text->status)
    return;
  if (length >= PTRDIFF_MAX - text->length) {
    text->status = error_set(STRAIT_ENOMEM, "out of memory (a text of %zu bytes more)", length);
    return;
  }
  text->status = memory_grow(&text->data, &text->capacity, text->length + length + 1, 1);
  if (text->status)
    return;
  if (length)
    memcpy(text->data + text->length, data, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void text_add_v(struct text *text, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (!text->status && length < 0)
    text->status = error_set(STRAIT_EBUG, "cannot format \"%s\"", format);
  if (!text->status)
    text->status = memory_grow(&text->data, &text->capacity, text->length + (size_t)length + 1, 1);
  if (!text->status) {
    vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
    text->length += (size_t)length;
  }
  va_end(again);
}

void text_add(struct text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  text_add_v(text, format, arguments);
  va_end(arguments);
}

void text_add_word(struct text *line, const char *word) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  text_add(line, "%s", line->length ? " " : "");
  if (*word && strspn(word, safe) == strlen(word)) {
    text_add(line, "%s", word);
    return;
  }
  text_add(line, "'");
  for (const char *c = word; *c; c++)
    if (*c == '\'')
      text_add(line, "'\\''");
    else
      text_add_n(line, c, 1);
  text_add(line, "'");
}

void text_free(struct text *text) {
  memory_free(text->data);
  *text = (struct text){0};
}

static int is_blank(char c) { return c == ' ' || c == '\t'; }

/* The byte behind the item that starts at `at`. *alone: the mark in it that has no partner, else as it was. */
static const char *end_of_item(const char *at, char *alone) {
  int depth = 0, quoted = 0;
  const char *c = at;
  for (; *c && (quoted || depth > 0 || !is_blank(*c)); c++) {
    if (*c == '"')
      quoted = !quoted;
    else if (!quoted && *c == '(')
      depth++;
    else if (!quoted && *c == ')' && --depth < 0)
      break;
  }
  if (quoted || depth)
    *alone = quoted ? '"' : depth > 0 ? '(' : ')';
  return c;
}

/* A path behind "file:" may hold blanks: it ends with the first of its words that ends in .safetensors. Where none
 * does, it is the first word. */
static const char *end_of_path(const char *at, const char *first_end) {
  static const char suffix[] = ".safetensors";
  const size_t length = sizeof suffix - 1;
  for (const char *end = first_end;;) {
    if ((size_t)(end - at) > length && !strncmp(end - length, suffix, length))
      return end;
    const char *word = end + strspn(end, " \t");
    if (!*word || text_starts(word, "file:"))
      return first_end;
    end = word + strcspn(word, " \t");
  }
}

/* Copies the next item, and moves *at behind it; NULL at the end, and when memory is out. */
static char *next_item(struct arena *arena, const char **at, char *alone) {
  const char *start = *at + strspn(*at, " \t");
  if (!*start)
    return NULL;
  const char *end = end_of_item(start, alone);
  if (text_starts(start, "file:"))
    end = end_of_path(start, end);
  *at = end;
  int quotes = *start == '"' && end - start > 1 && memchr(start + 1, '"', (size_t)(end - start - 1)) == end - 1;
  return arena_copy_n(arena, start + quotes, (size_t)(end - start - 2 * quotes));
}

int text_split(struct arena *arena, const char *string, char ***items, size_t *count) {
  size_t most = strlen(string) / 2 + 1, n = 0;
  char alone = 0;
  *items = arena_alloc(arena, most, sizeof **items);
  if (!*items)
    return STRAIT_ENOMEM;
  for (const char *at = string; at[strspn(at, " \t")] && !alone; n++)
    if (!((*items)[n] = next_item(arena, &at, &alone)))
      return STRAIT_ENOMEM;
  if (alone == '"')
    return error_set(STRAIT_EINVAL, "\"%s\": a quotation mark without a second one", string);
  if (alone)
    return error_set(STRAIT_EINVAL, "\"%s\": a \"%c\" without its \"%c\"", string, alone, alone == '(' ? ')' : '(');
  *count = n;
  return STRAIT_OK;
}

size_t text_utf8(const char *string, size_t n) {
  static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *s = (const unsigned char *)string;
  size_t length = !n ? 0 : *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
  if (length < 2)
    return length;
  if (n < length)
    return 0;
  unsigned code = *s & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80)
      return 0;
    code = code << 6 | (s[i] & 0x3f);
  }
  return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

int text_is_utf8(const char *string, size_t n) {
  for (size_t i = 0, length; i < n; i += length)
    if (!(length = text_utf8(string + i, n - i)))
      return 0;
  return 1;
}

int text_is_name(const char *string) {
  size_t length = strlen(string);
  return length >= 1 && length <= 32 && string[0] >= 'a' && string[0] <= 'z' &&
         strspn(string, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

#define LONGEST_WORD 96 /* what is longer has no nearest name */

/* Levenshtein's distance: insertions, deletions and substitutions count 1; and so do two letters that changed places.
 */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t row[3][LONGEST_WORD + 1]; /* of the prefix of a, and of those one and two letters shorter */
  size_t *now = row[0], *before = row[1], *earlier = row[2];
  for (size_t j = 0; j <= b_length; j++)
    now[j] = j;
  for (size_t i = 1; i <= a_length; i++) {
    size_t *spare = earlier;
    earlier = before, before = now, now = spare;
    now[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
      size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
      if (before[j] + 1 < best)
        best = before[j] + 1;
      if (now[j - 1] + 1 < best)
        best = now[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
        best = earlier[j - 2] + 1;
      now[j] = best;
    }
  }
  return now[b_length];
}

const char *text_nearest(const char *word, const char *const *names, size_t count) {
  size_t length = strlen(word), best = 2 + length / 3;
  const char *nearest = NULL;
  if (length > LONGEST_WORD)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    size_t name_length = strlen(names[i]);
    if (name_length > LONGEST_WORD)
      continue;
    size_t d = distance(word, length, names[i], name_length);
    /* A distance of the whole length shares no letter with the word. */
    if (d < best && d < (length > name_length ? length : name_length)) {
      best = d;
      nearest = names[i];
    }
  }
  return nearest;
}

int text_starts(const char *string, const char *prefix) { return strncmp(string, prefix, strlen(prefix)) == 0; }

int text_ends(const char *string, const char *suffix) {
  size_t length = strlen(string), tail = strlen(suffix);
  return length >= tail && memcmp(string + length - tail, suffix, tail) == 0;
}

int text_matches(const char *pattern, const char *string) {
  const char *star = NULL, *retry = NULL; /* the last '*', and where its run ends so far */
  while (*string) {
    if (*pattern == '*') {
      star = pattern++;
      retry = string;
    } else if (*pattern == '?' || *pattern == *string) {
      pattern++;
      string++;
    } else if (star) {
      pattern = star + 1;
      string = ++retry;
    } else {
      return 0;
    }
  }
  while (*pattern == '*')
    pattern++;
  return !*pattern;
}
