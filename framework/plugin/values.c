/* plugin/values.c: values of options: from a user's text into an instance's field, and back as canonical text. */
#include "plugin/values.h"

#include <math.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

/* Any option's field. */
union field {
  int64_t integer;
  double number;
  int32_t word;
  const char *string;
  strait_ints ints;
  strait_floats floats;
  strait_strings strings;
};

static int outside(const char *side, const char *which, double bound) {
  char text[32];
  return error_set(STRAIT_EINVAL, "%s the %s %s", side, which, text_of_number(bound, text));
}

/* An integer is compared with bounds that are doubles without rounding it: 2^53 + 1 is above a maximum of 2^53. */
static int below(int64_t value, double bound) {
  return bound >= 0x1p63 || (bound > -0x1p63 && value < (int64_t)ceil(bound));
}
static int above(int64_t value, double bound) {
  return bound < -0x1p63 || (bound < 0x1p63 && value > (int64_t)floor(bound));
}

static int read_integer(const strait_option *option, const char *text, int64_t *value) {
  int status = text_integer(text, value);
  if (status)
    return status;
  if (below(*value, option->min))
    return outside("below", "minimum", option->min);
  if (above(*value, option->max))
    return outside("above", "maximum", option->max);
  return STRAIT_OK;
}

static int read_number(const strait_option *option, const char *text, double *value) {
  int status = text_number(text, value);
  if (status)
    return status;
  if (isnan(*value))
    return error_set(STRAIT_EINVAL, "not a number");
  if (*value < option->min)
    return outside("below", "minimum", option->min);
  if (*value > option->max)
    return outside("above", "maximum", option->max);
  return STRAIT_OK;
}

static int read_bool(const char *text, int32_t *value) {
  static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
  for (int i = 0; i < 8; i++)
    if (strcasecmp(text, words[i]) == 0)
      return *value = i % 2, STRAIT_OK;
  return error_set(STRAIT_EINVAL, "neither yes nor no");
}

static int read_choice(const strait_option *option, const char *text, int32_t *value) {
  struct text all = {0};
  for (int32_t i = 0; option->choices[i]; i++) {
    if (strcmp(text, option->choices[i]) == 0) {
      text_free(&all);
      return *value = i, STRAIT_OK;
    }
    text_add(&all, "%s%s", i ? ", " : "", option->choices[i]);
  }
  int status = all.status ? all.status : error_set(STRAIT_EINVAL, "not one of: %s", all.data);
  text_free(&all);
  return status;
}

/* "(64 64)" is the list "64 64": a sweep's values are written so. */
static int split(const char *text, struct arena *arena, char ***items, size_t *count) {
  int status = text_split(arena, text, items, count);
  if (status || *count != 1 || (*items)[0][0] != '(')
    return status;
  size_t length = strlen((*items)[0]);
  if ((*items)[0][length - 1] != ')')
    return STRAIT_OK;
  char *inner = arena_copy_n(arena, (*items)[0] + 1, length - 2);
  return inner ? text_split(arena, inner, items, count) : error_failure();
}

/* A list's items: v holds them, n of them, of the type that reads one. */
static int read_list(const strait_option *option, const char *text, union field *field, struct arena *arena) {
  char **items = NULL;
  size_t n = 0;
  int whole = option->type == STRAIT_OPT_STRINGS; /* "(a b)" is one string of a list of strings */
  int status = whole ? text_split(arena, text, &items, &n) : split(text, arena, &items, &n);
  if (status)
    return status;
  if (n == 0 && !(option->flags & STRAIT_REPEATABLE) && option->value && option->value[0])
    return error_set(STRAIT_EINVAL, "empty; it needs at least one item");
  if (whole) {
    field->strings = (strait_strings){n, (const char *const *)items};
    return STRAIT_OK;
  }
  union {
    int64_t *integers;
    double *numbers;
    void *any;
  } v;
  v.any = arena_alloc(arena, n, 8);
  if (!v.any)
    return error_failure();
  for (size_t i = 0; i < n; i++) {
    status = option->type == STRAIT_OPT_INTS ? read_integer(option, items[i], &v.integers[i])
                                             : read_number(option, items[i], &v.numbers[i]);
    if (status)
      return n > 1 ? error_wrap("item %zu, \"%s\"", i + 1, items[i]) : status;
  }
  if (option->type == STRAIT_OPT_INTS)
    field->ints = (strait_ints){n, v.integers};
  else
    field->floats = (strait_floats){n, v.numbers};
  return STRAIT_OK;
}

static int read_path(const char *text, const char *folder, const char **value, struct arena *arena) {
  if (!text[0])
    return error_set(STRAIT_EINVAL, "empty; it needs a path");
  const char *path = folder ? file_join(arena, folder, text) : text;
  if (path && (text[0] == '~' || strchr(text, '$')) && access(path, F_OK) != 0)
    return error_set(STRAIT_ENOENT, "no such file; ~ and $ are not expanded, so write the whole path");
  *value = path ? file_absolute(arena, path) : NULL;
  return *value ? STRAIT_OK : error_failure();
}

int value_read(const strait_option *option, const char *text, const char *folder, void *at, struct arena *arena) {
  union field field;
  memset(&field, 0, sizeof field);
  int status = STRAIT_OK;
  switch (option->type) {
  case STRAIT_OPT_INT:
    status = read_integer(option, text, &field.integer);
    break;
  case STRAIT_OPT_FLOAT:
    status = read_number(option, text, &field.number);
    break;
  case STRAIT_OPT_BOOL:
    status = read_bool(text, &field.word);
    break;
  case STRAIT_OPT_CHOICE:
    status = read_choice(option, text, &field.word);
    break;
  case STRAIT_OPT_STRING:
    field.string = arena_copy(arena, text);
    status = field.string ? STRAIT_OK : error_failure();
    break;
  case STRAIT_OPT_PATH:
    status = read_path(text, folder, &field.string, arena);
    break;
  default:
    status = read_list(option, text, &field, arena);
  }
  if (!status)
    memcpy(at, &field, option->width);
  return status;
}

int value_check(const strait_option *option, const char *text, struct arena *arena) {
  union field field;
  return value_read(option, text, NULL, &field, arena);
}

int options_default(const struct option_table *table, void *instance, struct arena *arena) {
  for (uint32_t i = 0; i < table->count; i++) {
    strait_option option = option_at(table, i);
    if ((option.flags & STRAIT_REQUIRED) || !option.value)
      continue;
    if (value_read(&option, option.value, NULL, (char *)instance + option.offset, arena))
      return error_wrap("the default of %s", option.name);
  }
  return STRAIT_OK;
}

const char *setting_place(const struct setting *setting, struct arena *arena) {
  const char *place = "";
  if (setting->file)
    place = arena_format(arena, "%s:%d: ", setting->file, setting->line);
  if (place && setting->section)
    place = arena_format(arena, "%s[%s] ", place, setting->section);
  return place ? place : "";
}

/* How a value that is written as in another language should be written here; "" when it is not. */
static const char *advice(const strait_option *option, const char *text) {
  const int list = option->type >= STRAIT_OPT_INTS,
            number = option->type == STRAIT_OPT_INT || option->type == STRAIT_OPT_FLOAT;
  size_t length = strlen(text);
  if (strchr("\"'", *text) && length)
    return "; write it without quotation marks";
  if (strpbrk(text, "[]{}"))
    return list ? "; write a list without brackets, with blanks between its items" : "; write it without brackets";
  if (strchr(text, ','))
    return list ? "; separate the items of a list by blanks" : number ? "; write a decimal point" : "";
  if (number && length && text[length - 1] == '%')
    return "; write a share of one: 5 % is 0.05";
  return "";
}

int options_set(const struct option_table *table, void *instance, const char *name, const struct setting *setting,
                struct arena *arena) {
  const char *place = setting_place(setting, arena);
  int found = option_find(table, name);
  if (found < 0) {
    const char *nearest = option_nearest(table, name);
    if (nearest)
      return error_set(STRAIT_EINVAL, "%s%s: no such option; did you mean \"%s\"?", place, setting->key, nearest);
    return error_set(STRAIT_EINVAL, "%s%s: no such option", place, setting->key);
  }
  strait_option option = option_at(table, (uint32_t)found);
  int status = value_read(&option, setting->value, setting->folder, (char *)instance + option.offset, arena);
  if (status) {
    error_set(status, "%s%s", error_text(), advice(&option, setting->value));
    return error_wrap("%s%s = %s", place, setting->key, setting->value);
  }
  return STRAIT_OK;
}

static char *list_text(const strait_option *option, const union field *field, struct arena *arena) {
  struct text out = {0};
  char number[32];
  text_add(&out, "%s", "");
  if (option->type == STRAIT_OPT_INTS)
    for (size_t i = 0; i < field->ints.n; i++)
      text_add(&out, "%s%lld", i ? " " : "", (long long)field->ints.v[i]);
  else if (option->type == STRAIT_OPT_FLOATS)
    for (size_t i = 0; i < field->floats.n; i++)
      text_add(&out, "%s%s", i ? " " : "", text_of_number(field->floats.v[i], number));
  else
    for (size_t i = 0; i < field->strings.n; i++)
      text_add(&out, "%s%s", i ? " " : "", field->strings.v[i]);
  char *text = out.status ? NULL : arena_copy(arena, out.data);
  text_free(&out);
  return text;
}

char *options_text(const strait_option *option, const void *instance, struct arena *arena) {
  union field field;
  char number[32];
  memcpy(&field, (const char *)instance + option->offset, option->width);
  switch (option->type) {
  case STRAIT_OPT_INT:
    return arena_format(arena, "%lld", (long long)field.integer);
  case STRAIT_OPT_FLOAT:
    return arena_copy(arena, text_of_number(field.number, number));
  case STRAIT_OPT_BOOL:
    return arena_copy(arena, field.word ? "yes" : "no");
  case STRAIT_OPT_CHOICE:
    return arena_copy(arena, option->choices[field.word]);
  case STRAIT_OPT_STRING:
  case STRAIT_OPT_PATH:
    return arena_copy(arena, field.string ? field.string : "");
  default:
    return list_text(option, &field, arena);
  }
}
