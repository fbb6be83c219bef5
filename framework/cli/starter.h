/* cli/starter.h: the starter projects of `strait new`: what a file of plugins/template/ becomes for one plugin. */
#ifndef CLI_STARTER_H
#define CLI_STARTER_H

#include "base/text.h"

struct starter {
  const char *kind, *name; /* "curve", "my-spline" */
  int cxx;                 /* C++ instead of C */
};

/* The i-th file of the project: its name and its text in the arena; *path is NULL after the last one. */
int starter_file(const struct starter *starter, size_t i, struct arena *arena, const char **path, const char **text);

#endif
