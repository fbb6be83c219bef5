/* report/sheet.c: headings, tables and sentences as plain text or as HTML. */
#include "report/sheet.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/screen.h"
#include "base/text.h"
#include "report/html.h"

#define WIDTH 112 /* characters of a line of text, at most */

/* Words in lines of at most so many characters, with blanks in front. */
static void break_lines(FILE *to, const char *words, int width, int indent) {
  while (*words) {
    size_t cut = screen_bytes(words, width - indent);
    while (words[cut] && cut > 0 && words[cut] != ' ')
      cut--;
    cut = cut ? cut : strcspn(words, " ");
    fprintf(to, "%*s%.*s\n", indent, "", (int)cut, words);
    words += cut;
    words += strspn(words, " ");
  }
}

static void wrap(FILE *to, const char *words) {
  const int screen = screen_columns(to);
  break_lines(to, words, screen && screen < WIDTH ? screen : WIDTH, 2);
}

/* A sentence, formed by the caller: as HTML between two tags, as plain text by `plain`. */
static void write_sentence(struct sheet *s, const char *before, const char *after, void (*plain)(FILE *, const char *),
                           struct text *text) {
  if (text->data && s->html) {
    fputs(before, s->to);
    html_text(s->to, text->data);
    fputs(after, s->to);
  } else if (text->data)
    plain(s->to, text->data);
  text_free(text);
}

static void stand_alone(FILE *to, const char *text) {
  const int screen = screen_columns(to);
  fputs("\n", to);
  break_lines(to, text, screen ? screen : INT_MAX, 0);
}
static void warn(FILE *to, const char *text) {
  struct text marked = {0};
  text_add(&marked, "warning: %s", text);
  wrap(to, marked.data ? marked.data : text);
  text_free(&marked);
}

static struct text form(const char *format, va_list arguments) {
  struct text text = {0};
  text_add_v(&text, format, arguments);
  return text;
}

void sheet_heading(struct sheet *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  struct text text = form(format, arguments);
  va_end(arguments);
  write_sentence(s, "<h2>", "</h2>\n", stand_alone, &text);
}

void sheet_note(struct sheet *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  struct text text = form(format, arguments);
  va_end(arguments);
  write_sentence(s, "<p class=\"note\">", "</p>\n", wrap, &text);
}

void sheet_warning(struct sheet *s, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  struct text text = form(format, arguments);
  va_end(arguments);
  write_sentence(s, "<p class=\"warning\"><b>Warning</b> ", "</p>\n", warn, &text);
}

int sheet_table(struct sheet *s, const struct table *table) {
  return s->html ? table_html(table, s->to) : table_print(table, s->to, 2);
}

int sheet_end(struct sheet *s, const char *stage) { return s->add ? s->add(s->context, s, stage) : STRAIT_OK; }
