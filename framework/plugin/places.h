/* plugin/places.h: where plugins may lie: the folders that are searched, in order. For this folder alone. */
#ifndef PLUGIN_PLACES_H
#define PLUGIN_PLACES_H

#include "base/memory.h"

/* The places of plugin/registry.h, in their order. Only the first shadows. */
enum { PLACE_FIRST, PLACE_ENVIRONMENT, PLACE_HOME, PLACE_CONFIGURED };

struct folder {
  const char *path; /* as the user knows it, absolute */
  int place;
};
struct places {
  size_t count, capacity;
  struct folder *folder;
  const char **path; /* the same paths, for registry_folders */
};

/* Fills places from --plugin-dir (or NULL), the environment and `configured`. A folder that is there twice is taken
 * once. */
int places_find(struct places *places, const char *first, const char *configured, struct arena *arena);
void places_free(struct places *places);

/* Is the folder, or the regular file, at this path (links followed) one that not everybody can write to? */
int folder_is_safe(const char *path);
int file_is_safe(const char *path);

#endif
