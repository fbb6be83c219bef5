/* plugin/object.c: instances of plugins: made with their options set, and freed with all that was allocated for them.
 */
#include <config.h>

#include "plugin/object.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "plugin/digests.h"
#include "plugin/host.h"

static void core_free(struct core *core) {
  for (size_t i = 0; i < core->block_count; i++)
    memory_free(core->blocks[i]);
  memory_free(core->blocks);
  hash_free(core->hash);
  digests_free(core->digests);
  arena_free(core->arena);
  pthread_mutex_destroy(&core->lock);
  memory_free(core);
}

static struct core *core_create(uint64_t seed) {
  struct core *core = memory_alloc(1, sizeof *core);
  if (!core)
    return NULL;
  pthread_mutex_init(&core->lock, NULL); /* default attributes: does not fail */
  core->seed = seed;
  core->collecting = 1;
  core->arena = arena_create();
  core->hash = core->arena ? hash_create() : NULL;
  if (core->hash)
    return core;
  core_free(core);
  return NULL;
}

/* "bends" of "curve.bends" for a curve. */
static const char *option_name(const char *key, const char *kind) {
  size_t length = strlen(kind);
  return strncmp(key, kind, length) == 0 && key[length] == '.' ? key + length + 1 : key;
}

static int is_set(const char *option, const char *kind, const struct setting *settings, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(option_name(settings[i].key, kind), option) == 0)
      return 1;
  return 0;
}

static int set_options(strait_object *object, struct setting *settings, size_t count) {
  const char *kind = kind_name(object->cls->kind);
  struct option_table table = class_options(object->cls);
  struct arena *arena = core_of(object)->arena;
  int status = options_default(&table, object, arena);
  for (size_t i = 0; i < count && !status; i++) {
    status = options_set(&table, object, option_name(settings[i].key, kind), &settings[i], arena);
    settings[i].used = 1;
  }
  for (uint32_t i = 0; i < table.count && !status; i++) {
    strait_option option = option_at(&table, i);
    if ((option.flags & STRAIT_REQUIRED) && !is_set(option.name, kind, settings, count))
      status = error_set(STRAIT_EINVAL, "%s %s needs %s.%s%s%s", kind, object->cls->name, kind, option.name,
                         option.value ? "; for example = " : "", option.value ? option.value : "");
  }
  return status;
}

static int initialise(strait_object *object) {
  if (!object->cls->init)
    return STRAIT_OK;
  error_clear(); /* so that an old failure does not pass for init's cause */
  int32_t status = object->cls->init(object);
  if (status == STRAIT_OK)
    return STRAIT_OK;
  if (error_status() == STRAIT_OK)
    return error_set(status < 0 ? status : STRAIT_EBUG, "%s: init failed and did not say why", object->name);
  return error_failure();
}

int object_create(strait_object **object, const strait_class *cls, const char *name, uint64_t seed,
                  struct setting *settings, size_t count) {
  *object = NULL;
  strait_object *made = memory_alloc(1, cls->instance_size);
  if (!made)
    return error_failure();
  made->cls = cls;
  made->host = host_table();
  made->core = core_create(seed);
  if (!made->core) {
    memory_free(made);
    return error_failure();
  }
  made->name = arena_copy(core_of(made)->arena, name ? name : cls->name);
  int status = made->name ? set_options(made, settings, count) : error_failure();
  status = status ? status : initialise(made);
  if (status) {
    core_free(made->core);
    memory_free(made);
    return status;
  }
  *object = made;
  return STRAIT_OK;
}

void object_free(strait_object *object) {
  if (!object)
    return;
  if (object->cls->fini)
    object->cls->fini(object);
  core_free(object->core);
  memory_free(object);
}

const void *object_ops(const strait_object *object) { return object->cls->ops; }

size_t object_blocks(const strait_object *object, void *const **blocks) {
  *blocks = core_of(object)->blocks;
  return core_of(object)->block_count;
}

uint64_t object_seed(const void *self) { return core_of(self)->seed; }

void object_fingerprint(const strait_object *object, char digest[33]) {
  struct core *core = core_of(object);
  pthread_mutex_lock(&core->lock);
  if (core->collecting) {
    hash_digest(core->hash, core->digest);
    core->collecting = 0;
    digests_free(core->digests);
    core->digests = NULL;
  }
  memcpy(digest, core->digest, sizeof core->digest);
  pthread_mutex_unlock(&core->lock);
}
