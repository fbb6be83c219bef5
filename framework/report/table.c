/* report/table.c: text in aligned columns. Widths count characters, not bytes. Where a table is wider than the screen,
 * heads and names are broken into lines; where that is not enough, the columns stand in blocks below each other, each
 * block beside the columns that name the rows. */
#include "report/table.h"

#include <string.h>

#include "base/error.h"
#include "base/screen.h"
#include "report/html.h"

struct table {
  struct arena *arena;
  const char *alignment;
  size_t columns;
  int *widest;       /* cell of each column */
  const char **cell; /* NULL in a row's first cell: a rule */
  size_t count, capacity;
  int status;
};

struct table *table_create(const char *alignment) {
  struct table *t = memory_alloc(1, sizeof *t);
  if (!t)
    return NULL;
  t->alignment = alignment;
  t->columns = strlen(alignment);
  t->arena = arena_create();
  t->widest = t->arena ? arena_alloc(t->arena, t->columns, sizeof *t->widest) : NULL;
  if (t->widest)
    return t;
  table_free(t);
  return NULL;
}

void table_free(struct table *t) {
  if (!t)
    return;
  memory_free(t->cell);
  arena_free(t->arena);
  memory_free(t);
}

static void add_cell(struct table *t, const char *text) {
  if (!t->status)
    t->status = memory_grow(&t->cell, &t->capacity, t->count + 1, sizeof *t->cell);
  if (t->status)
    return;
  int *widest = &t->widest[t->count % t->columns], wide = text ? screen_width(text, strlen(text)) : 0;
  *widest = wide > *widest ? wide : *widest;
  t->cell[t->count++] = text;
}

void table_add(struct table *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = arena_format_v(t->arena, format, arguments);
  va_end(arguments);
  if (!text)
    t->status = error_failure();
  else
    add_cell(t, text);
}

void table_end_row(struct table *t) {
  while (!t->status && t->count % t->columns)
    add_cell(t, "");
}

size_t table_columns(const struct table *t) { return t->columns; }

void table_rule(struct table *t) {
  table_end_row(t);
  for (size_t i = 0; i < t->columns; i++)
    add_cell(t, NULL);
}

static size_t head_rows(const struct table *t) {
  for (size_t i = 0; i < t->count; i += t->columns)
    if (!t->cell[i])
      return i / t->columns;
  return 0;
}

/* --- as text --- */

#define NAME_LEAST 16   /* characters of a line of a name that is broken */
#define BREAKS " ,=/()" /* a cell's line may end after one of these */
#define BETWEEN 2       /* blanks between columns */

/* How a table is printed. */
struct layout {
  const struct table *table;
  FILE *to;
  int indent, *wide; /* of each column */
  size_t keys;       /* the columns that name a row, in every block */
};

/* What stands on line n of a cell that is `wide` characters wide, *bytes of it. */
static const char *line_of(const char *text, int wide, int n, size_t *bytes) {
  for (;; n--) {
    const size_t most = screen_bytes(text, wide);
    size_t cut = most;
    while (text[most] && text[most] != ' ' && cut > 0 && !strchr(BREAKS, text[cut - 1]))
      cut--;
    *bytes = cut = cut ? cut : most;
    while (*bytes && text[*bytes - 1] == ' ')
      --*bytes;
    if (n <= 0)
      return text;
    text += cut;
    text += strspn(text, " ");
  }
}

static void print_cell(const struct layout *l, const char *cell, size_t column, int n, int last) {
  const int wide = l->wide[column];
  size_t bytes;
  for (int k = 0; !cell && k < wide; k++)
    fputc('-', l->to);
  if (cell) {
    const char *line = line_of(cell, wide, n, &bytes);
    const int pad = wide - screen_width(line, bytes);
    if (l->table->alignment[column] == 'r')
      fprintf(l->to, "%*s%.*s", pad, "", (int)bytes, line);
    else
      fprintf(l->to, "%.*s%*s", (int)bytes, line, last ? 0 : pad, "");
  }
  fputs(last ? "\n" : "  ", l->to);
}

/* Has any cell of the block a line n in this row? A block: the keys, and the columns from first to end. */
static int has_line(const struct layout *l, const char *const *row, size_t first, size_t end, int n) {
  int any = n == 0;
  for (size_t i = 0; i < end && !any; i = i + 1 == l->keys ? first : i + 1) {
    size_t bytes = 0;
    if (row[i])
      line_of(row[i], l->wide[i], n, &bytes);
    any = bytes > 0;
  }
  return any;
}

static void print_block(const struct layout *l, size_t first, size_t end) {
  const struct table *t = l->table;
  for (size_t at = 0; at < t->count; at += t->columns)
    for (int n = 0; has_line(l, t->cell + at, first, end, n); n++) {
      fprintf(l->to, "%*s", l->indent, "");
      for (size_t i = 0; i < end; i = i + 1 == l->keys ? first : i + 1)
        print_cell(l, t->cell[at + i], i, n, i + 1 == end);
    }
}

/* Characters of a line of all columns. */
static int total(const struct layout *l, const int *wide) {
  int sum = l->indent - BETWEEN;
  for (size_t i = 0; i < l->table->columns; i++)
    sum += wide[i] + BETWEEN;
  return sum;
}

/* The longest piece of a cell between two places where it may be broken. */
static int longest_piece(const char *cell) {
  int longest = 0;
  while (*cell) {
    size_t bytes = strcspn(cell, BREAKS);
    bytes += cell[bytes] && cell[bytes] != ' ';
    const int wide = screen_width(cell, bytes);
    longest = wide > longest ? wide : longest;
    cell += bytes;
    cell += strspn(cell, " ");
  }
  return longest;
}

/* As narrow as the columns may be: heads and names are broken, numbers are not. */
static void narrow(struct layout *l) {
  const struct table *t = l->table;
  const size_t head = head_rows(t);
  memset(l->wide, 0, t->columns * sizeof *l->wide);
  for (size_t i = 0; i < t->count; i++) {
    const size_t c = i % t->columns;
    int wide = 0;
    if (t->cell[i])
      wide = i / t->columns < head || t->alignment[c] == 'l' ? longest_piece(t->cell[i])
                                                             : screen_width(t->cell[i], strlen(t->cell[i]));
    if (t->alignment[c] == 'l' && wide > NAME_LEAST)
      wide = NAME_LEAST;
    l->wide[c] = wide > l->wide[c] ? wide : l->wide[c];
  }
}

/* Gives columns what is left of the room, up to their widest cell. */
static void widen(struct layout *l, size_t first, size_t end, int room) {
  for (size_t i = first; i < end && room > 0; i++) {
    const int more = l->table->widest[i] - l->wide[i], given = more < room ? more : room;
    l->wide[i] += given;
    room -= given;
  }
}

static void print_blocks(struct layout *l, int screen) {
  const size_t columns = l->table->columns;
  int key = l->indent;
  widen(l, 0, l->keys, screen / 4);
  for (size_t i = 0; i < l->keys; i++)
    key += l->wide[i] + BETWEEN;
  for (size_t first = l->keys, end; first < columns; first = end) {
    int room = screen - key - l->wide[first];
    for (end = first + 1; end < columns && room >= l->wide[end] + BETWEEN; end++)
      room -= l->wide[end] + BETWEEN;
    widen(l, first, end, room);
    if (first > l->keys)
      fputs("\n", l->to);
    print_block(l, first, end);
  }
}

int table_print(const struct table *t, FILE *to, int indent) {
  const int screen = screen_columns(to);
  const size_t key = strcspn(t->alignment, "l"); /* the first column with words in it ends those that name a row */
  if (t->status)
    return t->status;
  struct layout l = {.table = t, .to = to, .indent = indent, .keys = key + 1 < t->columns ? key + 1 : 1};
  l.wide = memory_alloc(t->columns, sizeof *l.wide);
  if (!l.wide)
    return error_failure();
  memcpy(l.wide, t->widest, t->columns * sizeof *l.wide);
  const int fits = !screen || total(&l, l.wide) <= screen;
  if (!fits)
    narrow(&l);
  const int spare = screen - total(&l, l.wide);
  if (!fits && spare >= 0)
    widen(&l, 0, t->columns, spare);
  if (fits || spare >= 0)
    print_block(&l, l.keys, t->columns);
  else
    print_blocks(&l, screen);
  memory_free(l.wide);
  return STRAIT_OK;
}

int table_html(const struct table *t, FILE *to) {
  size_t head = head_rows(t);
  if (t->status)
    return t->status;
  fputs("<div class=\"scroll\"><table>\n", to);
  for (size_t i = 0; i < t->count; i++) {
    size_t row = i / t->columns, column = i % t->columns;
    if (!t->cell[i])
      continue; /* the rule: CSS draws it */
    if (column == 0)
      fputs(row < head ? "<thead><tr>" : "<tr>", to);
    fprintf(to, "<t%c%s>", row < head ? 'h' : 'd', t->alignment[column] == 'r' ? " class=\"r\"" : "");
    html_text(to, t->cell[i]);
    fprintf(to, "</t%c>", row < head ? 'h' : 'd');
    if (column + 1 == t->columns)
      fputs(row < head ? "</tr></thead>\n" : "</tr>\n", to);
  }
  fputs("</table></div>\n", to);
  return STRAIT_OK;
}
