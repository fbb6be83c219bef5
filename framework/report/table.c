/* report/table.c: text in aligned columns. Widths count characters, not bytes. */
#include "report/table.h"

#include <string.h>

#include "base/error.h"
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

/* Characters of UTF-8 text. */
static int width(const char *text) {
  int n = 0;
  for (; *text; text++)
    n += (*text & 0xc0) != 0x80;
  return n;
}

static void add_cell(struct table *t, const char *text) {
  if (!t->status)
    t->status = memory_grow(&t->cell, &t->capacity, t->count + 1, sizeof *t->cell);
  if (t->status)
    return;
  int *widest = &t->widest[t->count % t->columns], wide = text ? width(text) : 0;
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

static void print_cell(const struct table *t, FILE *to, size_t i) {
  size_t column = i % t->columns;
  int wide = t->widest[column], pad = t->cell[i] ? wide - width(t->cell[i]) : 0, last = column + 1 == t->columns;
  if (!t->cell[i]) {
    for (int k = 0; k < wide; k++)
      fputc('-', to);
  } else if (t->alignment[column] == 'r') {
    fprintf(to, "%*s%s", pad, "", t->cell[i]);
  } else {
    fprintf(to, "%s%*s", t->cell[i], last ? 0 : pad, "");
  }
  fputs(last ? "\n" : "  ", to);
}

int table_print(const struct table *t, FILE *to, int indent) {
  if (t->status)
    return t->status;
  for (size_t i = 0; i < t->count; i++) {
    if (i % t->columns == 0)
      fprintf(to, "%*s", indent, "");
    print_cell(t, to, i);
  }
  return STRAIT_OK;
}

static size_t head_rows(const struct table *t) {
  for (size_t i = 0; i < t->count; i += t->columns)
    if (!t->cell[i])
      return i / t->columns;
  return 0;
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
