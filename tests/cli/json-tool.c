/* tests/cli/json-tool.c: reads a JSON document from standard input and prints the value at a path, "stages.0.name"; "."
 * is the whole, so that only the syntax is checked. The length of an array or object is at PATH.#. Exit code 1: no
 * JSON, or nothing there. `json-tool --seal FILE` writes it to FILE with a checksum that fits, as one who changes a
 * result on purpose would. Without a path it tests itself. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/document.h"

static json_t *step(json_t *value, const char *name) {
  if (json_is_array(value))
    return json_array_get(value, (size_t)strtoul(name, NULL, 10));
  return json_object_get(value, name);
}

/* Follows the path; a negative number is returned for what is not there, and a length for "#". */
static json_t *find(json_t *value, const char *path, long *length) {
  char name[256];
  *length = -1;
  while (value && *path) {
    size_t n = strcspn(path, ".");
    if (n >= sizeof name)
      return NULL;
    memcpy(name, path, n);
    name[n] = 0;
    path += n + (path[n] == '.');
    if (strcmp(name, "#") == 0) {
      *length = (long)(json_is_array(value) ? json_array_size(value) : json_object_size(value));
      return value;
    }
    value = *name ? step(value, name) : value;
  }
  return value;
}

static void print(const json_t *value) {
  if (json_is_string(value))
    puts(json_string_value(value));
  else {
    json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    putchar('\n');
  }
}

static int test(void) {
  long length;
  json_t *value = json_loads("{\"a\": [1, {\"b\": \"c\"}]}", 0, NULL);
  json_t *found = find(value, "a.1.b", &length);
  int good = found && strcmp(json_string_value(found), "c") == 0;
  good &= find(value, "a.#", &length) && length == 2;
  good &= !find(value, "a.7", &length);
  good &= !json_loads("{\"a\": nan}", 0, NULL);
  json_decref(value);
  return good ? 0 : 1;
}

int main(int argc, char **argv) {
  json_error_t error;
  long length;
  if (argc < 2)
    return test();
  json_t *whole = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
  if (!whole) {
    fprintf(stderr, "line %d: %s\n", error.line, error.text);
    return 1;
  }
  if (argc > 2 && strcmp(argv[1], "--seal") == 0) {
    json_object_del(whole, "checksum");
    int failed = document_write(argv[2], whole);
    json_decref(whole);
    return failed ? 1 : 0;
  }
  json_t *value = find(whole, argv[1], &length);
  if (length >= 0)
    printf("%ld\n", length);
  else if (value)
    print(value);
  int code = value ? 0 : 1;
  json_decref(whole);
  return code;
}
