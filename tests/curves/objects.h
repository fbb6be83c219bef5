/* tests/curves/objects.h: plugins found as the program finds them, for tests that use their instances. */
#ifndef TESTS_CURVES_OBJECTS_H
#define TESTS_CURVES_OBJECTS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plugin/registry.h"

static struct registry *registry;

/* first: a folder of test-only plugins below the build folder, or NULL. */
static inline void open_registry(const char *first) {
  char folder[4096];
  const char *build = getenv("builddir");
  snprintf(folder, sizeof folder, "%s/%s", build ? build : ".", first ? first : "");
  ck_assert_msg(registry_create(&registry, first ? folder : NULL, builtins) == STRAIT_OK, "%s", error_text());
}

/* settings: "bends=3 scale=0.5"; the status of object_create. */
static inline int try_object(strait_object **object, uint32_t kind, const char *name, const char *settings) {
  char text[512], *rest = NULL;
  struct setting setting[8] = {{0}};
  size_t n = 0;
  const strait_class *cls;
  snprintf(text, sizeof text, "%s", settings);
  for (char *word = strtok_r(text, " ", &rest); word && n < 8; word = strtok_r(NULL, " ", &rest), n++) {
    char *equals = strchr(word, '=');
    *equals = '\0';
    setting[n] = (struct setting){.key = word, .value = equals + 1};
  }
  *object = NULL;
  if (registry_class(registry, kind, name, &cls))
    return error_status();
  return object_create(object, cls, name, 1, setting, n);
}
static inline strait_object *object(uint32_t kind, const char *name, const char *settings) {
  strait_object *made;
  ck_assert_msg(try_object(&made, kind, name, settings) == STRAIT_OK, "%s %s: %s", name, settings, error_text());
  return made;
}

#endif
