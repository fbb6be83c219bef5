/* plugin/options.h: reads, checks and prints the option tables of strait/option.h. Used for plugins, verbs and keys
 * alike. */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include <strait/option.h>

#include "base/memory.h"
#include "base/text.h"

/* An option table of any element size (an older plugin's is smaller; what is missing reads as zero). */
struct option_table {
  const strait_option *first;
  uint32_t size, count;
};
/* The i-th option, copied out; i < count. */
strait_option option_at(const struct option_table *table, uint32_t i);
/* The index of an option, or -1. */
int option_find(const struct option_table *table, const char *name);
/* The option's name nearest to `name`, or NULL. */
const char *option_nearest(const struct option_table *table, const char *name);
const char *option_type_name(uint32_t type); /* "int", or NULL */

/* Is the table itself sound: names, types, widths, offsets inside the instance, defaults that obey their own bounds?
 * Called when a plugin is loaded, and for our own tables by a test. */
int options_check(const struct option_table *table, size_t instance_size);

/* A key and its value, with where it was written, for messages. */
struct setting {
  const char *key; /* "bends", or "curve.bends" as the user wrote it; errors show this */
  const char *value;
  const char *folder; /* relative paths are taken from here */
  const char *file;   /* NULL: the command line or a default */
  int line;
  int used;            /* set when something took it */
  const char *section; /* "connect arc", for messages; NULL: none */
};

/* Writes every default into the zeroed instance. This and what follows is defined in values.c. */
int options_default(const struct option_table *table, void *instance, struct arena *arena);
/* Sets one option; name is the part of setting->key that names the option. The error is whole,
 * place and section in front, so callers do not wrap it with setting_place again:
 *   experiment.ini:14: [connect arc] curve.bends = -1: below the minimum 0
 *   experiment.ini:14: [connect arc] curve.bend: no such option; did you mean "bends"? */
int options_set(const struct option_table *table, void *instance, const char *name, const struct setting *setting,
                struct arena *arena);
/* The value in canonical text (numbers shortest, choices by name), as it enters a stage's key. In the arena. */
char *options_text(const strait_option *option, const void *instance, struct arena *arena);
/* What stands in front of messages about this setting: "FILE:LINE: [SECTION] ", as much of it as is known. In the
 * arena. */
const char *setting_place(const struct setting *setting, struct arena *arena);

#endif
