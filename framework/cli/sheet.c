/* cli/sheet.c: headings, tables and sentences as plain text or as HTML. */
#include "cli/sheet.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define WIDTH 110 /* of a line of text */

void html_text(FILE *to, const char *text) {
  for (; *text; text++)
    switch (*text) {
    case '&':
      fputs("&amp;", to);
      break;
    case '<':
      fputs("&lt;", to);
      break;
    case '>':
      fputs("&gt;", to);
      break;
    case '"':
      fputs("&quot;", to);
      break;
    default:
      fputc(*text, to);
    }
}

/* Words in lines of at most WIDTH bytes, two blanks in front. */
static void wrap(FILE *to, const char *words) {
  while (*words) {
    size_t length = strlen(words), cut = length;
    if (length > WIDTH)
      for (cut = WIDTH; cut > 0 && words[cut] != ' ';)
        cut--;
    cut = cut ? cut : strcspn(words, " ");
    fprintf(to, "  %.*s\n", (int)cut, words);
    words += cut;
    words += strspn(words, " ");
  }
}

static void write_text(struct sheet *s, const char *before, const char *text, const char *after) {
  fputs(before, s->to);
  html_text(s->to, text);
  fputs(after, s->to);
}

void sheet_heading(struct sheet *s, const char *format, ...) {
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_add_v(&text, format, arguments);
  va_end(arguments);
  if (text.data && s->html)
    write_text(s, "<h2>", text.data, "</h2>\n");
  else if (text.data)
    fprintf(s->to, "\n%s\n", text.data);
  text_free(&text);
}

void sheet_note(struct sheet *s, const char *format, ...) {
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_add_v(&text, format, arguments);
  va_end(arguments);
  if (text.data && s->html)
    write_text(s, "<p class=\"note\">", text.data, "</p>\n");
  else if (text.data)
    wrap(s->to, text.data);
  text_free(&text);
}

void sheet_warning(struct sheet *s, const char *format, ...) {
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_add(&text, "%s", s->html ? "" : "warning: ");
  text_add_v(&text, format, arguments);
  va_end(arguments);
  if (text.data && s->html)
    write_text(s, "<p class=\"warning\"><b>Warning</b> ", text.data, "</p>\n");
  else if (text.data)
    wrap(s->to, text.data);
  text_free(&text);
}

int sheet_table(struct sheet *s, const struct table *table) {
  return s->html ? table_html(table, s->to) : table_print(table, s->to, 2);
}

int sheet_end(struct sheet *s, const char *stage) { return s->add ? s->add(s->context, s, stage) : STRAIT_OK; }
