/* plugin/places.c: the folders that are searched for plugins. Code from them runs as the user, so what the environment
 * says is taken strictly: absolute paths only, nothing that everybody can write to, nothing at all when privileges were
 * raised. */
#include <config.h>

#include "plugin/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

/* Has this process more rights than who started it? Then who started it may not choose what code it runs. */
static int has_more_rights(void) {
#ifdef AT_SECURE
  return getauxval(AT_SECURE) != 0;
#else
  return getuid() != geteuid() || getgid() != getegid();
#endif
}

#ifndef HAVE_SECURE_GETENV
static const char *secure_getenv(const char *name) { return has_more_rights() ? NULL : getenv(name); }
#endif

int folder_is_safe(const char *path) {
  struct stat status;
  if (stat(path, &status))
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "plugin folder %s", path);
  if (!S_ISDIR(status.st_mode))
    return error_set(STRAIT_EINVAL, "plugin folder %s: not a folder", path);
  if (status.st_mode & S_IWOTH)
    return error_set(STRAIT_EINVAL, "plugin folder %s: everybody can write to it, and so run code as you; chmod o-w it",
                     path);
  return STRAIT_OK;
}

int file_is_safe(const char *path) {
  struct stat status;
  if (stat(path, &status))
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "%s", path);
  if (!S_ISREG(status.st_mode))
    return error_set(STRAIT_EINVAL, "%s: not a regular file", path);
  if (status.st_mode & S_IWOTH)
    return error_set(STRAIT_EINVAL, "%s: everybody can write to it, and so run code as you; chmod o-w it", path);
  return STRAIT_OK;
}

static int same_folder(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int add(struct places *places, const char *path, int place) {
  int status = folder_is_safe(path);
  if (status)
    return status;
  for (size_t i = 0; i < places->count; i++)
    if (same_folder(places->folder[i].path, path))
      return STRAIT_OK;
  status = memory_grow(&places->folder, &places->capacity, places->count + 1, sizeof *places->folder);
  if (!status)
    places->folder[places->count++] = (struct folder){path, place};
  return status;
}

/* The components of STRAIT_PLUGIN_PATH. One that is not there is worth a warning: it may be on a disk that comes later.
 */
static int add_environment(struct places *places, const char *list, struct arena *arena) {
  for (;;) {
    size_t length = strcspn(list, ":");
    char *path = arena_copy_n(arena, list, length);
    if (!path)
      return error_failure();
    if (length == 0)
      return error_set(STRAIT_EINVAL, "STRAIT_PLUGIN_PATH: an empty component; remove the ':' too many");
    if (path[0] != '/')
      return error_set(STRAIT_EINVAL, "STRAIT_PLUGIN_PATH: \"%s\" is relative; write the whole path", path);
    int status = add(places, path, PLACE_ENVIRONMENT);
    if (status == STRAIT_ENOENT)
      log_message(STRAIT_LOG_WARNING, "STRAIT_PLUGIN_PATH: there is no folder %s", path);
    else if (status)
      return error_wrap("STRAIT_PLUGIN_PATH");
    if (!list[length])
      return STRAIT_OK;
    list += length + 1;
  }
}

/* A folder that need not be there. */
static int add_optional(struct places *places, const char *path, int place) {
  if (!path)
    return error_failure();
  int status = add(places, path, place);
  return status == STRAIT_ENOENT ? STRAIT_OK : status;
}

/* --plugin-dir: the user's word, so it has to be there. */
static int add_first(struct places *places, const char *first, struct arena *arena) {
  if (!first[0])
    return error_set(STRAIT_EINVAL, "--plugin-dir: empty; it needs a folder");
  const char *path = file_absolute(arena, first);
  if (!path || add(places, path, PLACE_FIRST))
    return error_wrap("--plugin-dir");
  return STRAIT_OK;
}

/* Where strait's own plugins lie: the folder that configure was told, which need not be there, or what the variable
 * says instead, so that a build that is not installed does not see the plugins of a strait that is. */
static int add_own(struct places *places, const char *configured, struct arena *arena) {
  const char *instead = secure_getenv("STRAIT_PLUGIN_DIR");
  if (!instead || !instead[0])
    return configured && configured[0] == '/' ? add_optional(places, configured, PLACE_CONFIGURED) : STRAIT_OK;
  if (instead[0] != '/')
    return error_set(STRAIT_EINVAL, "STRAIT_PLUGIN_DIR: \"%s\" is relative; write the whole path", instead);
  const char *path = file_absolute(arena, instead);
  if (!path || add(places, path, PLACE_CONFIGURED))
    return error_wrap("STRAIT_PLUGIN_DIR");
  return STRAIT_OK;
}

int places_find(struct places *places, const char *first, const char *configured, struct arena *arena) {
  const char *list = secure_getenv("STRAIT_PLUGIN_PATH"), *home = secure_getenv("HOME");
  if (first && has_more_rights()) {
    log_message(STRAIT_LOG_WARNING,
                "--plugin-dir %s is ignored: this program runs with more rights than who started it has", first);
    first = NULL;
  }
  int status = first ? add_first(places, first, arena) : STRAIT_OK;
  if (!status && list && list[0])
    status = add_environment(places, list, arena);
  if (!status && home && home[0] == '/')
    status = add_optional(places, file_join(arena, home, ".local/lib/strait/1"), PLACE_HOME);
  if (!status)
    status = add_own(places, configured, arena);
  if (status)
    return status;
  places->path = memory_alloc(places->count, sizeof *places->path);
  if (!places->path)
    return error_failure();
  for (size_t i = 0; i < places->count; i++)
    places->path[i] = places->folder[i].path;
  return STRAIT_OK;
}

void places_free(struct places *places) {
  memory_free(places->folder);
  memory_free(places->path);
}
