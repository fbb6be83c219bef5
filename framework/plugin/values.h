/* plugin/values.h: a single option's value: read from a user's text into its field. The options' own files share it. */
#ifndef PLUGIN_VALUES_H
#define PLUGIN_VALUES_H

#include "plugin/options.h"

/* The smallest element of a plugin's option table: that of version 1.0, up to and with `help`. */
#define OPTION_SIZE_1_0 (offsetof(strait_option, help) + sizeof(const char *))

static inline int option_is_list(const strait_option *option) {
  return option->type == STRAIT_OPT_INTS || option->type == STRAIT_OPT_FLOATS || option->type == STRAIT_OPT_STRINGS;
}
/* Has it bounds? */
static inline int option_is_number(const strait_option *option) {
  return option->type == STRAIT_OPT_INT || option->type == STRAIT_OPT_FLOAT || option->type == STRAIT_OPT_INTS ||
         option->type == STRAIT_OPT_FLOATS;
}

/* Reads text as the option's value into the field at `field`. Relative paths are taken from folder (NULL: the current
 * one). The error says only what is wrong with the value. */
int value_read(const strait_option *option, const char *text, const char *folder, void *field, struct arena *arena);
/* Could text be read? */
int value_check(const strait_option *option, const char *text, struct arena *arena);

#endif
