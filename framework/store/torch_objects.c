/* store/torch_objects.c: what PyTorch's pickles may name, and the storages that their persistent ids describe, after
 * torch/serialization.py. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/torch_objects.h"

static int odd(const char *what) { return error_set(STRAIT_EFORMAT, "%s: the file is damaged", what); }

static int is_count(const struct pickle_value *value) { return value->type == PICKLE_INTEGER && value->integer >= 0; }

/* --- storages --- */

size_t torch_storage_bytes(const struct torch_storage *storage) {
  return storage->element ? (size_t)storage->count * storage->element->bytes : 0;
}

/* The window that view metadata describe: None, or (a key of its own, the first element, how many). */
static int read_window(const struct pickle_value *metadata, struct torch_window *window) {
  if (metadata->type == PICKLE_NONE)
    return STRAIT_OK;
  if (metadata->type != PICKLE_TUPLE || metadata->items->count != 3 || !is_count(&metadata->items->item[1]) ||
      !is_count(&metadata->items->item[2]))
    return odd("a storage's view is not described as such");
  window->first = metadata->items->item[1].integer;
  window->count = metadata->items->item[2].integer;
  if (window->first > window->storage->count || window->count > window->storage->count - window->first)
    return odd("a view reaches beyond its storage");
  return STRAIT_OK;
}

/* What the names of the table below are, beside functions: the element's row is the rest. */
enum { IS_STORAGE = 0x100, IS_TYPE = 0x200, IS_TENSOR = 0x400, KIND = 0xf00 };

static const struct element *element_of(const struct pickle_value *value, size_t kind) {
  return value->type == PICKLE_NAME && (value->name->what & KIND) == kind ? &elements[value->name->what - kind] : NULL;
}

/* ("storage", its type, key, location, elements[, view]). The legacy format also refers so to the source of a class:
 * ("module", class, file, text). */
static int make_storage(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                        struct pickle_value *result) {
  const struct pickle_rules *rules = pickle_rules_of(machine);
  struct torch_objects *objects = rules->context;
  const struct pickle_items *id = count == 1 && arguments->type == PICKLE_TUPLE ? arguments->items : NULL;
  if (id && id->count > 1 && pickle_is_text(&id->item[0], "module") && id->item[1].type == PICKLE_OPAQUE)
    return *result = id->item[1], STRAIT_OK;
  if (!id || id->count < 5 || id->count > 6 || !pickle_is_text(&id->item[0], "storage") ||
      (id->item[1].type != PICKLE_OPAQUE && !element_of(&id->item[1], IS_STORAGE)) ||
      id->item[2].type != PICKLE_STRING || !is_count(&id->item[4]))
    return odd("a storage is not described as such");
  struct torch_window *window = arena_alloc(objects->arena, 1, sizeof *window);
  struct torch_storage *storage = arena_alloc(objects->arena, 1, sizeof *storage);
  if (!window || !storage ||
      memory_grow(&objects->storage, &objects->capacity, objects->count + 1, sizeof *objects->storage))
    return STRAIT_ENOMEM;
  storage->element = element_of(&id->item[1], IS_STORAGE);
  storage->unknown = storage->element ? NULL : id->item[1].text;
  storage->key = id->item[2].text;
  storage->key_length = id->item[2].length;
  storage->count = id->item[4].integer;
  if (storage->element && (uint64_t)storage->count > PTRDIFF_MAX / storage->element->bytes)
    return odd("a storage is larger than memory can be");
  objects->storage[objects->count++] = storage;
  *window = (struct torch_window){storage, 0, storage->count};
  if (id->count == 6 && read_window(&id->item[5], window))
    return error_failure();
  *result = (struct pickle_value){.type = PICKLE_OBJECT, .kind = TORCH_STORAGE, .object = window};
  return STRAIT_OK;
}

static int compare_keys(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t length = a_length < b_length ? a_length : b_length;
  int order = length ? memcmp(a, b, length) : 0;
  return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_storages(const void *a, const void *b) {
  const struct torch_storage *x = *(struct torch_storage *const *)a, *y = *(struct torch_storage *const *)b;
  return compare_keys(x->key, x->key_length, y->key, y->key_length);
}

int torch_settle(struct torch_objects *objects) {
  size_t kept = 0;
  if (objects->count)
    qsort(objects->storage, objects->count, sizeof *objects->storage, compare_storages);
  for (size_t i = 0; i < objects->count; i++) {
    struct torch_storage *storage = objects->storage[i], *before = kept ? objects->storage[kept - 1] : NULL;
    if (before && compare_storages(&before, &storage) == 0) {
      if (before->element != storage->element || before->count != storage->count)
        return error_set(STRAIT_EFORMAT, "storage %s is described in two ways: the file is damaged",
                         pickle_quote(objects->arena, storage->key, storage->key_length));
      storage->same = before;
    } else {
      storage->same = storage;
      objects->storage[kept++] = storage;
    }
  }
  objects->count = kept;
  return STRAIT_OK;
}

struct torch_storage *torch_find(const struct torch_objects *objects, const char *key, size_t length) {
  size_t low = 0, high = objects->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    struct torch_storage *storage = objects->storage[middle];
    int order = compare_keys(key, length, storage->key, storage->key_length);
    if (order == 0)
      return storage;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

void torch_objects_free(struct torch_objects *objects) { memory_free(objects->storage); }

/* --- names --- */

static void add_name(struct pickle_name *names, size_t *count, const char *module, const char *name, size_t what) {
  if (name)
    names[(*count)++] = (struct pickle_name){.module = module, .name = name, .what = what};
}

/* PyTorch's functions that make tensors, and the types of storages and numbers, from the table of elements. */
static const struct pickle_name *make_names(struct arena *arena) {
  static const struct pickle_name fixed[] = {
      {"collections", "OrderedDict", pickle_ordered_dict, 0},
      {"torch._utils", "_rebuild_tensor", torch_make_tensor, 0},
      {"torch._utils", "_rebuild_tensor_v2", torch_make_tensor2, 0},
      {"torch._utils", "_rebuild_tensor_v3", torch_make_tensor3, 0},
      {"torch._utils", "_rebuild_parameter", torch_make_parameter, 0},
      {"torch._utils", "_rebuild_parameter_with_state", torch_make_parameter_with_state, 0},
      {"torch._tensor", "_rebuild_from_type", torch_make_of_type, 0},
      {"torch._tensor", "_rebuild_from_type_v2", torch_make_of_type, 0},
      {"torch", "Tensor", NULL, IS_TENSOR},
      {"torch._tensor", "Tensor", NULL, IS_TENSOR},
      {"torch.nn.parameter", "Parameter", NULL, IS_TENSOR},
      {"torch.nn.parameter", "Buffer", NULL, IS_TENSOR},
  };
  struct pickle_name *names = arena_alloc(arena, sizeof fixed / sizeof *fixed + 4 * ELEMENT_KINDS + 1, sizeof *names);
  size_t count = sizeof fixed / sizeof *fixed;
  if (!names)
    return NULL;
  memcpy(names, fixed, sizeof fixed);
  for (size_t i = 0; elements[i].name; i++) {
    add_name(names, &count, "torch", elements[i].storage, IS_STORAGE + i);
    add_name(names, &count, "torch.cuda", elements[i].storage, IS_STORAGE + i); /* until 0.3 */
    add_name(names, &count, "torch.storage", elements[i].storage, IS_STORAGE + i);
    add_name(names, &count, "torch", elements[i].name, IS_TYPE + i);
  }
  return names; /* the last is zeros */
}

const struct element *torch_type_of(const struct pickle_value *value) { return element_of(value, IS_TYPE); }

int torch_is_tensor_class(const struct pickle_value *value) {
  return value->type == PICKLE_NAME && value->name->what == IS_TENSOR;
}

int torch_pickle(struct torch_objects *objects, const void *data, size_t length, size_t *used,
                 struct pickle_value *value) {
  if (!objects->names)
    objects->names = make_names(objects->arena);
  if (!objects->names)
    return error_failure();
  struct pickle_rules rules = {
      .names = objects->names, .persistent = make_storage, .arena = objects->arena, .context = objects};
  return pickle_read(&rules, data, length, used, value);
}
