/* store/rename.c: rules for names, read from map files and applied to arrays. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/rename.h"

#define LONGEST_MAP (1 << 20)
#define MOST_STARS 16

struct rule {
  const char *from, *to; /* to NULL: drop */
  int line;
};
struct renames {
  struct arena *arena;
  struct rule *rule;
  size_t count, capacity;
};

/* --- reading --- */

static int count_stars(const char *pattern) {
  int count = 0;
  for (const char *c = pattern; *c; c++)
    count += *c == '*';
  return count;
}

/* The next word of a line, ended by a NUL; *line moves behind it. "" at the end. */
static char *next_word(char **line) {
  char *word = *line + strspn(*line, " \t\r");
  char *end = word + strcspn(word, " \t\r");
  *line = end + (*end != '\0');
  *end = '\0';
  return word;
}

static int add_rule(struct renames *renames, char *line, int number) {
  line[strcspn(line, "#")] = '\0';
  const char *from = next_word(&line), *to = next_word(&line), *more = next_word(&line);
  if (!*from)
    return STRAIT_OK;
  if (!*to || *more)
    return error_set(STRAIT_EINVAL, "a rule is two words: FROM TO");
  if (strcmp(to, "-") == 0)
    to = NULL;
  if (count_stars(from) > MOST_STARS)
    return error_set(STRAIT_EINVAL, "more than %d * in one name", MOST_STARS);
  if (to && count_stars(to) > count_stars(from))
    return error_set(STRAIT_EINVAL, "\"%s\" has more * than \"%s\"", to, from);
  struct rule rule = {arena_copy(renames->arena, from), to ? arena_copy(renames->arena, to) : NULL, number};
  if (!rule.from || (to && !rule.to))
    return error_failure();
  int status = memory_grow(&renames->rule, &renames->capacity, renames->count + 1, sizeof rule);
  if (!status)
    renames->rule[renames->count++] = rule;
  return status;
}

int renames_read(struct renames **result, const char *path) {
  struct renames *renames = memory_alloc(1, sizeof *renames);
  char *data = NULL;
  size_t length;
  int status = renames ? STRAIT_OK : STRAIT_ENOMEM, number = 0;
  *result = NULL;
  if (!status && !(renames->arena = arena_create()))
    status = STRAIT_ENOMEM;
  if (!status)
    status = file_read(path, LONGEST_MAP, &data, &length);
  if (!status && memchr(data, '\0', length))
    status = error_set(STRAIT_EFORMAT, "%s is not a text file", path);
  for (char *line = data, *next; line && !status; line = next) {
    char *end = strchr(line, '\n');
    next = end ? end + 1 : NULL;
    if (end)
      *end = '\0';
    if ((status = add_rule(renames, line, ++number)))
      error_wrap("%s:%d", path, number);
  }
  memory_free(data);
  if (status)
    renames_free(renames);
  else
    *result = renames;
  return status;
}

void renames_free(struct renames *renames) {
  if (!renames)
    return;
  arena_free(renames->arena);
  memory_free(renames->rule);
  memory_free(renames);
}

/* --- applying --- */

struct span {
  const char *at;
  size_t length;
};

/* Matches as file names are matched: each * takes as little as lets the rest match. Going back is needed to the last *
 * only, so the time is bounded by the product of the lengths. */
static int match(const char *pattern, const char *name, struct span *stars) {
  const char *star = NULL; /* behind the last one */
  int count = 0;
  for (;;) {
    if (*pattern == '*') {
      stars[count++] = (struct span){name, 0};
      star = ++pattern;
    } else if (*pattern == *name) {
      if (!*name)
        return 1;
      pattern++;
      name++;
    } else if (star && stars[count - 1].at[stars[count - 1].length]) {
      pattern = star;
      name = stars[count - 1].at + ++stars[count - 1].length;
    } else {
      return 0;
    }
  }
}

static const char *substitute(const char *to, const struct span *stars, struct arena *arena) {
  struct text text = {0};
  for (const char *c = to; *c; c++)
    if (*c == '*') {
      text_add_n(&text, stars->at, stars->length);
      stars++;
    } else {
      text_add_n(&text, c, 1);
    }
  const char *name = text.status ? NULL : arena_copy(arena, text.data ? text.data : "");
  text_free(&text);
  return name;
}

const char *renames_apply(const struct renames *renames, const char *name, struct arena *arena, int *dropped) {
  struct span stars[MOST_STARS] = {0};
  *dropped = 0;
  for (size_t i = 0; i < renames->count; i++) {
    const struct rule *rule = &renames->rule[i];
    if (!match(rule->from, name, stars))
      continue;
    *dropped = !rule->to;
    return rule->to ? substitute(rule->to, stars, arena) : name;
  }
  return name;
}

int arrays_strip(struct arrays *arrays, const char *prefix, struct notes *notes) {
  size_t length = strlen(prefix), having = 0;
  for (size_t i = 0; i < arrays->count; i++)
    having += text_starts(arrays->array[i].name, prefix) && arrays->array[i].name[length];
  if (!having)
    return STRAIT_OK;
  for (size_t i = 0; i < arrays->count; i++)
    if (text_starts(arrays->array[i].name, prefix) && arrays->array[i].name[length])
      arrays->array[i].name += length;
  return note_add(notes, "took \"%s\" away from %zu of %zu names", prefix, having, arrays->count);
}

int arrays_rename(struct arrays *arrays, const struct renames *renames, struct notes *notes) {
  size_t kept = 0, renamed = 0, count = arrays->count;
  for (size_t i = 0; i < count; i++) {
    int dropped;
    const char *name = renames_apply(renames, arrays->array[i].name, arrays->arena, &dropped);
    if (!name)
      return error_failure();
    if (!dropped && !*name)
      return error_set(STRAIT_EINVAL, "the map leaves nothing of the name \"%s\"", arrays->array[i].name);
    renamed += !dropped && strcmp(name, arrays->array[i].name) != 0;
    arrays->array[kept] = arrays->array[i];
    arrays->array[kept].name = name;
    kept += !dropped;
  }
  arrays->count = kept;
  return note_add(notes, "the map renamed %zu of %zu tensors and dropped %zu", renamed, count, count - kept);
}

int arrays_check_names(const struct arrays *arrays) { return arrays_check(arrays->array, arrays->count); }
