/* store/wrappers.c: wrappers change names and no numbers. What they add is told apart from a network's own names by the
 * structure of all names together: a wrapper has one child, so "module." never stands beside a sibling. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/wrappers.h"

#define COUNTER "n_averaged"

/* --- names that only wrappers have --- */

static const char *const reserved[] = {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.",
                                       "_forward_module."};

/* Where a part of a dotted name begins with this word; NULL: nowhere. */
static const char *find_part(const char *name, const char *word) {
  const char *at = strstr(name, word);
  while (at && at != name && at[-1] != '.')
    at = strstr(at + 1, word);
  return at && at[strlen(word)] ? at : NULL;
}

/* The name without `length` bytes from `at`. */
static int cut(struct arrays *arrays, struct array *array, const char *at, size_t length) {
  array->name = arena_format(arrays->arena, "%.*s%s", (int)(at - array->name), array->name, at + length);
  return array->name ? STRAIT_OK : error_failure();
}

static int cut_reserved(struct arrays *arrays, const char *word, struct notes *notes) {
  size_t cuts = 0;
  for (size_t i = 0; i < arrays->count; i++) {
    const char *at;
    size_t here = 0;
    while ((at = find_part(arrays->array[i].name, word))) {
      if (cut(arrays, &arrays->array[i], at, strlen(word)))
        return error_failure();
      here = 1;
    }
    cuts += here;
  }
  return cuts ? note_add(notes, "took \"%s\" away from %zu of %zu names", word, cuts, arrays->count) : STRAIT_OK;
}

/* --- module. --- */

/* The counter of AveragedModel: a whole number beside names that all begin with "module.". */
static int is_counter(const struct array *array) {
  return strcmp(array->name, COUNTER) == 0 && array->rank == 0 && array->type == STRAIT_I64;
}

static int drop_counter(struct arrays *arrays, struct notes *notes) {
  size_t with = 0, kept = 0;
  for (size_t i = 0; i < arrays->count; i++)
    with += text_starts(arrays->array[i].name, "module.") != 0;
  if (!with || with + 1 != arrays->count)
    return STRAIT_OK;
  for (size_t i = 0; i < arrays->count; i++)
    if (!is_counter(&arrays->array[i]))
      arrays->array[kept++] = arrays->array[i];
  if (kept == arrays->count)
    return STRAIT_OK;
  arrays->count = kept;
  return note_add(notes, "dropped " COUNTER ", the counter of AveragedModel");
}

/* Do all names that begin with the first `length` bytes of `name` have "module." behind them? */
static int is_wrapped(const struct arrays *arrays, const char *name, size_t length) {
  for (size_t i = 0; i < arrays->count; i++) {
    const char *other = arrays->array[i].name;
    if (strncmp(other, name, length) == 0 && (!text_starts(other + length, "module.") || !other[length + 7]))
      return 0;
  }
  return 1;
}

/* Takes "module." out of all names that begin with `prefix`. */
static int cut_module(struct arrays *arrays, const char *prefix, struct notes *notes) {
  const size_t length = strlen(prefix);
  size_t cuts = 0;
  for (size_t i = 0; i < arrays->count; i++)
    if (strncmp(arrays->array[i].name, prefix, length) == 0) {
      if (cut(arrays, &arrays->array[i], arrays->array[i].name + length, strlen("module.")))
        return error_failure();
      cuts++;
    }
  return note_add(notes, "took \"module.\"%s%s%s away from %zu of %zu names", length ? " behind \"" : "", prefix,
                  length ? "\"" : "", cuts, arrays->count);
}

/* The first of a name's parts that is a wrapper's; *done: there was none. */
static int unwrap_one(struct arrays *arrays, struct notes *notes, int *done) {
  for (size_t i = 0; i < arrays->count; i++) {
    const char *name = arrays->array[i].name;
    for (const char *at = name; (at = strstr(at, "module.")); at++)
      if ((at == name || at[-1] == '.') && is_wrapped(arrays, name, (size_t)(at - name))) {
        const char *prefix = arena_copy_n(arrays->arena, name, (size_t)(at - name));
        return prefix ? cut_module(arrays, prefix, notes) : error_failure();
      }
  }
  *done = 1;
  return STRAIT_OK;
}

int arrays_unwrap(struct arrays *arrays, struct notes *notes) {
  int status = STRAIT_OK, done = 0;
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved && !status; i++)
    status = cut_reserved(arrays, reserved[i], notes);
  while (!status && !done) {
    status = drop_counter(arrays, notes);
    if (!status)
      status = unwrap_one(arrays, notes, &done);
  }
  return status;
}

/* --- a prefix that leads to known names --- */

int arrays_strip_known(struct arrays *arrays, int (*known)(void *context, const char *name), void *context,
                       struct notes *notes) {
  const char *first = arrays->count ? arrays->array[0].name : "";
  size_t all = 0;
  for (size_t i = 0; i < arrays->count; i++)
    all += known(context, arrays->array[i].name) != 0;
  for (const char *dot = strchr(first, '.'); dot && all < arrays->count; dot = strchr(dot + 1, '.')) {
    const size_t length = (size_t)(dot + 1 - first);
    size_t fit = 0;
    for (size_t i = 0; i < arrays->count; i++)
      fit += strncmp(arrays->array[i].name, first, length) == 0 && known(context, arrays->array[i].name + length);
    if (fit < arrays->count)
      continue;
    const char *prefix = arena_copy_n(arrays->arena, first, length);
    if (!prefix)
      return error_failure();
    for (size_t i = 0; i < arrays->count; i++)
      arrays->array[i].name += length;
    return note_add(notes, "took \"%s\" away from all %zu names: the network has them without it", prefix,
                    arrays->count);
  }
  return STRAIT_OK;
}
