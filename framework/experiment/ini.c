/* experiment/ini.c: the INI reader: inih, and in front of it a reader that sees each line first.
 *
 * inih (releases 55 to 61) reports no empty section, passes on what is there twice, takes ':' for '=', ignores what
 * follows a ']', takes an indented line as one more value of the key above, keeps " # note" in a value, ends a line at
 * a NUL, and cuts section names at 49 bytes. Lines it takes up to 199 bytes: release 55 reads a longer one as two,
 * later ones drop its end, and a line of just 199 bytes without its newline makes them drop the next one. So next_line,
 * which feeds ini_parse_stream, checks each line and passes on only what inih takes as we mean it, long lines in
 * pieces; it also notes the sections and line numbers that inih does not pass to its handler. */
#include <config.h>

#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "experiment/ini.h"

#define LONGEST_SECTION 49 /* inih keeps this many bytes of what is between the brackets */
#define LARGEST_FILE (1 << 20)
/* Each name is compared with those before it: what is beyond these takes minutes and is no experiment. */
#define MOST_SECTIONS 20000
#define MOST_KEYS 1000 /* in a section */
#define MOST_FAULTS 100

struct parsing {
  struct ini *ini;
  const char *at, *end; /* the rest of the text */
  int line;             /* the number of the line that inih has in hand */
  int continues;        /* what inih has in hand belongs to the value of the key above */
  const char *rest;     /* what is left of a long line, and its length */
  size_t rest_length;
  const char *gap; /* the blanks between two pieces of a long line, and their number; NULL: a line of its own */
  size_t gap_length;
  int wanted, taken;                /* lines that inih should hand to take_value, and those that it did */
  char header[LONGEST_SECTION + 1]; /* the text between the last brackets */
  struct text list;                 /* the last key's value, where it went on in further lines */
  struct faults *faults;
  int skipping; /* the current section's head has a fault: its lines are left out */
  int lost;     /* the key above has a fault: so are the lines that continue its list */
  int status;   /* why reading stopped */
};

/* Notes a fault at the current line. */
static int fault(struct parsing *p, const char *format, ...) STRAIT_PRINTF(2, 3);
static int fault(struct parsing *p, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error_set_v(STRAIT_EINVAL, format, arguments);
  va_end(arguments);
  error_wrap("%s:%d", p->ini->file, p->line);
  if (p->faults->count == MOST_FAULTS)
    p->at = p->end; /* whatever this is, it is no experiment */
  p->status = faults_add(p->faults, p->line);
  return STRAIT_EINVAL;
}

/* Out of memory, or the like. */
static int failure(struct parsing *p) { return p->status = error_wrap("%s:%d", p->ini->file, p->line); }

static int is_blank(char c) { return c == ' ' || c == '\t'; }

static int check_characters(struct parsing *p, const char *line, size_t length) {
  const unsigned char *s = (const unsigned char *)line, *end = s + length;
  while (s < end) {
    size_t n = text_utf8((const char *)s, (size_t)(end - s));
    if (!n)
      return fault(p, "byte 0x%02x is not UTF-8; is this an experiment? If so, save it as UTF-8", *s);
    if ((*s < ' ' && *s != '\t') || *s == 0x7f)
      return fault(p, "a control character (byte 0x%02x); an experiment is plain text", *s);
    s += n;
  }
  return STRAIT_OK;
}

/* The length without a comment ('#' or ';' at the start or after a blank) and the blanks at the end. */
static size_t length_of_content(const char *line, size_t length) {
  for (size_t i = 0; i < length; i++)
    if ((line[i] == '#' || line[i] == ';') && (i == 0 || is_blank(line[i - 1])))
      length = i;
  while (length && is_blank(line[length - 1]))
    length--;
  return length;
}

static int same_section(const struct ini_section *a, const struct ini_section *b) {
  if (strcmp(a->verb, b->verb))
    return 0;
  return a->name && b->name ? !strcmp(a->name, b->name) : a->name == b->name;
}

static struct ini_section *current_section(struct parsing *p) {
  return p->ini->count ? &p->ini->sections[p->ini->count - 1] : NULL;
}

/* A list that went on in further lines becomes its key's value, once it is whole. */
static int finish_list(struct parsing *p) {
  struct ini_section *section = current_section(p);
  if (!section || !p->list.length)
    return p->status;
  section->settings[section->count - 1].value = arena_copy_n(p->ini->arena, p->list.data, p->list.length);
  p->list.length = 0;
  return section->settings[section->count - 1].value ? STRAIT_OK : failure(p);
}

static int add_section(struct parsing *p, const struct ini_section *section) {
  struct ini *ini = p->ini;
  if (finish_list(p))
    return p->status;
  if (ini->count == MOST_SECTIONS) {
    p->at = p->end;
    return fault(p, "more than %d sections", MOST_SECTIONS);
  }
  for (size_t i = 0; i < ini->count; i++)
    if (same_section(&ini->sections[i], section))
      return fault(p, "section [%s] appears twice, first in line %d; merge the two", p->header, ini->sections[i].line);
  if (memory_grow(&ini->sections, &ini->capacity, ini->count + 1, sizeof *ini->sections))
    return failure(p);
  ini->sections[ini->count++] = *section;
  return STRAIT_OK;
}

/* "[verb]" or "[verb name]", blanks around the words. */
static int take_header(struct parsing *p, const char *line) {
  const char *text = line + 1, *bracket = strchr(text, ']');
  if (!bracket)
    return fault(p, "\"%s\" has no ']' at its end", line);
  if (bracket[1])
    return fault(p, "\"%s\" follows the ']' of a section; put it in a line of its own", bracket + 1);
  size_t length = (size_t)(bracket - text);
  if (length > LONGEST_SECTION)
    return fault(p, "a section of more than %d bytes between its brackets; names have 32 at most", LONGEST_SECTION);
  memcpy(p->header, text, length);
  p->header[length] = '\0';

  char *words[2] = {NULL, NULL};
  size_t count = 0;
  for (const char *at = text; at < bracket;) {
    size_t blanks = strspn(at, " \t"), word = strcspn(at + blanks, " \t]");
    at += blanks;
    if (word && count == 2)
      return fault(p, "section [%s] has more than two words; write [verb name]", p->header);
    if (word && !(words[count++] = arena_copy_n(p->ini->arena, at, word)))
      return failure(p);
    at += word;
  }
  if (!count)
    return fault(p, "a section without a word in it; write [verb name]");
  return add_section(p,
                     &(struct ini_section){.verb = words[0], .name = words[1], .file = p->ini->file, .line = p->line});
}

static int check_setting(struct parsing *p, const char *line) {
  const char *equals = strchr(line, '='), *colon = strchr(line, ':');
  if (colon && (!equals || colon < equals))
    return fault(p, "\"%s\": a ':' where '=' is wanted; write KEY = VALUE", line);
  if (!equals)
    return fault(p, "\"%s\" has no '='; write KEY = VALUE", line);
  if (equals == line)
    return fault(p, "\"%s\" has no key in front of the '='; write KEY = VALUE", line);
  if (!p->ini->count)
    return fault(p, "\"%s\" stands before the first section; put it under [defaults]", line);
  return STRAIT_OK;
}

/* "include = FILE" before the first section, which inih does not see. 0: the line is another. */
static int take_include(struct parsing *p, const char *line) {
  struct ini *ini = p->ini;
  size_t blanks = text_starts(line, "include") ? strspn(line + 7, " \t") : 0;
  if (ini->count || !text_starts(line, "include") || line[7 + blanks] != '=')
    return 0;
  const char *file = line + 8 + blanks;
  file += strspn(file, " \t");
  if (!*file)
    fault(p, "include names no file; write include = FILE");
  else if (memory_grow(&ini->includes, &ini->include_capacity, ini->include_count + 1, sizeof *ini->includes))
    failure(p);
  else
    ini->includes[ini->include_count++] = (struct ini_include){file, p->line};
  return 1;
}

static int check_indented(struct parsing *p, const char *line) {
  const struct ini_section *section = current_section(p);
  line += strspn(line, " \t");
  if (strchr(line, '='))
    return fault(p, "\"%s\" is indented, but holds a '='; begin a key at the start of its line", line);
  if (*line == '[')
    return fault(p, "\"%s\" is indented; begin a section at the start of its line", line);
  if (!section || !section->count)
    return fault(p, "\"%s\" is indented, so it continues a list, but there is no key above it%s", line,
                 section ? " in this section" : "");
  return STRAIT_OK;
}

/* The longest piece of a line, of at most `most` bytes, that inih keeps whole: it would trim blanks at either end, take
 * a piece that begins with '#' or ';' as a comment, and a character of several bytes must not be cut. 0: there is none.
 */
static size_t length_of_piece(const char *line, size_t length, size_t most) {
  if (length <= most)
    return length;
  size_t n = most;
  while (n && (is_blank(line[n - 1]) || line[n] == '#' || line[n] == ';' || ((unsigned char)line[n] & 0xc0) == 0x80))
    n--;
  /* The key and its '=' stay together. */
  const char *equals = memchr(line, '=', length);
  return n && n >= (size_t)(equals && !is_blank(*line) ? equals - line + 1 : 0) ? n : 0;
}

/* Puts the next piece of the current line into inih's buffer: the first as it stands, later ones indented, so that inih
 * hands them on as further values. `size` is the buffer's. */
static char *next_piece(struct parsing *p, char *buffer, int size, int first) {
  const size_t whole = p->rest_length;
  size_t blanks = first ? 0 : strspn(p->rest, " \t");
  if (!first) {
    p->gap = p->rest;
    p->gap_length = blanks;
    p->rest += blanks;
    p->rest_length -= blanks;
    p->continues = 1;
  }
  /* One byte each for the indentation, the newline that inih wants at a line's end, and the end of the string; and one
   * less than inih takes for a full buffer. */
  size_t length = length_of_piece(p->rest, p->rest_length, (size_t)size - 4);
  if (!length) {
    p->rest_length = 0;
    p->lost = 1;
    fault(p,
          "a line of %zu bytes with no place to divide it for inih: its key is too long, or it repeats '#' or ';'; is "
          "this an experiment?",
          whole);
    return p->status ? NULL : strcpy(buffer, "\n");
  }
  snprintf(buffer, (size_t)size, "%s%.*s\n", first ? "" : " ", (int)length, p->rest);
  p->rest += length;
  p->rest_length -= length;
  p->wanted += *buffer != '[';
  return buffer;
}

/* The line without its comment, when inih shall see it: not when nothing is left of it, when it has a fault, or when it
 * belongs to a section or a key that has one. */
static const char *content_of(struct parsing *p, const char *line, size_t length) {
  const int head = length && *line == '[', indented = length && is_blank(*line);
  char *content = NULL;
  int status = check_characters(p, line, length);
  if (!status && !(length = length_of_content(line, length)))
    return NULL;
  if (!status && !(content = arena_copy_n(p->ini->arena, line, length)))
    status = failure(p);
  if (head)
    p->skipping = status || take_header(p, content);
  if (head || p->skipping)
    return p->skipping ? NULL : content;
  if (!status && !indented && take_include(p, content))
    return NULL;
  if (!indented)
    p->lost = status || (status = check_setting(p, content));
  else if (!p->lost && !status)
    status = check_indented(p, content);
  if (status && p->ini->count)
    current_section(p)->damaged = 1;
  p->continues = indented;
  return status || p->lost ? NULL : content;
}

/* inih's ini_reader, like fgets: the next line that inih shall see, without comments; NULL at the end or at a fault. */
static char *next_line(char *buffer, int size, void *stream) {
  struct parsing *p = stream;
  if (!p->status && p->rest_length)
    return next_piece(p, buffer, size, 0);
  if (p->status || p->at == p->end)
    return NULL;
  const char *line = p->at, *newline = memchr(line, '\n', (size_t)(p->end - line));
  size_t length = (size_t)((newline ? newline : p->end) - line);
  p->at = newline ? newline + 1 : p->end;
  p->line++;
  p->continues = 0;
  p->gap = NULL;
  if (newline && length && line[length - 1] == '\r')
    length--;
  const char *content = content_of(p, line, length);
  if (!content)
    return p->status ? NULL : strcpy(buffer, "\n");
  p->rest = content;
  p->rest_length = strlen(content);
  return next_piece(p, buffer, size, 1);
}

static int add_setting(struct parsing *p, struct ini_section *section, const char *key, const char *value) {
  if (finish_list(p))
    return p->status;
  if (section->count == MOST_KEYS)
    return fault(p, "more than %d keys in [%s]", MOST_KEYS, p->header);
  for (size_t i = 0; i < section->count; i++)
    if (!strcmp(section->settings[i].key, key))
      return fault(p, "%s is set twice in [%s]; the first is in line %d: remove one", key, p->header,
                   section->settings[i].line);
  struct ini_setting setting = {arena_copy(p->ini->arena, key), arena_copy(p->ini->arena, value), p->ini->file,
                                p->line};
  if (!setting.key || !setting.value ||
      memory_grow(&section->settings, &section->capacity, section->count + 1, sizeof setting))
    return failure(p);
  section->settings[section->count++] = setting;
  return STRAIT_OK;
}

static int extend_setting(struct parsing *p, struct ini_section *section, const char *value) {
  if (!p->list.length)
    text_add(&p->list, "%s", section->settings[section->count - 1].value);
  if (p->gap)
    text_add(&p->list, "%.*s%s", p->list.length ? (int)p->gap_length : 0, p->gap, value);
  else
    text_add(&p->list, "%s%s", p->list.length ? " " : "", value);
  return p->list.status ? failure(p) : STRAIT_OK;
}

/* inih's ini_handler: one line that is no header. 0 is a failure. */
static int take_value(void *user, const char *header, const char *key, const char *value) {
  struct parsing *p = user;
  struct ini_section *section = current_section(p);
  if (p->status)
    return 0;
  p->taken++;
  if (p->lost)
    return 1;
  if (!section || strcmp(header, p->header))
    return p->status = error_set(STRAIT_EBUG, "%s:%d: inih is in section [%s] instead of [%s]", p->ini->file, p->line,
                                 header, p->header),
           0;
  if (p->continues)
    extend_setting(p, section, value);
  else
    section->damaged |= p->lost = add_setting(p, section, key, value) != STRAIT_OK;
  return p->status == STRAIT_OK;
}

static int parse(struct ini *ini, const char *text, size_t length, struct faults *faults) {
  struct parsing p = {.ini = ini, .at = text, .end = text + length, .faults = faults};
  if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* the byte order mark that some editors write */
    p.at += 3;
  int result = ini_parse_stream(next_line, &p, take_value, &p);
  if (!p.status)
    finish_list(&p);
  text_free(&p.list);
  if (p.status)
    return p.status;
  if (result || p.taken != p.wanted)
    return error_set(STRAIT_EBUG, "%s:%d: inih took %d of %d lines", ini->file, result, p.taken, p.wanted);
  if (!ini->count && !ini->include_count && !faults->count)
    return error_set(STRAIT_EINVAL, "%s: no section in it; an experiment has at least one, as [train a]", ini->file);
  return STRAIT_OK;
}

int ini_text(struct ini **result, const char *file, const char *text, size_t length, struct faults *faults) {
  struct ini *ini = memory_alloc(1, sizeof *ini);
  int status;
  *result = NULL;
  if (!ini || !(ini->arena = arena_create()) || !(ini->file = arena_copy(ini->arena, file)))
    status = error_wrap("%s", file);
  else
    status = parse(ini, text, length, faults);
  if (status)
    ini_free(ini);
  else
    *result = ini;
  return status;
}

int ini_read(struct ini **ini, const char *path, struct faults *faults) {
  char *text;
  size_t length;
  *ini = NULL;
  int status = file_read(path, LARGEST_FILE, &text, &length);
  if (status)
    return status;
  status = ini_text(ini, path, text, length, faults);
  memory_free(text);
  return status;
}

void ini_free(struct ini *ini) {
  if (!ini)
    return;
  for (size_t i = 0; i < ini->count; i++)
    memory_free(ini->sections[i].settings);
  memory_free(ini->sections);
  memory_free(ini->includes);
  arena_free(ini->arena);
  memory_free(ini);
}
