/* store/torch_objects.c: what PyTorch's pickles may name, and the functions of ours that stand for it. The argument
 * lists are those of torch/_utils.py and torch/serialization.py; every number in them is checked here. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/torch_objects.h"

static int odd(const char *what) { return error_set(STRAIT_EFORMAT, "%s: the file is damaged", what); }

static int is_count(const struct pickle_value *value) { return value->type == PICKLE_INTEGER && value->integer >= 0; }

static int is_object(const struct pickle_value *value, uint32_t kind) {
  return value->type == PICKLE_OBJECT && value->kind == kind;
}

/* --- storages --- */

/* What a persistent id makes: a storage, or (in old files) a window on one. */
struct window {
  struct torch_storage *storage;
  int64_t first, count; /* elements */
};

size_t torch_storage_bytes(const struct torch_storage *storage) {
  return (size_t)storage->count * storage->type->bytes;
}

/* The window that view metadata describe: None, or (a key of its own, the first element, how many). */
static int read_window(const struct pickle_value *metadata, struct window *window) {
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

/* ("storage", its type, key, location, elements[, view]). */
static int make_storage(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                        struct pickle_value *result) {
  const struct pickle_rules *rules = pickle_rules_of(machine);
  struct torch_objects *objects = rules->context;
  const struct pickle_items *id = count == 1 && arguments->type == PICKLE_TUPLE ? arguments->items : NULL;
  if (!id || id->count < 5 || id->count > 6 || !pickle_is_text(&id->item[0], "storage") ||
      id->item[1].type != PICKLE_NAME || !id->item[1].name->what || id->item[2].type != PICKLE_STRING ||
      !is_count(&id->item[4]))
    return odd("a storage is not described as such");
  struct window *window = arena_alloc(objects->arena, 1, sizeof *window);
  struct torch_storage *storage = arena_alloc(objects->arena, 1, sizeof *storage);
  if (!window || !storage ||
      memory_grow(&objects->storage, &objects->capacity, objects->count + 1, sizeof *objects->storage))
    return STRAIT_ENOMEM;
  storage->type = &torch_types[id->item[1].name->what - 1];
  storage->key = id->item[2].text;
  storage->key_length = id->item[2].length;
  storage->count = id->item[4].integer;
  if ((uint64_t)storage->count > PTRDIFF_MAX / storage->type->bytes)
    return odd("a storage is larger than memory can be");
  objects->storage[objects->count++] = storage;
  *window = (struct window){storage, 0, storage->count};
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
      if (before->type != storage->type || before->count != storage->count)
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

/* --- tensors --- */

#define MOST_DIMS 64 /* torch's own limit */

/* How many elements lie between a tensor's first and its last, both included; 0 for an empty one. */
static int measure_extent(const struct pickle_items *size, const struct pickle_items *stride, int64_t *extent) {
  *extent = 1;
  for (size_t i = 0; i < size->count; i++)
    if (!is_count(&size->item[i]) || !is_count(&stride->item[i]))
      return odd("a dimension or a stride is no number from 0 on");
  for (size_t i = 0; i < size->count; i++)
    if (size->item[i].integer == 0)
      return *extent = 0, STRAIT_OK;
  for (size_t i = 0; i < size->count; i++) {
    int64_t reach;
    if (__builtin_mul_overflow(size->item[i].integer - 1, stride->item[i].integer, &reach) ||
        __builtin_add_overflow(*extent, reach, extent))
      return odd("a tensor reaches beyond its storage");
  }
  return STRAIT_OK;
}

/* (storage, offset, size, stride, ...). */
static int make_tensor(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                       struct pickle_value *result) {
  int64_t extent;
  if (count < 4 || count > 7 || !is_object(&arguments[0], TORCH_STORAGE) || !is_count(&arguments[1]) ||
      arguments[2].type != PICKLE_TUPLE || arguments[3].type != PICKLE_TUPLE ||
      arguments[2].items->count != arguments[3].items->count)
    return odd("a tensor is not described as such");
  const struct window *window = arguments[0].object;
  const struct pickle_items *size = arguments[2].items, *stride = arguments[3].items;
  int64_t offset = arguments[1].integer;
  if (size->count > MOST_DIMS)
    return odd("a tensor has more dimensions than torch allows");
  if (measure_extent(size, stride, &extent))
    return error_failure();
  if (extent && (offset > window->count || extent > window->count - offset))
    return odd("a tensor reaches beyond its storage");
  struct torch_tensor *tensor = arena_alloc(pickle_rules_of(machine)->arena, 1, sizeof *tensor);
  if (!tensor)
    return error_failure();
  *tensor = (struct torch_tensor){.storage = window->storage, .rank = size->count};
  tensor->offset = extent ? window->first + offset : 0;
  for (size_t i = 0; i < size->count && i < STRAIT_MAX_DIMS; i++) {
    tensor->dims[i] = size->item[i].integer;
    tensor->strides[i] = tensor->dims[i] > 1 ? stride->item[i].integer : 0; /* unused ones may be anything */
  }
  *result = (struct pickle_value){.type = PICKLE_OBJECT, .kind = TORCH_TENSOR, .object = tensor};
  return STRAIT_OK;
}

/* (tensor, requires_grad, hooks[, state]): the tensor itself. */
static int make_parameter(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                          struct pickle_value *result) {
  (void)machine;
  if (count < 3 || count > 4 || !is_object(&arguments[0], TORCH_TENSOR))
    return odd("a parameter is not described as such");
  *result = arguments[0];
  return STRAIT_OK;
}

/* --- names --- */

/* what: the index in torch_types, from 1. */
static const struct pickle_name names[] = {
    {"collections", "OrderedDict", pickle_ordered_dict, 0},
    {"torch._utils", "_rebuild_tensor", make_tensor, 0},
    {"torch._utils", "_rebuild_tensor_v2", make_tensor, 0},
    {"torch._utils", "_rebuild_parameter", make_parameter, 0},
    {"torch._utils", "_rebuild_parameter_with_state", make_parameter, 0},
    {"torch", "FloatStorage", NULL, 1},
    {"torch", "DoubleStorage", NULL, 2},
    {"torch", "HalfStorage", NULL, 3},
    {"torch", "BFloat16Storage", NULL, 4},
    {"torch", "IntStorage", NULL, 5},
    {"torch", "LongStorage", NULL, 6},
    {"torch", "ShortStorage", NULL, 7},
    {"torch", "CharStorage", NULL, 8},
    {"torch", "ByteStorage", NULL, 9},
    {"torch", "BoolStorage", NULL, 10},
    {"torch", "ComplexFloatStorage", NULL, 11},
    {"torch", "ComplexDoubleStorage", NULL, 12},
    {NULL, NULL, NULL, 0},
};

int torch_pickle(struct torch_objects *objects, const void *data, size_t length, size_t *used,
                 struct pickle_value *value) {
  struct pickle_rules rules = {.names = names, .persistent = make_storage, .arena = objects->arena, .context = objects};
  return pickle_read(&rules, data, length, used, value);
}
