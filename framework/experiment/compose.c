/* experiment/compose.c: included files are read one after the other and put under the file that includes them. */
#include <config.h>

#include "experiment/compose.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#define MOST_FILES 200 /* read in all */
#define MOST_DEPTH 32  /* of variables in variables */

/* --- include --- */

/* The files that lead to this one. */
struct chain {
  const struct chain *above;
  const char *path;
  int *files; /* read so far, of all */
};

static struct ini_section *same_head(struct ini *ini, const struct ini_section *section) {
  for (size_t i = 0; i < ini->count; i++) {
    struct ini_section *s = &ini->sections[i];
    const int named = s->name != NULL;
    if (strcmp(s->verb, section->verb) == 0 && named == (section->name != NULL) &&
        (!named || strcmp(s->name, section->name) == 0))
      return s;
  }
  return NULL;
}

static int has_key(const struct ini_section *section, const char *key) {
  for (size_t i = 0; i < section->count; i++)
    if (strcmp(section->settings[i].key, key) == 0)
      return 1;
  return 0;
}

static int copy_setting(struct ini *ini, struct ini_section *to, const struct ini_setting *from) {
  struct ini_setting s = {arena_copy(ini->arena, from->key), arena_copy(ini->arena, from->value),
                          arena_copy(ini->arena, from->file), from->line};
  if (!s.key || !s.value || !s.file || memory_grow(&to->settings, &to->capacity, to->count + 1, sizeof s))
    return error_failure();
  to->settings[to->count++] = s;
  return STRAIT_OK;
}

static int add_head(struct ini *ini, size_t at, const struct ini_section *from) {
  struct ini_section s = {.verb = arena_copy(ini->arena, from->verb),
                          .name = from->name ? arena_copy(ini->arena, from->name) : NULL,
                          .file = arena_copy(ini->arena, from->file),
                          .line = from->line};
  if (!s.verb || (from->name && !s.name) || !s.file ||
      memory_grow(&ini->sections, &ini->capacity, ini->count + 1, sizeof s))
    return error_failure();
  memmove(ini->sections + at + 1, ini->sections + at, (ini->count - at) * sizeof s);
  ini->sections[at] = s;
  ini->count++;
  return STRAIT_OK;
}

/* New sections go in front, in their order; of others the keys that are not set yet are added. */
static int put_under(struct ini *ini, const struct ini *included) {
  size_t front = 0;
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < included->count; i++) {
    const struct ini_section *from = &included->sections[i];
    struct ini_section *to = same_head(ini, from);
    if (!to) {
      status = add_head(ini, front, from);
      to = status ? NULL : &ini->sections[front++];
    }
    if (to)
      to->damaged |= from->damaged;
    for (size_t k = 0; to && !status && k < from->count; k++)
      if (!has_key(to, from->settings[k].key))
        status = copy_setting(ini, to, &from->settings[k]);
  }
  return status;
}

static const char *beside(struct arena *arena, const char *file, const char *name) {
  const char *slash = strrchr(file, '/');
  if (*name == '/' || !slash)
    return name;
  return arena_format(arena, "%.*s%s", (int)(slash - file + 1), file, name);
}

static int read_file(struct ini **ini, struct faults *faults, const struct chain *chain);

static int is_same(const char *a, const char *b) {
  struct stat first, second;
  return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/* May this file be included? */
static int check_include(const char *path, const struct chain *chain) {
  if (!file_exists(path) || file_is_folder(path))
    return error_set(STRAIT_EINVAL, "there is no file %s; paths start in the folder of the file that includes", path);
  for (const struct chain *c = chain; c; c = c->above)
    if (is_same(path, c->path))
      return error_set(STRAIT_EINVAL, "%s leads back to itself; remove one of the includes", path);
  if (*chain->files >= MOST_FILES)
    return error_set(STRAIT_EINVAL, "more than %d files are included", MOST_FILES);
  return STRAIT_OK;
}

static int include(struct ini *ini, const struct ini_include *one, struct faults *faults, const struct chain *chain) {
  const char *path = beside(ini->arena, ini->file, one->file);
  struct ini *included = NULL;
  if (!path)
    return error_failure();
  if (check_include(path, chain)) {
    error_wrap("%s:%d: include = %s", ini->file, one->line, one->file);
    return faults_add(faults, one->line);
  }
  const struct chain next = {chain, path, chain->files};
  int status = read_file(&included, faults, &next);
  if (status)
    return error_wrap("%s:%d: include = %s", ini->file, one->line, one->file);
  status = put_under(ini, included);
  ini_free(included);
  return status;
}

/* The later of two includes is put under the file first, and so wins. */
static int read_file(struct ini **ini, struct faults *faults, const struct chain *chain) {
  ++*chain->files;
  int status = ini_read(ini, chain->path, faults);
  for (size_t i = status ? 0 : (*ini)->include_count; !status && i-- > 0;)
    status = include(*ini, &(*ini)->includes[i], faults, chain);
  if (status) {
    ini_free(*ini);
    *ini = NULL;
  }
  return status;
}

int compose_read(struct ini **ini, const char *path, struct faults *faults) {
  int files = 0;
  const struct chain chain = {NULL, path, &files};
  return read_file(ini, faults, &chain);
}

/* --- variables --- */

static int no_variable(const struct settings *variables, const char *name) {
  const char *names[64];
  size_t n = 0;
  while (n < variables->n && n < 64) {
    names[n] = variables->v[n].key;
    n++;
  }
  const char *nearest = text_nearest(name, names, n);
  return error_set(STRAIT_EINVAL, "${%s}: no such variable in [set]%s%s%s; $${ is a plain ${", name,
                   nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static int expand(struct text *into, struct arena *arena, const struct settings *variables, const char *text,
                  int depth) {
  for (const char *at = text; *at;) {
    const char *mark = strstr(at, "${"), *end = mark ? strchr(mark, '}') : NULL;
    if (!mark) {
      text_add(into, "%s", at);
      break;
    }
    if (mark > at && mark[-1] == '$') { /* $${ */
      text_add_n(into, at, (size_t)(mark - at) - 1);
      text_add(into, "${");
      at = mark + 2;
      continue;
    }
    if (!end)
      return error_set(STRAIT_EINVAL, "\"%s\" has no '}'; write ${NAME}", mark);
    const char *name = arena_copy_n(arena, mark + 2, (size_t)(end - mark - 2));
    const struct setting *variable = name ? settings_find(variables, name) : NULL;
    if (!name)
      return error_failure();
    if (!variable)
      return no_variable(variables, name);
    if (depth == MOST_DEPTH)
      return error_set(STRAIT_EINVAL, "${%s} leads back to itself", name);
    text_add_n(into, at, (size_t)(mark - at));
    if (expand(into, arena, variables, variable->value, depth + 1))
      return error_failure();
    if (into->length > 1 << 20)
      return error_set(STRAIT_EINVAL, "${%s} makes a value of more than a megabyte", name);
    at = end + 1;
  }
  return into->status;
}

const char *compose_expand(struct arena *arena, const struct settings *variables, const char *text) {
  struct text into = {0};
  const char *result = text;
  if (!strstr(text, "${"))
    return text;
  if (expand(&into, arena, variables, text, 0))
    result = NULL;
  else
    result = arena_copy(arena, into.data ? into.data : "");
  text_free(&into);
  return result;
}
