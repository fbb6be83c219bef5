/* store/torch_select.c: the named tensors in the dict that is meant, and what beside them is told. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/torch_objects.h"

#define LONGEST_NAME 1000

static int copy_name(const struct pickle_value *key, struct arena *arena, const char **name) {
  if (!key->length || key->length > LONGEST_NAME || memchr(key->text, '\0', key->length))
    return error_set(STRAIT_EFORMAT, "no tensor can be named \"%s\"", pickle_quote(arena, key->text, key->length));
  *name = arena_copy_n(arena, key->text, key->length);
  return *name ? STRAIT_OK : error_failure();
}

static int note_left_out(const struct pickle_value *dict, size_t count, struct arena *arena, struct notes *notes) {
  struct text text = {0};
  size_t listed = 0;
  for (size_t i = 0; i + 1 < dict->items->count && listed < 5; i += 2) {
    const struct pickle_value *key = &dict->items->item[i];
    const struct torch_tensor *tensor;
    if (key->type == PICKLE_STRING && torch_is_tensor(key + 1, &tensor))
      continue;
    if (key->type == PICKLE_STRING)
      text_add(&text, "%s%s", listed++ ? ", " : "", pickle_quote(arena, key->text, key->length));
    else
      text_add(&text, "%sone whose key is of type %s", listed++ ? ", " : "", pickle_type_name(key));
  }
  int status = text.status ? text.status
                           : note_add(notes, "skipped entries that are not named tensors: %s%s", text.data,
                                      count > listed ? ", ..." : "");
  text_free(&text);
  return status;
}

int torch_select(const struct pickle_value *root, const char *key, struct arena *arena, struct notes *notes,
                 struct torch_named **named, size_t *count) {
  const struct pickle_value *dict = NULL;
  const char *path = NULL;
  int status = torch_search(root, key, arena, &dict, &path);
  if (status)
    return status;
  if (path && note_add(notes, "took the tensors under the checkpoint's key \"%s\"", path))
    return error_failure();
  size_t entries = dict->items->count / 2, n = 0;
  struct torch_named *list = arena_alloc(arena, entries, sizeof *list);
  if (!list)
    return error_failure();
  for (size_t i = 0; i < entries; i++) {
    const struct pickle_value *name = &dict->items->item[2 * i];
    if (name->type != PICKLE_STRING || !torch_is_tensor(name + 1, &list[n].tensor))
      continue;
    if (!list[n].tensor)
      list[n].tensor = torch_refused(name + 1, arena);
    if (!list[n].tensor || copy_name(name, arena, &list[n].name))
      return error_failure();
    n++;
  }
  *named = list;
  *count = n;
  return n < entries ? note_left_out(dict, entries - n, arena, notes) : STRAIT_OK;
}
