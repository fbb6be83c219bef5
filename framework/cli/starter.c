/* cli/starter.c: fills the files of plugins/template/ in for one plugin. In them,
 *
 *   @kind@      curve           @name@      my-spline        @ident@   my_spline
 *   @source@    my-spline.c     @compiler@  AC_PROG_CC       @flags@   AM_CFLAGS =
 *
 * KIND.c becomes NAME.c (or .cc), KIND.ini becomes example.ini, `gitignore` gets its dot; files of other kinds are left
 * out. */
#include "cli/starter.h"

#include <string.h>

#include "base/error.h"
#include "plugin/registry.h"

struct starter_file {
  const char *name, *text;
};
#include "cli/starter_files.h" /* made by plugins/template/embed.awk: starter_files */
#define FILES (sizeof starter_files / sizeof *starter_files)

/* The name with '_' for '-', as C takes it. */
static char *identifier(const struct starter *starter, struct arena *arena) {
  char *copy = arena_copy(arena, starter->name);
  for (char *c = copy; c && *c; c++)
    if (*c == '-')
      *c = '_';
  return copy;
}

static char *source_name(const struct starter *starter, struct arena *arena) {
  return arena_format(arena, "%s.%s", starter->name, starter->cxx ? "cc" : "c");
}

/* What the project calls a file of the template; *path NULL: it has no such file. */
static int project_path(const struct starter *starter, const char *file, struct arena *arena, const char **path) {
  size_t stem = strcspn(file, ".");
  char *kind = arena_copy_n(arena, file, stem);
  *path = NULL;
  if (!kind)
    return error_failure();
  if (!kind_of(kind))
    *path = strcmp(file, "gitignore") == 0 ? ".gitignore" : file;
  else if (strcmp(kind, starter->kind) == 0)
    *path = strcmp(file + stem, ".c") == 0 ? source_name(starter, arena) : "example.ini";
  else
    return STRAIT_OK;
  return *path ? STRAIT_OK : error_failure();
}

/* The value of the placeholder that `text` begins with, and its length; NULL: none. */
static const char *value_of(const char *const (*values)[2], const char *text, size_t *length) {
  for (; (*values)[0]; values++)
    if (text_starts(text, (*values)[0])) {
      *length = strlen((*values)[0]);
      return (*values)[1];
    }
  return NULL;
}

static int fill_in(const struct starter *starter, const char *template, struct arena *arena, const char **filled) {
  const char *const values[][2] = {
      {"@kind@", starter->kind},
      {"@name@", starter->name},
      {"@ident@", identifier(starter, arena)},
      {"@source@", source_name(starter, arena)},
      {"@compiler@", starter->cxx ? "AC_PROG_CC\nAC_PROG_CXX" : "AC_PROG_CC"},
      {"@flags@", starter->cxx ? "AM_CXXFLAGS = -std=c++20 -Wno-missing-field-initializers" : "AM_CFLAGS ="},
      {NULL, NULL}};
  struct text text = {0};
  if (!values[2][1] || !values[3][1])
    return error_failure();
  while (*template) {
    size_t length = strcspn(template, "@");
    text_add_n(&text, template, length);
    template += length;
    const char *value = value_of(values, template, &length);
    if (value)
      text_add(&text, "%s", value);
    else
      text_add_n(&text, template, length = *template != 0);
    template += length;
  }
  *filled = text.status ? NULL : arena_copy(arena, text.data);
  text_free(&text);
  return *filled ? STRAIT_OK : error_failure();
}

int starter_file(const struct starter *starter, size_t i, struct arena *arena, const char **path, const char **text) {
  size_t own = 0;
  *path = *text = NULL;
  for (size_t file = 0; file < FILES; file++) {
    int status = project_path(starter, starter_files[file].name, arena, path);
    if (status)
      return status;
    if (*path && own++ == i)
      return fill_in(starter, starter_files[file].text, arena, text);
  }
  *path = NULL;
  return STRAIT_OK;
}
