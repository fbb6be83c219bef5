/* verbs/means.c: means and their errors, the numbers of a summary, lists of values. Pure. */
#include "verbs/means.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/extreme.h"
#include "base/text.h"
#include "experiment/instance.h"
#include "stage/job.h"

json_t *figure_json(const double *values, size_t count) {
  double sum = 0, squares = 0, n = (double)count;
  for (size_t i = 0; i < count; i++)
    sum += values[i];
  const double mean = sum / n;
  for (size_t i = 0; i < count; i++)
    squares += (values[i] - mean) * (values[i] - mean);
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++)
    if (json_array_append_new(list, document_measure(values[i]))) {
      json_decref(list);
      return NULL;
    }
  json_t *se = count > 1 ? document_measure(sqrt(squares / (n - 1) / n)) : json_null();
  return json_pack("{s:o, s:o, s:I, s:o}", "mean", document_measure(mean), "se", se, "n", (json_int_t)count, "values",
                   list);
}

void figure_range(const json_t *figure, double *min, double *max) {
  const json_t *values = json_object_get(figure, "values"), *one;
  size_t i;
  *min = INFINITY;
  *max = -INFINITY;
  json_array_foreach(values, i, one) {
    double value;
    document_value(one, &value);
    *min = smaller(*min, value);
    *max = larger(*max, value);
  }
}

/* --- a summary's numbers --- */

/* Members that are names, so that a network called "inf" is no figure; a list's elements are told apart by the first
 * four. */
static const char *const names[] = {"path", "weights", "name", "stage", "folder", "curve", "ensembler", "of"};
enum { LABELS = 4 };

static int is_word(const json_t *value, const char *name) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (json_is_string(value) && strcmp(name, names[i]) == 0)
      return 1;
  return 0;
}

static const char *label_of(const json_t *element) {
  for (size_t i = 0; i < LABELS; i++)
    if (json_is_string(json_object_get(element, names[i])))
      return json_string_value(json_object_get(element, names[i]));
  return NULL;
}

static int flatten(const json_t *value, const char *where, json_t *into);

static int flatten_member(const json_t *value, const char *where, const char *name, json_t *into) {
  struct text text = {0};
  if (is_word(value, name))
    return STRAIT_OK;
  text_add(&text, "%s%s%s", where, *where ? "." : "", name);
  int status = text.status ? text.status : flatten(value, text.data, into);
  text_free(&text);
  return status;
}

static int flatten(const json_t *value, const char *where, json_t *into) {
  json_t *map = (json_t *)value; /* jansson iterates over a pointer that is not const */
  int status = STRAIT_OK;
  double number;
  if (document_value(value, &number))
    return put_measure(into, where, number);
  for (void *at = json_is_object(value) ? json_object_iter(map) : NULL; at && !status;
       at = json_object_iter_next(map, at))
    status = flatten_member(json_object_iter_value(at), where, json_object_iter_key(at), into);
  for (size_t i = 0; !status && i < json_array_size(value); i++) {
    const json_t *element = json_array_get(value, i);
    const char *label = label_of(element);
    if (label)
      status = flatten_member(element, where, label, into);
  }
  return status;
}

json_t *figures_of_summary(const json_t *summary) {
  json_t *into = json_object();
  if (into && flatten(summary, "", into)) {
    json_decref(into);
    return NULL;
  }
  return into;
}

/* --- lists --- */

/* "3..7": 1 and its ends. */
static int is_range(struct arena *arena, const char *value, int64_t *from, int64_t *to) {
  const char *dots = strstr(value, "..");
  char *first = dots ? arena_copy_n(arena, value, (size_t)(dots - value)) : NULL;
  if (!first || !isdigit((unsigned char)*first) || !isdigit((unsigned char)dots[2]))
    return 0;
  int range = text_integer(first, from) == STRAIT_OK && text_integer(dots + 2, to) == STRAIT_OK;
  if (!range)
    error_clear();
  return range;
}

#define MOST 10000

static int add_value(struct arena *arena, const char *value, const char **values, size_t *n) {
  size_t length = strlen(value);
  int64_t from, to;
  if (is_range(arena, value, &from, &to)) {
    if (from > to)
      return error_set(STRAIT_EINVAL, "the range %s is descending; write %lld..%lld", value, (long long)to,
                       (long long)from);
    for (int64_t i = from; i <= to; i++) {
      if (*n == MOST)
        return error_set(STRAIT_EINVAL, "more than %d values", MOST);
      if (!(values[(*n)++] = arena_format(arena, "%lld", (long long)i)))
        return error_failure();
    }
    return STRAIT_OK;
  }
  if (*n == MOST)
    return error_set(STRAIT_EINVAL, "more than %d values", MOST);
  int held = length > 1 && value[0] == '(' && value[length - 1] == ')';
  values[*n] = arena_copy_n(arena, value + held, length - 2 * (size_t)held);
  return values[(*n)++] ? STRAIT_OK : error_failure();
}

int values_expand(struct arena *arena, const char *const *from, size_t count, const char ***values, size_t *n) {
  const char **all = arena_alloc(arena, MOST, sizeof *all);
  int status = all ? STRAIT_OK : error_failure();
  *n = 0;
  for (size_t i = 0; !status && i < count; i++)
    status = add_value(arena, from[i], all, n);
  *values = all;
  return status;
}

int seeds_read(struct arena *arena, const char *const *values, size_t count, int64_t **seeds) {
  int64_t *s = *seeds = arena_alloc(arena, count, sizeof *s);
  if (!s)
    return error_failure();
  for (size_t i = 0; i < count; i++) {
    if (text_integer(values[i], &s[i]) || s[i] < 1 || s[i] > INSTANCE_SEEDS)
      return error_set(STRAIT_EINVAL, "\"%s\" is not a seed; seeds are whole numbers from 1 to %d", values[i],
                       INSTANCE_SEEDS);
    for (size_t j = 0; j < i; j++)
      if (s[i] == s[j])
        return error_set(STRAIT_EINVAL, "the seed %s is listed twice", values[i]);
  }
  return STRAIT_OK;
}
