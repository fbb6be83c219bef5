/* plugin/registry.c: plugins by kind and name: found in the places, loaded once, kept. One thread at a time. */
#include <config.h>

#include "plugin/registry.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "plugin/find.h"
#include "plugin/host.h"
#include "plugin/loader.h"

struct registry {
  struct arena *arena;
  struct places places;
  const struct builtin *builtin; /* never NULL */
  struct loaded **loaded;        /* in the arena, so that classes keep their address */
  size_t count, capacity;
};

int registry_create(struct registry **registry, const char *first, const struct builtin *builtin) {
  static const struct builtin none = {NULL, NULL, NULL};
  *registry = NULL;
  struct registry *made = memory_alloc(1, sizeof *made);
  if (!made)
    return error_failure();
  made->builtin = builtin ? builtin : &none;
  made->arena = arena_create();
  int status = made->arena ? places_find(&made->places, first, PLUGINDIR, made->arena) : error_failure();
  if (status)
    return registry_free(made), status;
  *registry = made;
  return STRAIT_OK;
}

void registry_free(struct registry *registry) {
  if (!registry)
    return;
  places_free(&registry->places);
  memory_free(registry->loaded);
  arena_free(registry->arena);
  memory_free(registry);
}

size_t registry_folders(const struct registry *registry, const char *const **folders) {
  *folders = registry->places.path;
  return registry->places.count;
}

int registry_scan(struct registry *registry, registry_visitor *visit, void *context) {
  return plugin_scan(&registry->places, registry->builtin, visit, context);
}

/* Every name of a kind, for the nearest one. */
struct names {
  uint32_t kind;
  const char **name;
  size_t count, capacity;
  struct arena *arena;
};

static int note_name(void *context, uint32_t kind, const char *name, const char *origin) {
  (void)origin;
  struct names *names = context;
  if (kind != names->kind)
    return STRAIT_OK;
  if (memory_grow(&names->name, &names->capacity, names->count + 1, sizeof *names->name))
    return error_failure();
  const char *copy = arena_copy(names->arena, name);
  if (!copy)
    return error_failure();
  names->name[names->count++] = copy;
  return STRAIT_OK;
}

static int not_found(struct registry *registry, uint32_t kind, const char *name) {
  struct text places = {0};
  struct names names = {.kind = kind, .arena = registry->arena};
  int status = registry_scan(registry, note_name, &names);
  if (!status) {
    const char *nearest = text_nearest(name, names.name, names.count);
    for (size_t i = 0; i < registry->places.count; i++)
      text_add(&places, "%s, ", registry->places.folder[i].path);
    text_add(&places, BUILT_IN);
    if (places.status)
      status = places.status;
    else if (nearest)
      status = error_set(STRAIT_ENOENT, "no %s \"%s\"; did you mean \"%s\"? (searched: %s)", kind_name(kind), name,
                         nearest, places.data);
    else
      status = error_set(STRAIT_ENOENT, "no %s \"%s\"; `strait list` shows what there is (searched: %s)",
                         kind_name(kind), name, places.data);
  }
  text_free(&places);
  memory_free(names.name);
  return status;
}

static struct loaded *look_up(const struct registry *registry, uint32_t kind, const char *name) {
  for (size_t i = 0; i < registry->count; i++)
    if (registry->loaded[i]->cls.kind == kind && strcmp(registry->loaded[i]->cls.name, name) == 0)
      return registry->loaded[i];
  return NULL;
}

static int load(struct registry *registry, uint32_t kind, const char *name, const struct found *found,
                struct loaded **loaded) {
  struct loaded *made = arena_alloc(registry->arena, 1, sizeof *made);
  if (!made || memory_grow(&registry->loaded, &registry->capacity, registry->count + 1, sizeof *registry->loaded))
    return error_failure();
  made->origin = found_origin(found);
  int status;
  if (found->builtin)
    status = class_take(made, found->builtin->entry(host_table()), kind, name);
  else
    status = loader_open(made, found->file, kind, name);
  if (status)
    return error_wrap("%s \"%s\"", kind_name(kind), name);
  registry->loaded[registry->count++] = *loaded = made;
  return STRAIT_OK;
}

int registry_class(struct registry *registry, uint32_t kind, const char *name, const strait_class **cls) {
  *cls = NULL;
  if (!kind_name(kind))
    return error_set(STRAIT_EBUG, "kind %u is not known", (unsigned)kind);
  if (!text_is_name(name))
    return error_set(STRAIT_EINVAL, "\"%s\" is not the name of a %s: lower-case letters, digits and '-', at most 32",
                     name, kind_name(kind));
  struct loaded *loaded = look_up(registry, kind, name);
  if (!loaded) {
    struct found found;
    int status = plugin_find(&registry->places, registry->builtin, kind, name, &found, registry->arena);
    if (!status && !found.file && !found.builtin)
      status = not_found(registry, kind, name);
    status = status ? status : load(registry, kind, name, &found, &loaded);
    if (status)
      return status;
  }
  *cls = &loaded->cls;
  return STRAIT_OK;
}

const char *registry_origin(struct registry *registry, uint32_t kind, const char *name) {
  const struct loaded *loaded = look_up(registry, kind, name);
  return loaded ? loaded->origin : NULL;
}

/* Files opened by path alone; kept for the life of the process, as their code is. */
struct kept {
  struct loaded loaded;
  struct kept *next;
};

uint32_t registry_file_kind(const char *path, char *name) {
  char own[33];
  const char *slash = strrchr(path, '/');
  return plugin_file_name(slash ? slash + 1 : path, name ? name : own);
}

int registry_inspect_file(const char *path, struct inspection *found) {
  static struct kept *all;
  char name[33];
  uint32_t kind = registry_file_kind(path, name);
  *found = (struct inspection){0};
  if (!kind)
    return error_set(STRAIT_EINVAL, "%s: the file of a plugin is called KIND-NAME.so, as curve-bezier.so", path);
  struct kept *kept = memory_alloc(1, sizeof *kept);
  if (!kept)
    return error_failure();
  int status = loader_open(&kept->loaded, path, kind, name);
  found->identified = kept->loaded.identified;
  found->arithmetic = kept->loaded.arithmetic;
  if (status) {
    memory_free(kept);
    return status;
  }
  kept->next = all;
  all = kept;
  found->cls = &kept->loaded.cls;
  return STRAIT_OK;
}

int registry_load_file(const char *path, const strait_class **cls) {
  struct inspection found;
  int status = registry_inspect_file(path, &found);
  *cls = found.cls;
  return status;
}
