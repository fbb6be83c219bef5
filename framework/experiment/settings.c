/* experiment/settings.c: a list of settings. */
#include "experiment/settings.h"

#include <string.h>

#include "base/memory.h"

struct setting *settings_find(const struct settings *settings, const char *key) {
  for (size_t i = settings->n; i-- > 0;)
    if (strcmp(settings->v[i].key, key) == 0)
      return &settings->v[i];
  return NULL;
}

int settings_add(struct settings *settings, const struct setting *setting) {
  int status = memory_grow(&settings->v, &settings->capacity, settings->n + 1, sizeof *settings->v);
  if (!status)
    settings->v[settings->n++] = *setting;
  return status;
}

int settings_set(struct settings *settings, const struct setting *setting) {
  struct setting *old = settings_find(settings, setting->key);
  if (!old)
    return settings_add(settings, setting);
  *old = *setting;
  return STRAIT_OK;
}
