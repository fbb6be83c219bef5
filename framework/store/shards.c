/* store/shards.c: reads the parts that an index names, and brings their arrays together. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/document.h"
#include "store/loaded.h"
#include "store/shards.h"

#define LONGEST_INDEX (64 << 20)
#define MOST_PARTS 1000

struct part {
  const char *file;
  size_t first, count; /* its arrays in the list of all */
};
struct shards {
  struct arrays *all;
  struct part part[MOST_PARTS];
  size_t parts;
};

static const struct part *find_part(const struct shards *s, const char *file) {
  for (size_t i = 0; i < s->parts; i++)
    if (strcmp(s->part[i].file, file) == 0)
      return &s->part[i];
  return NULL;
}

/* A name in the index's own folder: the file says which, and is not to lead elsewhere. */
static int check_name(const char *file) {
  return *file && !strchr(file, '/') && *file != '.'
             ? STRAIT_OK
             : error_set(STRAIT_EFORMAT, "the index names \"%s\", which is not a file in its folder", file);
}

static int read_part(struct shards *s, const char *folder, const char *file, shard_reader *read, void *context) {
  struct arrays *arrays = NULL;
  const char *path = file_join(s->all->arena, folder, file);
  int status = path ? check_name(file) : error_failure();
  if (!status && s->parts == MOST_PARTS)
    status = error_set(STRAIT_ENOTSUP, "the index names more than %d files", MOST_PARTS);
  if (!status)
    status = read(&arrays, path, context);
  if (status)
    return status;
  s->part[s->parts++] = (struct part){file, s->all->count, arrays->count};
  return arrays_adopt(s->all, arrays);
}

static int check_array(const struct shards *s, const char *name, const char *file) {
  const struct part *part = find_part(s, file);
  for (size_t i = part->first; i < part->first + part->count; i++)
    if (strcmp(s->all->array[i].name, name) == 0)
      return STRAIT_OK;
  return error_set(STRAIT_EFORMAT, "tensor \"%s\" is not in %s, where the index has it", name, file);
}

static int read_all(struct shards *s, const char *folder, json_t *map, shard_reader *read, void *context) {
  const char *name;
  json_t *file;
  int status = STRAIT_OK;
  json_object_foreach(map, name, file) {
    if (status)
      return status;
    if (!json_is_string(file))
      return error_set(STRAIT_EFORMAT, "weight_map: \"%s\" names no file", name);
    if (!find_part(s, json_string_value(file)))
      status = read_part(s, folder, json_string_value(file), read, context);
    if (!status)
      status = check_array(s, name, json_string_value(file));
  }
  return status;
}

int shards_read(struct arrays **result, const char *path, shard_reader *read, void *context) {
  struct shards *s = memory_alloc(1, sizeof *s);
  char *data = NULL;
  size_t length = 0;
  json_t *json = NULL;
  json_error_t error;
  const char *slash = strrchr(path, '/'), *folder = ".";
  int status = s ? arrays_create(&s->all) : STRAIT_ENOMEM;
  *result = NULL;
  if (!status && slash)
    folder = slash == path ? "/" : arena_copy_n(s->all->arena, path, (size_t)(slash - path));
  if (!status && !folder)
    status = STRAIT_ENOMEM;
  if (!status)
    status = file_read(path, LONGEST_INDEX, &data, &length);
  if (!status && (status = document_parse(data, length, 0, &json, &error)))
    error_wrap("%s", path);
  if (!status && !json_object_size(json_object_get(json, "weight_map")))
    status = error_set(STRAIT_EFORMAT, "%s has no weight_map, so it is not an index of files with weights", path);
  if (!status && (status = read_all(s, folder, json_object_get(json, "weight_map"), read, context)))
    error_wrap("%s", path);
  if (!status) {
    *result = s->all;
    s->all = NULL;
  }
  json_decref(json);
  memory_free(data);
  if (s)
    arrays_free(s->all);
  memory_free(s);
  return status;
}

int shard_count(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  for (const char *c = strstr(name, "-of-"); c; c = strstr(c + 1, "-of-")) {
    const char *digits = c;
    int count = 0;
    while (digits > name && digits[-1] >= '0' && digits[-1] <= '9')
      digits--;
    if (digits < c && digits > name && digits[-1] == '-' && sscanf(c + 4, "%5d.", &count) == 1 && count > 1)
      return count;
  }
  return 0;
}
