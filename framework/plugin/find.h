/* plugin/find.h: finds plugins by the names of their files; opens none of them. For this folder alone. */
#ifndef PLUGIN_FIND_H
#define PLUGIN_FIND_H

#include "plugin/places.h"
#include "plugin/registry.h"

#define BUILT_IN "built in"

/* Where a plugin is: in a file, or built in; both NULL: nowhere. */
struct found {
  const char *file;
  const struct builtin *builtin;
  int shadows; /* it lies in --plugin-dir */
};
const char *found_origin(const struct found *found);

/* The one place of (kind, name). Twice is an error, but for --plugin-dir, which holds. builtin: ended by a NULL name.
 */
int plugin_find(const struct places *places, const struct builtin *builtin, uint32_t kind, const char *name,
                struct found *found, struct arena *arena);
/* As registry_scan. */
int plugin_scan(const struct places *places, const struct builtin *builtin, registry_visitor *visit, void *context);

#endif
