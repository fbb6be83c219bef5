/* cli/topic_print.c: prints a plugin or a verb in one of four forms, on standard output. */
#include "cli/answer.h"
#include "cli/topic.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "experiment/experiment.h" /* KINDS */
#include "store/document.h"

/* What stands after "KEY = ". */
static const char *shown(const strait_option *o) { return o->value ? o->value : ""; }

/* --- text --- */

/* A line is a paragraph, but for one that begins with a blank, which stands as it is. */
static void print_wrapped(const char *words, int indent, size_t width) {
  while (*words) {
    size_t length = strcspn(words, "\n"), cut = length;
    if (length > width && *words != ' ')
      for (cut = width; cut > 0 && words[cut] != ' ';)
        cut--;
    if (cut == 0)
      cut = length;
    printf("%*s%.*s\n", indent, "", (int)cut, words);
    words += cut;
    while (cut < length && *words == ' ')
      words++, cut++;
    words += *words == '\n';
  }
}

static void print_kinds(const struct topic *t) {
  if (t->kinds)
    printf("\nplugins, with their options as KIND.OPTION; strait describe KIND NAME lists them\n");
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (t->kinds & 1u << kind)
      printf("  %s = %s\n", kind_name(kind), topic_default_plugin(kind));
}

static int print_text(const struct topic *t) {
  printf("%s %s%s%s: %s\n", t->kind, t->name, t->version ? " " : "", t->version ? t->version : "", t->summary);
  if (t->origin)
    printf("from %s\n", t->origin);
  if (t->help) {
    puts("");
    print_wrapped(t->help, 0, 100);
  }
  print_kinds(t);
  for (int k = 0; k < t->tables; k++) {
    if (t->table[k].table->count)
      printf("\n%s\n", t->table[k].title);
    for (uint32_t i = 0; i < t->table[k].table->count; i++) {
      strait_option o = option_at(t->table[k].table, i);
      struct text type = {0};
      topic_type(&type, &o);
      printf("  %s%s = %s\n", t->table[k].prefix, o.name, shown(&o));
      printf("      %s (%s)\n", o.help, type.data ? type.data : "");
      text_free(&type);
    }
  }
  if (topic_presets(t))
    printf("\nasks its stage for\n");
  for (uint32_t i = 0; i < topic_presets(t); i++)
    printf("  %s = %s\n", topic_preset(t, i)->key, topic_preset(t, i)->value);
  return STRAIT_OK;
}

/* --- a sample --- */

static int print_ini(const struct topic *t) {
  printf("# %s %s: %s\n", t->kind, t->name, t->summary);
  if (t->section)
    printf("%s\n", t->section);
  else if (t->cls)
    printf("%s = %s\n", t->kind, t->name);
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (t->kinds & 1u << kind)
      printf("# the plugin of kind %s; its options are %s.OPTION\n%s = %s\n", kind_name(kind), kind_name(kind),
             kind_name(kind), topic_default_plugin(kind));
  for (int k = 0; k < t->tables; k++)
    for (uint32_t i = 0; i < t->table[k].table->count; i++) {
      strait_option o = option_at(t->table[k].table, i);
      struct text type = {0};
      topic_type(&type, &o);
      /* What has no default is shown as a comment, so that the sample can be used as it is. */
      printf("# %s (%s)\n%s%s%s = %s\n", o.help, type.data ? type.data : "", o.value && *o.value ? "" : "#",
             t->table[k].prefix, o.name, shown(&o));
      text_free(&type);
    }
  return STRAIT_OK;
}

/* --- JSON --- */

static json_t *option_json(const char *prefix, const strait_option *o, const char *title) {
  char key[256];
  snprintf(key, sizeof key, "%s%s", prefix, o->name);
  json_t *one = json_pack("{s:s, s:s, s:s, s:s?, s:b, s:s}", "key", key, "table", title, "type",
                          option_type_name(o->type), "default", o->flags & STRAIT_REQUIRED ? NULL : o->value,
                          "required", (o->flags & STRAIT_REQUIRED) != 0, "help", o->help);
  json_t *choices = json_array();
  if (o->type == STRAIT_OPT_INT || o->type == STRAIT_OPT_FLOAT || o->type == STRAIT_OPT_INTS ||
      o->type == STRAIT_OPT_FLOATS) {
    json_object_set_new(one, "min", document_number(o->min));
    json_object_set_new(one, "max", document_number(o->max));
  }
  for (size_t i = 0; o->type == STRAIT_OPT_CHOICE && o->choices && o->choices[i]; i++)
    json_array_append_new(choices, json_string(o->choices[i]));
  if (json_array_size(choices))
    json_object_set(one, "choices", choices);
  json_decref(choices);
  return one;
}

static int print_json(const struct topic *t) {
  json_t *options = json_array(), *asks = json_object(), *plugins = json_object();
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (t->kinds & 1u << kind)
      json_object_set_new(plugins, kind_name(kind), json_string(topic_default_plugin(kind)));
  for (int k = 0; k < t->tables; k++)
    for (uint32_t i = 0; i < t->table[k].table->count; i++) {
      strait_option o = option_at(t->table[k].table, i);
      json_array_append_new(options, option_json(t->table[k].prefix, &o, t->table[k].title));
    }
  for (uint32_t i = 0; i < topic_presets(t); i++)
    json_object_set_new(asks, topic_preset(t, i)->key, json_string(topic_preset(t, i)->value));
  return answer_json(json_pack("{s:s, s:s, s:s?, s:s, s:s?, s:s?, s:o, s:o, s:o}", "kind", t->kind, "name", t->name,
                               "version", t->version, "summary", t->summary, "help", t->help, "origin", t->origin,
                               "keys", options, "presets", asks, "plugins", plugins));
}

int topic_print(const struct topic *topic, int form) {
  switch (form) {
  case TOPIC_INI:
    return print_ini(topic);
  case TOPIC_MAN:
    return topic_man(topic);
  case TOPIC_JSON:
    return print_json(topic);
  default:
    return print_text(topic);
  }
}
