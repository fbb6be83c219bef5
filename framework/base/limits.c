/* base/limits.c: reads the limits of control groups. */
#include <config.h>

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE 1e300

/* A file's number; NONE for "max", and for a file that is not there. */
static double read_limit(const char *path) {
  char text[64] = "";
  FILE *file = fopen(path, "re");
  if (!file)
    return NONE;
  const char *line = fgets(text, sizeof text, file);
  fclose(file);
  char *end = text;
  const double value = line ? strtod(text, &end) : NONE;
  return end > text && value >= 0 ? value : NONE;
}

/* The least of the group's limit and those above it. */
static double least_upwards(const char *mount, const char *group, const char *file) {
  char path[4096], folder[2048];
  double least = NONE;
  if (snprintf(folder, sizeof folder, "%s", group) >= (int)sizeof folder)
    return NONE;
  for (;;) {
    snprintf(path, sizeof path, "%s%s/%s", mount, folder, file);
    const double limit = read_limit(path);
    least = limit < least ? limit : least;
    char *slash = strrchr(folder, '/');
    if (!slash)
      return least;
    *slash = 0;
  }
}

/* "memory" in "cpu,memory". */
static int holds(const char *controllers, const char *wanted) {
  const size_t length = strlen(wanted);
  for (const char *c = controllers; c; c = strchr(c, ',') ? strchr(c, ',') + 1 : NULL)
    if (!strncmp(c, wanted, length) && (c[length] == 0 || c[length] == ','))
      return 1;
  return 0;
}

double limits_memory(const char *membership, const char *mount) {
  char line[2048], old_mount[1024];
  double least = NONE;
  FILE *file = fopen(membership, "re");
  snprintf(old_mount, sizeof old_mount, "%s/memory", mount);
  while (file && fgets(line, sizeof line, file)) { /* ID:CONTROLLERS:GROUP */
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
      continue;
    *controllers++ = *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    double limit = NONE;
    if (!*controllers)
      limit = least_upwards(mount, group, "memory.max");
    else if (holds(controllers, "memory"))
      limit = least_upwards(old_mount, group, "memory.limit_in_bytes");
    least = limit < least ? limit : least;
  }
  if (file)
    fclose(file);
  return least;
}
