/* store/document.c: JSON documents. jansson reads them, and writes every string and number; this file only puts those
 * between brackets, because jansson has one precision for all real numbers and each needs its own to be short and
 * exact.
 *
 * A document in a file ends with its seal, the member "checksum": a hash of all bytes in front of its digits. What
 * follows the digits is always the same. */
#include <config.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "store/document.h"

#define LARGEST_FILE (64 << 20)
#define DEEPEST 64 /* nested values; ours have a handful */

/* --- memory that jansson does not get --- */

static _Thread_local int starved;
static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  starved |= !memory;
  return memory;
}
void document_watch_memory(void) { json_set_alloc_funcs(allocate, free); }

json_t *document_number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

json_t *document_measure(double value) {
  return isfinite(value) ? json_real(value) : json_string(isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
}

int document_value(const json_t *value, double *number) {
  static const struct {
    const char *text;
    double number;
  } words[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}};
  const char *text = json_string_value(value);
  *number = json_is_number(value) ? json_number_value(value) : (double)NAN;
  for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
    if (strcmp(text, words[i].text) == 0) {
      *number = words[i].number;
      return 1;
    }
  return json_is_number(value);
}

static int add_bytes(const char *data, size_t length, void *context) {
  struct text *text = context;
  text_add_n(text, data, length);
  return text->status ? -1 : 0;
}

/* The shortest decimal that reads back as the same double, as JSON: 10.0 and 1e22, not 1e1 or 1e+22. Not jansson's,
 * which writes other digits and exponents from release 2.15 on: files must not depend on it. */
static void print_real(struct text *text, double value) {
  char decimal[40];
  int digits = 1;
  if (fabs(value) < 1e15) /* whole numbers of up to 15 digits have no exponent */
    for (double power = 10; fabs(value) >= power; power *= 10)
      digits++;
  do
    snprintf(decimal, sizeof decimal, "%.*g", digits, value);
  while (strtod(decimal, NULL) != value && digits++ < 17);
  char *exponent = strchr(decimal, 'e');
  if (!exponent)
    text_add(text, strchr(decimal, '.') ? "%s" : "%s.0", decimal);
  else
    text_add(text, "%.*se%ld", (int)(exponent - decimal), decimal, strtol(exponent + 1, NULL, 10));
}

static void print_leaf(struct text *text, const json_t *value) {
  if (json_is_real(value))
    print_real(text, json_real_value(value));
  else if (json_dump_callback(value, add_bytes, text, JSON_ENCODE_ANY) && !text->status)
    text->status = error_set(STRAIT_ENOMEM, "out of memory"); /* nothing else fails: add_bytes says why it did */
}

static void new_line(struct text *text, int compact, int depth) {
  if (!compact)
    text_add(text, "\n%*s", 2 * depth, "");
}

static void print_value(struct text *text, const json_t *value, int compact, int depth);

static void print_object(struct text *text, const json_t *object, int compact, int depth) {
  json_t *map = (json_t *)object; /* jansson iterates in insertion order, over a pointer that is not const */
  const char *separator = "";
  text_add_n(text, "{", 1);
  for (void *at = json_object_iter(map); at; at = json_object_iter_next(map, at)) {
    json_t *key = json_string(json_object_iter_key(at));
    text_add(text, "%s", separator);
    new_line(text, compact, depth + 1);
    if (key)
      print_leaf(text, key);
    else if (!text->status)
      text->status = error_set(STRAIT_ENOMEM, "out of memory");
    json_decref(key);
    text_add(text, compact ? ":" : ": ");
    print_value(text, json_object_iter_value(at), compact, depth + 1);
    separator = ",";
  }
  if (*separator)
    new_line(text, compact, depth);
  text_add_n(text, "}", 1);
}

/* Arrays of plain values stay in one line, whatever the layout: rows of numbers are easier to read so. */
static int is_flat(const json_t *array) {
  for (size_t i = 0; i < json_array_size(array); i++)
    if (json_is_object(json_array_get(array, i)) || json_is_array(json_array_get(array, i)))
      return 0;
  return 1;
}

static void print_array(struct text *text, const json_t *array, int compact, int depth) {
  int flat = compact || is_flat(array);
  text_add_n(text, "[", 1);
  for (size_t i = 0; i < json_array_size(array); i++) {
    if (i)
      text_add(text, flat && !compact ? ", " : ",");
    new_line(text, flat, depth + 1);
    print_value(text, json_array_get(array, i), compact, depth + 1);
  }
  new_line(text, flat, depth);
  text_add_n(text, "]", 1);
}

static void print_value(struct text *text, const json_t *value, int compact, int depth) {
  if (text->status)
    return;
  if (depth > DEEPEST)
    text->status = error_set(STRAIT_EBUG, "a JSON value nested more than %d deep", DEEPEST);
  else if (json_is_object(value))
    print_object(text, value, compact, depth);
  else if (json_is_array(value))
    print_array(text, value, compact, depth);
  else
    print_leaf(text, value);
}

void document_print(struct text *text, const json_t *value, int compact) {
  print_value(text, value, compact, 0);
  if (starved && !text->status)
    text->status = error_set(STRAIT_ENOMEM, "out of memory");
}

/* --- files --- */

#define CHECKSUM "checksum"
#define DIGITS 32
#define BEFORE "\n  \"" CHECKSUM "\": \""
#define AFTER "\"\n}\n"

/* Puts the seal in front of the last bracket. */
static void seal(struct text *text, int empty) {
  static const char end[] = "\n}";
  char digest[DIGITS + 1];
  if (text->status)
    return;
  text->length -= empty ? 1 : sizeof end - 1;
  text_add(text, "%s" BEFORE, empty ? "" : ",");
  if (text->status)
    return;
  hash_of(text->data, text->length, digest);
  text_add(text, "%s" AFTER, digest);
}

int document_write(const char *path, const json_t *value) {
  struct text text = {0};
  if (!json_is_object(value) || json_object_get(value, CHECKSUM))
    return error_set(STRAIT_EBUG, "%s: a document is an object, without a member \"" CHECKSUM "\"", path);
  document_print(&text, value, 0);
  seal(&text, json_object_size(value) == 0);
  int status = text.status ? error_wrap("%s", path) : file_write(path, text.data, text.length);
  text_free(&text);
  return status;
}

static int check_seal(const char *data, size_t length) {
  const size_t before = sizeof BEFORE - 1, after = sizeof AFTER - 1;
  char digest[DIGITS + 1];
  if (length < before + DIGITS + after || memcmp(data + length - after, AFTER, after) != 0 ||
      memcmp(data + length - after - DIGITS - before, BEFORE, before) != 0)
    return error_set(STRAIT_EFORMAT, "there is no checksum at its end: it is damaged, or not written by strait");
  length -= after + DIGITS;
  hash_of(data, length, digest);
  if (memcmp(digest, data + length, DIGITS) != 0)
    return error_set(STRAIT_EFORMAT,
                     "its bytes do not have the checksum at its end: the file is damaged, or was changed by hand");
  return STRAIT_OK;
}

int document_parse(const char *data, size_t length, size_t flags, json_t **value, json_error_t *error) {
  int before = starved;
  starved = 0;
  *value = json_loadb(data, length, JSON_REJECT_DUPLICATES | flags, error);
  int failed = starved;
  starved |= before;
  if (!failed)
    return *value ? STRAIT_OK : error_set(STRAIT_EFORMAT, "%s", error->text);
  json_decref(*value);
  *value = NULL;
  return error_set(STRAIT_ENOMEM, "out of memory");
}

int document_read(const char *path, json_t **value) {
  json_error_t error;
  char *data;
  size_t length;
  *value = NULL;
  int status = file_read(path, LARGEST_FILE, &data, &length);
  if (status)
    return status;
  status = document_parse(data, length, 0, value, &error);
  if (status == STRAIT_EFORMAT) {
    memory_free(data);
    return error_wrap("%s:%d", path, error.line);
  }
  if (!status)
    status = check_seal(data, length);
  memory_free(data);
  if (status) {
    json_decref(*value);
    *value = NULL;
    return error_wrap("%s", path);
  }
  json_object_del(*value, CHECKSUM);
  return STRAIT_OK;
}
