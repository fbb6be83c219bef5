/* experiment/settings.h: a list of settings, as a section or a plugin's presets hold them. */
#ifndef EXPERIMENT_SETTINGS_H
#define EXPERIMENT_SETTINGS_H

#include <stddef.h>

#include "plugin/options.h"

/* In the order in which they are applied: the later wins. */
struct settings {
  struct setting *v;
  size_t n, capacity;
};

/* The last setting of this key, or NULL. */
struct setting *settings_find(const struct settings *settings, const char *key);
int settings_add(struct settings *settings, const struct setting *setting);
/* Replaces the setting of this key, or adds it. */
int settings_set(struct settings *settings, const struct setting *setting);

#endif
