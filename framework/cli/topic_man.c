/* cli/topic_man.c: what is described as roff: a manual page for a plugin, a section of one for a verb. */
#include "cli/topic.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "experiment/experiment.h" /* KINDS */

/* Text as roff reads it: backslashes, leading dots and quotes, and minus signs that can be copied. */
static void roff_n(const char *text, size_t length) {
  const char *end = text + length;
  if (length && (*text == '.' || *text == '\''))
    fputs("\\&", stdout);
  for (; text < end; text++) {
    if (*text == '\\')
      fputs("\\e", stdout);
    else if (*text == '-')
      fputs("\\-", stdout);
    else
      putchar(*text);
  }
}

static void roff(const char *text) { roff_n(text, strlen(text)); }

/* A line is a paragraph, but for lines that begin with a blank, which stand as they are. */
static void print_paragraphs(const char *text) {
  int display = 0;
  while (*text) {
    size_t length = strcspn(text, "\n");
    int shown = *text == ' ';
    if (shown != display)
      fputs(shown ? ".PP\n.RS 2\n.nf\n" : ".fi\n.RE\n", stdout);
    display = shown;
    if (length && !shown)
      printf(".PP\n");
    if (length) {
      size_t blanks = shown ? strspn(text, " ") : 0;
      for (size_t i = 2; i < blanks; i++)
        putchar(' ');
      roff_n(text + blanks, length - blanks);
      printf("\n");
    }
    text += length;
    text += *text == '\n';
  }
  if (display)
    fputs(".fi\n.RE\n", stdout);
}

static void print_option(const char *prefix, const strait_option *o) {
  struct text type = {0};
  topic_type(&type, o);
  printf(".TP\n\\fB");
  roff(prefix);
  roff(o->name);
  printf("\\fR");
  if (o->value && *o->value) { /* man would take what follows a bare "=" for the value */
    printf(" = ");
    roff(o->value);
  }
  printf("\n");
  roff(o->help);
  printf(" (");
  roff(type.data ? type.data : "");
  printf(").\n");
  text_free(&type);
}

static void print_presets(const struct topic *t) {
  for (uint32_t i = 0; i < topic_presets(t); i++) {
    printf(".PP\nAsks its stage for ");
    roff(topic_preset(t, i)->key);
    printf(" = ");
    roff(topic_preset(t, i)->value);
    printf(".\n");
  }
}

static void print_verb(const struct topic *t) {
  printf(".SS ");
  roff(t->section);
  printf("\n");
  roff(t->help ? t->help : t->summary);
  printf("\n");
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (t->kinds & 1u << kind) {
      printf(".TP\n\\fB%s\\fR = ", kind_name(kind));
      roff(topic_default_plugin(kind));
      printf("\nthe plugin of this kind; its options are %s.OPTION.\n", kind_name(kind));
    }
  for (int k = 0; k < t->tables; k++) {
    if (k > 0 && t->table[k].table->count)
      printf(".SS %s\n", t->table[k].title);
    for (uint32_t i = 0; i < t->table[k].table->count; i++) {
      strait_option o = option_at(t->table[k].table, i);
      print_option(t->table[k].prefix, &o);
    }
  }
}

/* --- a plugin's page --- */

static void print_upper(const char *text) {
  for (; *text; text++)
    if (*text == '-')
      fputs("\\-", stdout);
    else
      putchar(toupper((unsigned char)*text));
}

/* The lines that choose it and set its options to what they are anyway; what has no default is left out. */
static void print_synopsis(const struct topic *t, const struct option_table *table) {
  printf(".SH SYNOPSIS\n.nf\n%s = ", t->kind);
  roff(t->name);
  printf("\n");
  for (uint32_t i = 0; i < table->count; i++) {
    strait_option o = option_at(table, i);
    if (!o.value || !*o.value)
      continue;
    roff(t->table[0].prefix);
    roff(o.name);
    printf(" = ");
    roff(o.value);
    printf("\n");
  }
  printf(".fi\n");
}

static void print_page(const struct topic *t) {
  const struct option_table *table = t->table[0].table;
  printf(".\\\" Made by strait describe %s ", t->kind);
  printf("%s --man.\n.TH STRAIT\\-", t->name);
  print_upper(t->kind);
  printf("\\-");
  print_upper(t->name);
  printf(" 7 \"\" \"");
  roff(t->name);
  printf(" %s\" \"Plugins of strait\"\n.SH NAME\nstrait\\-%s\\-", t->version, t->kind);
  roff(t->name);
  printf(" \\- ");
  roff(t->summary);
  printf("\n");
  print_synopsis(t, table);
  printf(".SH DESCRIPTION\n.B ");
  roff(t->name);
  printf(
      "\nis a plugin of\n.BR strait (1),\nof the kind %s. The lines above choose it in a section of an experiment file,"
      " see\n.BR strait\\-experiment (5),\nwith its options at their defaults.\n",
      t->kind);
  if (t->help)
    print_paragraphs(t->help);
  printf(".SH OPTIONS\n");
  for (uint32_t i = 0; i < table->count; i++) {
    strait_option o = option_at(table, i);
    print_option(t->table[0].prefix, &o);
  }
  if (!table->count)
    printf("None.\n");
  print_presets(t);
  printf(".SH SEE ALSO\n.BR strait (1),\n.BR strait\\-experiment (5)\n");
}

static void print_key(const struct topic *t) {
  for (int k = 0; k < t->tables; k++) {
    strait_option o = option_at(t->table[k].table, 0);
    print_option(t->table[k].prefix, &o);
    printf("Taken by %s.\n", t->table[k].title);
  }
}

int topic_man(const struct topic *t) {
  if (t->section)
    print_verb(t);
  else if (t->cls)
    print_page(t);
  else
    print_key(t);
  return STRAIT_OK;
}
