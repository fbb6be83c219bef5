/* cli/topic.h: something that can be described: a plugin, a verb or a key. One source for the text, the sample
 * of an experiment file, the manual page and the JSON. */
#ifndef CLI_TOPIC_H
#define CLI_TOPIC_H

#include <strait/plugin.h>

#include "plugin/options.h"

#define TOPIC_TABLES 16
struct topic {
  const char *kind, *name, *version, *summary;
  const char *help;    /* paragraphs, as strait_class has them, or NULL */
  const char *origin;  /* the plugin's file, or NULL */
  const char *section; /* "[train NAME]", or NULL: no section of its own */
  int tables;
  struct {
    const char *title;  /* "optimiser keys" */
    const char *prefix; /* "curve.", or "" */
    const struct option_table *table;
  } table[TOPIC_TABLES];
  unsigned kinds;          /* of a verb: 1 << kind for each kind of plugin that its sections choose */
  const strait_class *cls; /* for presets; NULL: a verb */
};
enum { TOPIC_TEXT, TOPIC_INI, TOPIC_MAN, TOPIC_JSON };
/* Prints it in one of the forms. Defined in topic_print.c. */
int topic_print(const struct topic *topic, int form);
/* TOPIC_MAN: for a plugin a whole page, strait-KIND-NAME(7); for a verb a part of strait-experiment(5). Defined in
 * topic_man.c. */
int topic_man(const struct topic *topic);

/* What the forms share. */
uint32_t topic_presets(const struct topic *topic); /* how many keys the plugin asks its stages for */
const strait_preset *topic_preset(const struct topic *topic, uint32_t i);
const char *topic_default_plugin(uint32_t kind); /* "decay" where nothing is set */
/* "whole number, 1 to 64", "one of sgd, adamw", ... */
void topic_type(struct text *text, const strait_option *option);

#endif
