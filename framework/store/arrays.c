/* store/arrays.c: arrays and their sizes, apart from any format. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/loaded.h"

size_t element_bytes(uint32_t type) {
  switch (type) {
  case STRAIT_U8:
    return 1;
  case STRAIT_I32:
  case STRAIT_F32:
    return 4;
  case STRAIT_I64:
  case STRAIT_F64:
    return 8;
  }
  return 0;
}

int array_measure(const struct array *array, size_t *bytes) {
  size_t product = element_bytes(array->type);
  if (array->rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_EFORMAT, "%u dimensions, %d are the most", array->rank, STRAIT_MAX_DIMS);
  int empty = 0;
  for (uint32_t i = 0; i < array->rank; i++) {
    if (array->dims[i] < 0)
      return error_set(STRAIT_EFORMAT, "dimension %u is %lld", i, (long long)array->dims[i]);
    empty |= array->dims[i] == 0;
    if (array->dims[i] && __builtin_mul_overflow(product, (uint64_t)array->dims[i], &product))
      product = SIZE_MAX;
    if (product > PTRDIFF_MAX)
      return error_set(STRAIT_EFORMAT, "its dimensions are too large");
  }
  *bytes = empty ? 0 : product;
  return STRAIT_OK;
}

int64_t array_count(const struct array *array) {
  int64_t count = 1;
  for (uint32_t i = 0; i < array->rank; i++)
    count *= array->dims[i];
  return count;
}

size_t array_bytes(const struct array *array) { return (size_t)array_count(array) * element_bytes(array->type); }

struct array array_f32(const char *name, const float *data, int64_t count) {
  return (struct array){.name = name, .type = STRAIT_F32, .rank = 1, .dims = {count}, .data = data};
}

struct array array_f64(const char *name, const double *data, int64_t count) {
  return (struct array){.name = name, .type = STRAIT_F64, .rank = 1, .dims = {count}, .data = data};
}

struct array array_i64(const char *name, const int64_t *data, int64_t count) {
  return (struct array){.name = name, .type = STRAIT_I64, .rank = 1, .dims = {count}, .data = data};
}

int array_list_add(struct array_list *list, struct array array) {
  if (memory_grow(&list->array, &list->capacity, list->count + 1, sizeof *list->array))
    return STRAIT_ENOMEM;
  list->array[list->count++] = array;
  return STRAIT_OK;
}

void array_list_free(struct array_list *list) {
  memory_free(list->array);
  *list = (struct array_list){0};
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

#define FREE_SWELLING ((uint64_t)16 << 20)

int array_swells(uint64_t *total, size_t bytes, uint64_t most, uint64_t file_bytes) {
  return __builtin_add_overflow(*total, bytes, total) ||
         (*total > FREE_SWELLING && (*total - FREE_SWELLING) / most >= file_bytes &&
          *total - FREE_SWELLING > most * file_bytes);
}

int arrays_check(const struct array *arrays, size_t count) {
  size_t bytes;
  const char **names = memory_alloc(count, sizeof *names);
  int status = names ? STRAIT_OK : STRAIT_ENOMEM;
  for (size_t i = 0; i < count && !status; i++) {
    names[i] = arrays[i].name;
    if (!element_bytes(arrays[i].type))
      status = error_set(STRAIT_EINVAL, "array \"%s\" has the unknown type %u", arrays[i].name, arrays[i].type);
    else if (array_measure(&arrays[i], &bytes))
      status = error_set(STRAIT_EINVAL, "array \"%s\" has bad dimensions", arrays[i].name);
  }
  if (!status)
    qsort(names, count, sizeof *names, compare_names);
  for (size_t i = 1; i < count && !status; i++)
    if (!strcmp(names[i - 1], names[i]))
      status = error_set(STRAIT_EINVAL, "two arrays are named \"%s\"", names[i]);
  memory_free(names);
  return status;
}

int arrays_create(struct arrays **result) {
  struct arrays *arrays = memory_alloc(1, sizeof *arrays);
  *result = NULL;
  if (!arrays)
    return STRAIT_ENOMEM;
  arrays->arena = arena_create();
  if (!arrays->arena) {
    memory_free(arrays);
    return STRAIT_ENOMEM;
  }
  *result = arrays;
  return STRAIT_OK;
}

int arrays_add(struct arrays *arrays, const struct array *array) {
  int status = memory_grow(&arrays->array, &arrays->capacity, arrays->count + 1, sizeof *array);
  if (!status)
    arrays->array[arrays->count++] = *array;
  return status;
}

int arrays_refuse(struct arrays *arrays, struct array *array, int status) {
  if (status != STRAIT_ENOTSUP)
    return status;
  *array = (struct array){.name = array->name, .data = arena_copy(arrays->arena, error_text())};
  if (!array->data)
    return error_failure();
  error_clear();
  return STRAIT_OK;
}

const char *array_refusal(const struct array *array) { return array->type ? NULL : array->data; }

int arrays_check_read(const struct arrays *arrays) {
  for (size_t i = 0; i < arrays->count; i++)
    if (array_refusal(&arrays->array[i]))
      return error_set(STRAIT_ENOTSUP, "tensor \"%s\": %s", arrays->array[i].name, array_refusal(&arrays->array[i]));
  return STRAIT_OK;
}

int arrays_adopt(struct arrays *arrays, struct arrays *other) {
  for (size_t i = 0; i < other->count; i++)
    if (arrays_add(arrays, &other->array[i]))
      return error_failure();
  for (size_t i = 0; i < ELEMENT_KINDS; i++)
    arrays->converted[i] += other->converted[i];
  arrays->without_sums |= other->without_sums;
  struct arrays **last = &arrays->adopted;
  while (*last)
    last = &(*last)->adopted;
  *last = other;
  return STRAIT_OK;
}

void arrays_free(struct arrays *arrays) {
  if (!arrays)
    return;
  arrays_free(arrays->adopted);
  memory_free(arrays->array);
  memory_free(arrays->metadata);
  arena_free(arrays->arena);
  memory_free(arrays);
}

size_t arrays_count(const struct arrays *arrays) { return arrays->count; }

const struct array *arrays_at(const struct arrays *arrays, size_t i) { return &arrays->array[i]; }

const struct array *arrays_find(const struct arrays *arrays, const char *name) {
  for (size_t i = 0; i < arrays->count; i++)
    if (!strcmp(arrays->array[i].name, name))
      return &arrays->array[i];
  return NULL;
}

const char *arrays_metadata(const struct arrays *arrays, const char *key) {
  for (size_t i = 0; i < arrays->pairs; i++)
    if (!strcmp(arrays->metadata[i].key, key))
      return arrays->metadata[i].value;
  return NULL;
}

int arrays_check_made(const struct arrays *arrays, const struct metadata *made, size_t pairs) {
  for (size_t i = pairs; i-- > 0;) { /* the version, which is in the key too, explains more */
    const char *value = arrays_metadata(arrays, made[i].key);
    const int version = strcmp(made[i].key, "strait.numerics") == 0;
    if (value && strcmp(value, made[i].value) == 0)
      continue;
    if (!value)
      return error_set(STRAIT_EINVAL, "it does not say what made it (%s): another program or version did", made[i].key);
    if (version)
      return error_set(STRAIT_EINVAL,
                       "it was made by another version of strait, whose results have other bytes (numerics %s; this "
                       "one has %s)",
                       value, made[i].value);
    return error_set(STRAIT_EINVAL,
                     "it was made with other options, data or plugins (key %.8s...; this stage has %.8s...)", value,
                     made[i].value);
  }
  return STRAIT_OK;
}
