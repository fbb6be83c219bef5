/* store/torch_search.c: finds the dict of tensors in what a file holds: a state_dict alone, or a checkpoint with one
 * among its entries, as {"epoch": 30, "state_dict": {...}, "optimizer_state": {...}}. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/torch_objects.h"

#define MOST_ENTRIES 10000000 /* of the dicts that are looked through for tensors */
#define MOST_CANDIDATES 100
#define MOST_STEPS 6 /* down from the file's own value */

/* --- values --- */

/* How many of a dict's values are tensors under names. */
static size_t count_tensors(const struct pickle_value *value) {
  const struct torch_tensor *tensor;
  size_t count = 0;
  for (size_t i = 0; value->type == PICKLE_DICT && i + 1 < value->items->count; i += 2)
    count += torch_is_tensor(&value->items->item[i + 1], &tensor);
  return count;
}

/* Is a tensor there whose name is a parameter's: "conv1.weight", "bias"? */
static int has_parameters(const struct pickle_value *dict) {
  const struct torch_tensor *tensor;
  for (size_t i = 0; i + 1 < dict->items->count; i += 2) {
    const struct pickle_value *key = &dict->items->item[i];
    if (key->type == PICKLE_STRING && torch_is_tensor(key + 1, &tensor) &&
        (memchr(key->text, '.', key->length) || pickle_is_text(key, "weight") || pickle_is_text(key, "bias")))
      return 1;
  }
  return 0;
}

static int is_list(const struct pickle_value *value) {
  return value->type == PICKLE_LIST || value->type == PICKLE_TUPLE;
}

/* A dict's value under a key, a list's under a number from 0. */
static const struct pickle_value *entry(const struct pickle_value *value, const char *key) {
  const struct pickle_value *found = NULL;
  const size_t digits = strspn(key, "0123456789");
  int64_t number;
  for (size_t i = 0; value->type == PICKLE_DICT && i + 1 < value->items->count; i += 2)
    if (pickle_is_text(&value->items->item[i], key))
      found = &value->items->item[i + 1]; /* the last one holds, as in Python */
  if (is_list(value) && digits && digits < 10 && !key[digits] && !text_integer(key, &number) &&
      (uint64_t)number < value->items->count)
    found = &value->items->item[number];
  return found;
}

/* --- messages --- */

/* A dict's keys with what they hold: "epoch" (int), "net" (62 tensors). */
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

static int has_opaque(const struct pickle_value *dict) {
  for (size_t i = 0; dict->type == PICKLE_DICT && i + 1 < dict->items->count; i += 2)
    if (dict->items->item[i + 1].type == PICKLE_OPAQUE)
      return 1;
  return 0;
}

/* STRAIT_EINVAL: what is wrong (NULL: memory is out), then the list of entries. */
static int fail_listing(const struct pickle_value *dict, struct arena *arena, const char *before) {
  struct text text = {0};
  if (!before)
    return error_failure();
  list_entries(&text, dict, arena);
  if (has_opaque(dict))
    text_add(&text, "; an object of a class is not opened: save its state_dict() in Python");
  int status = text.status ? text.status : error_set(STRAIT_EINVAL, "%s; it holds %s", before, text.data);
  text_free(&text);
  return status;
}

/* What is no dict or list. */
static int fail_value(const struct pickle_value *value) {
  const struct torch_tensor *tensor;
  if (torch_is_tensor(value, &tensor))
    return error_set(STRAIT_EINVAL, "it holds a single tensor where a dict of named tensors is wanted");
  if (value->type == PICKLE_OPAQUE)
    return error_set(STRAIT_ENOTSUP,
                     "it holds an object of %s: nothing in a pickle is called, so it cannot be opened. If you trust "
                     "the file, load it in Python and torch.save its state_dict()",
                     value->text);
  return error_set(STRAIT_EINVAL, "it holds a value of type %s where a dict of tensors is wanted",
                   pickle_type_name(value));
}

/* --- looking for dicts of tensors --- */

struct candidate {
  const struct pickle_value *dict;
  const char *path; /* "." for the file's own value */
  const char *last; /* the last key of it */
  size_t tensors;
  int parameters;
};
struct search {
  struct arena *arena;
  struct candidate list[MOST_CANDIDATES];
  size_t count, looked_at;
};
/* The way to a value, from the last step up. */
struct step {
  const struct step *up;
  const struct pickle_value *key; /* NULL: a place in a list */
  size_t place;
};

static const char *path_of(const struct step *step, struct arena *arena, const char **last) {
  const struct step *way[MOST_STEPS];
  struct text text = {0};
  size_t count = 0;
  char number[24];
  *last = "";
  for (; step; step = step->up)
    way[count++] = step;
  while (count-- > 0) {
    snprintf(number, sizeof number, "%zu", way[count]->place);
    *last = way[count]->key ? pickle_quote(arena, way[count]->key->text, way[count]->key->length) : number;
    text_add(&text, "%s%s", text.length ? "/" : "", *last ? *last : "");
    if (*last == number)
      *last = "";
  }
  const char *path = text.status || !*last ? NULL : arena_copy(arena, text.data ? text.data : ".");
  text_free(&text);
  return path;
}

static int add_candidate(struct search *s, const struct pickle_value *dict, const struct step *step, size_t tensors) {
  for (size_t i = 0; i < s->count; i++)
    if (s->list[i].dict->items == dict->items) /* one dict under two keys */
      return STRAIT_OK;
  if (s->count == MOST_CANDIDATES)
    return error_set(STRAIT_EINVAL, "more than %d dicts of tensors: name one with --key", MOST_CANDIDATES);
  struct candidate *c = &s->list[s->count++];
  *c = (struct candidate){.dict = dict, .tensors = tensors, .parameters = has_parameters(dict)};
  c->path = path_of(step, s->arena, &c->last);
  return c->path ? STRAIT_OK : error_failure();
}

static int contains(const struct pickle_value *key, const char *word) {
  return memmem(key->text, key->length, word, strlen(word)) != NULL;
}

/* What never holds a network's weights: an optimiser's state, and what a module keeps beside its tensors. */
static int is_aside(const struct pickle_value *key) {
  return contains(key, "optimizer") || contains(key, "optimiser") || pickle_is_text(key, "optim") ||
         contains(key, "_extra_state");
}

static int walk(struct search *s, const struct pickle_value *value, const struct step *up, int depth) {
  const size_t tensors = count_tensors(value), stride = value->type == PICKLE_DICT ? 2 : 1;
  s->looked_at += value->items->count;
  if (s->looked_at > MOST_ENTRIES) /* one dict may stand for a million */
    return error_set(STRAIT_EFORMAT, "its entries hold more than %d others: this is not a checkpoint", MOST_ENTRIES);
  if (tensors && add_candidate(s, value, up, tensors))
    return error_failure();
  for (size_t i = 0; depth < MOST_STEPS && i + stride <= value->items->count; i += stride) {
    const struct pickle_value *key = stride == 2 ? &value->items->item[i] : NULL;
    const struct pickle_value *next = &value->items->item[i + stride - 1];
    const struct step step = {up, key, i};
    if ((next->type != PICKLE_DICT && !is_list(next)) || (key && (key->type != PICKLE_STRING || is_aside(key))))
      continue;
    if (walk(s, next, &step, depth + 1))
      return error_failure();
  }
  return STRAIT_OK;
}

/* --- choosing --- */

/* Where dicts with names of parameters are there, others hold something else. */
static void keep_parameters(struct search *s) {
  size_t kept = 0, with = 0;
  for (size_t i = 0; i < s->count; i++)
    with += s->list[i].parameters != 0;
  for (size_t i = 0; with && i < s->count; i++)
    if (s->list[i].parameters)
      s->list[kept++] = s->list[i];
  if (with)
    s->count = kept;
}

static int is_usual(const struct candidate *c) {
  static const char *const usual[] = {"state_dict", "model_state_dict", "model_state", "model",
                                      "net",        "network",          "weights",     "params"};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (strcmp(c->last, usual[i]) == 0)
      return 1;
  return 0;
}

/* The one of a usual name, if all others are of less than half its size: an average of the same network is not. */
static const struct candidate *choose(const struct search *s) {
  const struct candidate *one = s->count == 1 ? s->list : NULL;
  size_t usual = 0;
  for (size_t i = 0; s->count > 1 && i < s->count; i++)
    if (is_usual(&s->list[i])) {
      one = &s->list[i];
      usual++;
    }
  for (size_t i = 0; one && i < s->count; i++)
    if (usual > 1 || (&s->list[i] != one && 2 * s->list[i].tensors >= one->tensors))
      return NULL;
  return one;
}

static void list_candidates(struct text *text, const struct search *s) {
  const size_t most = 8;
  for (size_t i = 0; i < s->count && i < most; i++)
    text_add(text, "%s--key %s (%zu tensor%s)", i ? ", " : "", s->list[i].path, s->list[i].tensors,
             s->list[i].tensors == 1 ? "" : "s");
  if (s->count > most)
    text_add(text, " and %zu more", s->count - most);
}

static int fail_several(const struct search *s) {
  struct text text = {0};
  list_candidates(&text, s);
  int status = text.status ? text.status
                           : error_set(STRAIT_EINVAL, "several dicts could be the weights; name one: %s", text.data);
  text_free(&text);
  return status;
}

static int find(const struct pickle_value *root, struct arena *arena, const struct pickle_value **dict,
                const char **path) {
  struct search s = {.arena = arena};
  if (root->type != PICKLE_DICT && !is_list(root))
    return fail_value(root);
  if (walk(&s, root, NULL, 0))
    return error_failure();
  keep_parameters(&s);
  if (!s.count)
    return fail_listing(root, arena, "it holds no dict of tensors");
  const struct candidate *chosen = choose(&s);
  if (!chosen)
    return fail_several(&s);
  *dict = chosen->dict;
  *path = strcmp(chosen->path, ".") == 0 ? NULL : chosen->path;
  return STRAIT_OK;
}

/* --- a key that is given --- */

/* Tensors further down are named. */
static int fail_empty(const struct pickle_value *value, const char *key, struct arena *arena) {
  struct search s = {.arena = arena};
  struct text text = {0};
  if ((value->type == PICKLE_DICT || is_list(value)) && walk(&s, value, NULL, 0))
    return error_failure();
  if (value->type == PICKLE_OPAQUE) {
    fail_value(value);
    return error_wrap("the key \"%s\"", key);
  }
  if (!s.count)
    return fail_listing(value, arena, arena_format(arena, "no tensors under the key \"%s\"", key));
  for (size_t i = 0; i < s.count; i++)
    s.list[i].path = arena_format(arena, "%s/%s", key, s.list[i].path);
  list_candidates(&text, &s);
  int status = text.status
                   ? text.status
                   : error_set(STRAIT_EINVAL, "under the key \"%s\" the tensors are further down: %s", key, text.data);
  text_free(&text);
  return status;
}

/* Goes down along "a/b". A key that has a slash in itself comes first. */
static int descend(const struct pickle_value *root, const char *key, struct arena *arena,
                   const struct pickle_value **found) {
  *found = root;
  for (const char *part = strcmp(key, ".") == 0 ? NULL : key; part;) {
    const char *slash = entry(*found, part) ? NULL : strchr(part, '/');
    char *name = arena_copy_n(arena, part, slash ? (size_t)(slash - part) : strlen(part));
    const struct pickle_value *next = name ? entry(*found, name) : NULL;
    if (!name)
      return error_failure();
    if (!next)
      return fail_listing(*found, arena, arena_format(arena, "no key \"%s\" in the checkpoint", name));
    *found = next;
    part = slash ? slash + 1 : NULL;
  }
  return count_tensors(*found) ? STRAIT_OK : fail_empty(*found, key, arena);
}

int torch_search(const struct pickle_value *root, const char *key, struct arena *arena,
                 const struct pickle_value **dict, const char **path) {
  *path = NULL;
  return key ? descend(root, key, arena, dict) : find(root, arena, dict, path);
}
