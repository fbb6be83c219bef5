/* plugin/find.c: plugins by the names of their files; opens none of them. */
#include <config.h>

#include "plugin/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "plugin/loader.h"

static int same_file(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

const char *found_origin(const struct found *found) { return found->file ? found->file : BUILT_IN; }

static const struct builtin *find_builtin(const struct builtin *builtin, uint32_t kind, const char *name) {
  for (; builtin->name; builtin++)
    if (strcmp(builtin->kind, kind_name(kind)) == 0 && strcmp(builtin->name, name) == 0)
      return builtin;
  return NULL;
}

/* One more place that has the name: the first holds if it is --plugin-dir's, or if it is the only one. */
static int add(struct found *found, const struct found *here, uint32_t kind, const char *name) {
  if (!found->file && !found->builtin) {
    *found = *here;
    return STRAIT_OK;
  }
  if (found->shadows) {
    log_message(STRAIT_LOG_INFO, "%s \"%s\": %s shadows %s", kind_name(kind), name, found_origin(found),
                found_origin(here));
    return STRAIT_OK;
  }
  return error_set(STRAIT_EINVAL, "%s \"%s\" is there twice: %s and %s; remove one, or name a folder with --plugin-dir",
                   kind_name(kind), name, found_origin(found), found_origin(here));
}

int plugin_find(const struct places *places, const struct builtin *builtin, uint32_t kind, const char *name,
                struct found *found, struct arena *arena) {
  *found = (struct found){NULL, NULL, 0};
  const char *file = arena_format(arena, "%s-%s.so", kind_name(kind), name);
  int status = file ? STRAIT_OK : error_failure();
  for (size_t i = 0; i < places->count && !status; i++) {
    struct found here = {.file = file_join(arena, places->folder[i].path, file),
                         .shadows = places->folder[i].place == PLACE_FIRST};
    if (!here.file)
      return error_failure();
    if (file_exists(here.file) && !(found->file && same_file(found->file, here.file)))
      status = add(found, &here, kind, name);
  }
  struct found here = {.builtin = find_builtin(builtin, kind, name)};
  return status || !here.builtin ? status : add(found, &here, kind, name);
}

/* A plugin that a scan came upon. */
struct seen {
  uint32_t kind;
  char name[33];
  const char *origin;
  size_t order;
};
struct list {
  struct seen *seen;
  size_t count, capacity;
  struct arena *arena;
};

static int see(struct list *list, uint32_t kind, const char *name, const char *origin) {
  if (!origin || memory_grow(&list->seen, &list->capacity, list->count + 1, sizeof *list->seen))
    return error_failure();
  struct seen *seen = &list->seen[list->count];
  *seen = (struct seen){.kind = kind, .origin = origin, .order = list->count};
  memcpy(seen->name, name, strlen(name) + 1);
  list->count++;
  return STRAIT_OK;
}

static int see_folder(struct list *list, const char *path) {
  DIR *folder = opendir(path);
  if (!folder)
    return error_errno(STRAIT_EIO, "plugin folder %s", path);
  int status = STRAIT_OK;
  for (const struct dirent *entry; !status && (entry = readdir(folder));) {
    char name[33];
    uint32_t kind = plugin_file_name(entry->d_name, name);
    if (kind)
      status = see(list, kind, name, file_join(list->arena, path, entry->d_name));
  }
  closedir(folder);
  return status;
}

/* By kind, name, and the order in which places are searched. */
static int compare(const void *left, const void *right) {
  const struct seen *a = left, *b = right;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  int names = strcmp(a->name, b->name);
  return names ? names : (a->order > b->order) - (a->order < b->order);
}

int plugin_scan(const struct places *places, const struct builtin *builtin, registry_visitor *visit, void *context) {
  struct list list = {.arena = arena_create()};
  int status = list.arena ? STRAIT_OK : error_failure();
  for (size_t i = 0; i < places->count && !status; i++)
    status = see_folder(&list, places->folder[i].path);
  for (; builtin->name && !status; builtin++)
    status = see(&list, kind_of(builtin->kind), builtin->name, BUILT_IN);
  if (list.count)
    qsort(list.seen, list.count, sizeof *list.seen, compare);
  for (size_t i = 0; i < list.count && !status; i++)
    status = visit(context, list.seen[i].kind, list.seen[i].name, list.seen[i].origin);
  memory_free(list.seen);
  arena_free(list.arena);
  return status;
}
