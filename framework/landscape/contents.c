/* landscape/contents.c: see contents.h. */
#include "landscape/contents.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

const char *const split_prefix[SPLITS] = {[SPLIT_TRAIN] = "tr", [SPLIT_VALIDATION] = "va", [SPLIT_TEST] = "te"};
const char *const measure_suffix[] = {"loss", "nll", "err"};

int contents_begin(struct contents *contents) {
  *contents = (struct contents){.arena = arena_create()};
  return contents->arena ? STRAIT_OK : (contents->status = STRAIT_ENOMEM);
}

static void add(struct contents *contents, struct array array, const char *format, va_list arguments) {
  if (contents->status)
    return;
  array.name = arena_format_v(contents->arena, format, arguments);
  if (!array.name)
    contents->status = STRAIT_ENOMEM;
  else if (!(contents->status =
                 memory_grow(&contents->array, &contents->capacity, contents->count + 1, sizeof *contents->array)))
    contents->array[contents->count++] = array;
}

void contents_add(struct contents *contents, struct array array, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(contents, array, format, arguments);
  va_end(arguments);
}

void contents_row(struct contents *contents, const double *row, int64_t count, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(contents, array_f64("", row, count), format, arguments);
  va_end(arguments);
}

void contents_table(struct contents *contents, const double *table, int64_t rows, int64_t columns, const char *format,
                    ...) {
  struct array array = {.type = STRAIT_F64, .rank = 2, .dims = {rows, columns}, .data = table};
  va_list arguments;
  va_start(arguments, format);
  add(contents, array, format, arguments);
  va_end(arguments);
}

void contents_scalar(struct contents *contents, double value, const char *format, ...) {
  double *copy = contents->status ? NULL : arena_alloc(contents->arena, 1, sizeof *copy);
  struct array array = {.type = STRAIT_F64, .data = copy};
  if (!copy) {
    contents->status = contents->status ? contents->status : STRAIT_ENOMEM;
    return;
  }
  *copy = value;
  va_list arguments;
  va_start(arguments, format);
  add(contents, array, format, arguments);
  va_end(arguments);
}

int contents_write(struct contents *contents, const char *file, const struct metadata *made, size_t pairs) {
  int status = contents->status ? contents->status : npz_write(file, contents->array, contents->count, made, pairs);
  memory_free(contents->array);
  arena_free(contents->arena);
  *contents = (struct contents){0};
  return status;
}

const void *arrays_row(const struct arrays *arrays, uint32_t type, int64_t count, const char *format, ...) {
  char name[64];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(name, sizeof name, format, arguments);
  va_end(arguments);
  const struct array *array = arrays_find(arrays, name);
  return array && array->type == type && array_count(array) == count ? array->data : NULL;
}
