/* store/torch_select.c: finds the dict of tensors in what a file holds: a state_dict alone, or a checkpoint with one
 * among its entries, as {"epoch": 30, "state_dict": {...}, "optimizer_state": {...}}. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/torch_objects.h"

#define LONGEST_NAME 1000
#define MOST_ENTRIES 10000000 /* of the dicts that are looked through for tensors */

static const struct torch_tensor *tensor_of(const struct pickle_value *value) {
  return value->type == PICKLE_OBJECT && value->kind == TORCH_TENSOR ? value->object : NULL;
}

/* How many of a dict's values are tensors. */
static size_t count_tensors(const struct pickle_value *value) {
  size_t count = 0;
  for (size_t i = 1; value->type == PICKLE_DICT && i < value->items->count; i += 2)
    count += tensor_of(&value->items->item[i]) != NULL;
  return count;
}

static const struct pickle_value *entry(const struct pickle_value *dict, const char *key) {
  const struct pickle_value *found = NULL;
  for (size_t i = 0; dict->type == PICKLE_DICT && i + 1 < dict->items->count; i += 2)
    if (pickle_is_text(&dict->items->item[i], key))
      found = &dict->items->item[i + 1]; /* the last one holds, as in Python */
  return found;
}

/* A dict's keys with what they hold, for messages: "epoch" (integer), "net" (62 tensors). */
static void list_entries(struct text *text, const struct pickle_value *dict, struct arena *arena) {
  const size_t most = 2 * 12, count = dict->type == PICKLE_DICT ? dict->items->count : 0;
  const struct pickle_value *item = count ? dict->items->item : NULL;
  for (size_t i = 0; item && i + 1 < count && i < most; i += 2) {
    const struct pickle_value *key = &item[i], *value = key + 1;
    size_t tensors = count_tensors(value);
    text_add(text, "%s", i ? ", " : "");
    if (key->type == PICKLE_STRING)
      text_add(text, "\"%s\"", pickle_quote(arena, key->text, key->length));
    else
      text_add(text, "one of type %s", pickle_type_name(key));
    if (tensors)
      text_add(text, " (%zu tensor%s)", tensors, tensors == 1 ? "" : "s");
    else
      text_add(text, " (%s)", pickle_type_name(value));
  }
  if (count > most)
    text_add(text, " and %zu more", count / 2 - most / 2);
  if (!count)
    text_add(text, "nothing");
}

/* STRAIT_EINVAL: what is wrong (NULL: memory is out), then the list of entries. */
static int fail_listing(const struct pickle_value *dict, struct arena *arena, const char *before) {
  struct text text = {0};
  if (!before)
    return error_failure();
  list_entries(&text, dict, arena);
  int status = text.status ? text.status : error_set(STRAIT_EINVAL, "%s; it holds %s", before, text.data);
  text_free(&text);
  return status;
}

/* Goes down along "a/b". */
static int descend(const struct pickle_value *root, const char *key, struct arena *arena,
                   const struct pickle_value **found) {
  *found = root;
  for (const char *part = key; part;) {
    const char *slash = strchr(part, '/');
    char *name = arena_copy_n(arena, part, slash ? (size_t)(slash - part) : strlen(part));
    const struct pickle_value *next = name ? entry(*found, name) : NULL;
    if (!name)
      return error_failure();
    if (!next)
      return fail_listing(*found, arena, arena_format(arena, "no key \"%s\" in the checkpoint", name));
    *found = next;
    part = slash ? slash + 1 : NULL;
  }
  if (!count_tensors(*found))
    return fail_listing(*found, arena, arena_format(arena, "no tensors under the key \"%s\"", key));
  return STRAIT_OK;
}

/* Without a key: an entry of a name that is used for nothing else; or the dict itself; or the one entry with tensors.
 */
static int find(const struct pickle_value *root, struct arena *arena, const struct pickle_value **found,
                const char **key) {
  static const char *const usual[] = {"state_dict", "model_state", "model_state_dict", NULL};
  const struct pickle_value *one = NULL, *name = NULL;
  size_t candidates = 0, looked_at = 0;
  if (root->type != PICKLE_DICT)
    return error_set(STRAIT_EINVAL, "it holds a value of type %s where a dict of tensors is wanted",
                     pickle_type_name(root));
  *found = root;
  *key = NULL;
  for (size_t i = 0; usual[i]; i++) {
    const struct pickle_value *value = entry(root, usual[i]);
    if (value && count_tensors(value))
      return *found = value, *key = usual[i], STRAIT_OK;
  }
  if (count_tensors(root))
    return STRAIT_OK;
  const struct pickle_value *item = root->items->item;
  for (size_t i = 0; item && i + 1 < root->items->count; i += 2) {
    looked_at += item[i + 1].type == PICKLE_DICT ? item[i + 1].items->count : 0;
    if (looked_at > MOST_ENTRIES) /* one dict may stand for a million */
      return error_set(STRAIT_EFORMAT, "its entries hold more than %d others: this is no checkpoint", MOST_ENTRIES);
    if (item[i].type == PICKLE_STRING && count_tensors(&item[i + 1])) {
      name = &item[i];
      one = name + 1;
      candidates++;
    }
  }
  if (candidates != 1)
    return fail_listing(root, arena,
                        candidates ? "several of its entries are dicts of tensors: name one with --key"
                                   : "it holds no dict of tensors");
  *found = one;
  *key = pickle_quote(arena, name->text, name->length);
  return *key ? STRAIT_OK : error_failure();
}

static int copy_name(const struct pickle_value *key, struct arena *arena, const char **name) {
  if (!key->length || key->length > LONGEST_NAME || memchr(key->text, '\0', key->length))
    return error_set(STRAIT_EFORMAT, "no tensor can be named \"%s\"", pickle_quote(arena, key->text, key->length));
  *name = arena_copy_n(arena, key->text, key->length);
  return *name ? STRAIT_OK : error_failure();
}

static int check_tensor(const struct torch_named *named) {
  const struct torch_tensor *tensor = named->tensor;
  if (tensor->rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_ENOTSUP, "tensor %s has %zu dimensions, %d are the most", named->name, tensor->rank,
                     STRAIT_MAX_DIMS);
  if (!tensor->storage->type->type)
    return error_set(STRAIT_ENOTSUP, "tensor %s is of type %s, which is not read", named->name,
                     tensor->storage->type->name);
  return STRAIT_OK;
}

static int note_left_out(const struct pickle_value *dict, size_t count, struct arena *arena, struct notes *notes) {
  struct text text = {0};
  size_t listed = 0;
  for (size_t i = 0; i + 1 < dict->items->count && listed < 5; i += 2) {
    const struct pickle_value *key = &dict->items->item[i];
    if (key->type == PICKLE_STRING && tensor_of(key + 1))
      continue;
    if (key->type == PICKLE_STRING)
      text_add(&text, "%s%s", listed++ ? ", " : "", pickle_quote(arena, key->text, key->length));
    else
      text_add(&text, "%sone whose key is of type %s", listed++ ? ", " : "", pickle_type_name(key));
  }
  int status =
      text.status ? text.status
                  : note_add(notes, "left out what is no named tensor: %s%s", text.data, count > listed ? ", ..." : "");
  text_free(&text);
  return status;
}

/* The notes about elements that change their type. */
static int note_types(const struct torch_named *named, size_t count, struct notes *notes) {
  for (const struct torch_type *type = torch_types; type->storage; type++) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
      n += named[i].tensor->storage->type == type;
    if (n && type->convert &&
        note_add(notes, "%zu tensor%s of %s became %s", n, n == 1 ? "" : "s", type->name,
                 type->type == STRAIT_F32 ? "float32" : "int32"))
      return error_failure();
  }
  return STRAIT_OK;
}

int torch_select(const struct pickle_value *root, const char *key, struct arena *arena, struct notes *notes,
                 struct torch_named **named, size_t *count) {
  const struct pickle_value *dict = NULL;
  const char *found = NULL;
  int status = key ? descend(root, key, arena, &dict) : find(root, arena, &dict, &found);
  if (status)
    return status;
  if (found && note_add(notes, "took the tensors under the checkpoint's key \"%s\"", found))
    return error_failure();
  size_t entries = dict->items->count / 2, n = 0;
  struct torch_named *list = arena_alloc(arena, entries, sizeof *list);
  if (!list)
    return error_failure();
  for (size_t i = 0; i < entries; i++) {
    const struct pickle_value *name = &dict->items->item[2 * i];
    list[n].tensor = name->type == PICKLE_STRING ? tensor_of(name + 1) : NULL;
    if (list[n].tensor && (copy_name(name, arena, &list[n].name) || check_tensor(&list[n])))
      return error_failure();
    n += list[n].tensor != NULL;
  }
  *named = list;
  *count = n;
  if (n < entries && note_left_out(dict, entries - n, arena, notes))
    return error_failure();
  return note_types(list, n, notes);
}
