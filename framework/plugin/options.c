/* plugin/options.c: option tables: looking things up in them, and whether a table is sound. Reads tables, writes
 * nothing. */
#include "plugin/options.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "plugin/values.h"

/* What is true of every option of a type. */
static const struct {
  const char *name;
  uint32_t width, alignment;
} types[] = {
    [STRAIT_OPT_INT] = {"int", sizeof(int64_t), _Alignof(int64_t)},
    [STRAIT_OPT_FLOAT] = {"float", sizeof(double), _Alignof(double)},
    [STRAIT_OPT_BOOL] = {"bool", sizeof(int32_t), _Alignof(int32_t)},
    [STRAIT_OPT_CHOICE] = {"choice", sizeof(int32_t), _Alignof(int32_t)},
    [STRAIT_OPT_STRING] = {"string", sizeof(const char *), _Alignof(const char *)},
    [STRAIT_OPT_PATH] = {"path", sizeof(const char *), _Alignof(const char *)},
    [STRAIT_OPT_INTS] = {"ints", sizeof(strait_ints), _Alignof(strait_ints)},
    [STRAIT_OPT_FLOATS] = {"floats", sizeof(strait_floats), _Alignof(strait_floats)},
    [STRAIT_OPT_STRINGS] = {"strings", sizeof(strait_strings), _Alignof(strait_strings)},
};

const char *option_type_name(uint32_t type) { return type < sizeof types / sizeof *types ? types[type].name : NULL; }

strait_option option_at(const struct option_table *table, uint32_t i) {
  strait_option option = {0};
  size_t size = table->size < sizeof option ? table->size : sizeof option;
  memcpy(&option, (const char *)table->first + (size_t)i * table->size, size);
  return option;
}

int option_find(const struct option_table *table, const char *name) {
  for (uint32_t i = 0; i < table->count; i++)
    if (strcmp(option_at(table, i).name, name) == 0)
      return (int)i;
  return -1;
}

const char *option_nearest(const struct option_table *table, const char *name) {
  const char **names = memory_alloc(table->count, sizeof *names);
  if (!names)
    return NULL;
  for (uint32_t i = 0; i < table->count; i++)
    names[i] = option_at(table, i).name;
  const char *nearest = text_nearest(name, names, table->count);
  memory_free(names);
  return nearest;
}

/* Names joined by dots: our own tables have "refresh.samples". */
static int is_dotted_name(const char *text) {
  char part[64];
  for (;;) {
    size_t length = strcspn(text, ".");
    if (length >= sizeof part)
      return 0;
    memcpy(part, text, length);
    part[length] = 0;
    if (!text_is_name(part))
      return 0;
    if (!text[length])
      return 1;
    text += length + 1;
  }
}

static int check_field(const strait_option *option, size_t instance_size) {
  uint32_t type = option->type;
  if (!option_type_name(type))
    return error_set(STRAIT_EINVAL, "type %u is not known", (unsigned)type);
  if (option->width != types[type].width)
    return error_set(STRAIT_EINVAL, "its field has %u bytes; an option of type %s needs %u", (unsigned)option->width,
                     types[type].name, (unsigned)types[type].width);
  if (option->offset > instance_size || instance_size - option->offset < option->width)
    return error_set(STRAIT_EINVAL, "its field at %u is outside the instance of %zu bytes", (unsigned)option->offset,
                     instance_size);
  if (option->offset % types[type].alignment != 0)
    return error_set(STRAIT_EINVAL, "its field at %u is not aligned for type %s", (unsigned)option->offset,
                     types[type].name);
  return STRAIT_OK;
}

static int check_flags(const strait_option *option) {
  if (option->flags & ~(uint32_t)(STRAIT_REQUIRED | STRAIT_REPEATABLE))
    return error_set(STRAIT_EINVAL, "flags %#x are not known", (unsigned)option->flags);
  if ((option->flags & STRAIT_REPEATABLE) && !option_is_list(option))
    return error_set(STRAIT_EINVAL, "only lists can be STRAIT_REPEATABLE");
  return STRAIT_OK;
}

static int check_bounds(const strait_option *option) {
  if (!option_is_number(option))
    return STRAIT_OK;
  if (isnan(option->min) || isnan(option->max))
    return error_set(STRAIT_EINVAL, "a bound is not a number");
  if (option->min > option->max)
    return error_set(STRAIT_EINVAL, "the minimum %g is above the maximum %g", option->min, option->max);
  return STRAIT_OK;
}

static int check_choices(const strait_option *option) {
  if (option->type != STRAIT_OPT_CHOICE)
    return option->choices ? error_set(STRAIT_EINVAL, "choices belong to type choice only") : STRAIT_OK;
  if (!option->choices || !option->choices[0])
    return error_set(STRAIT_EINVAL, "it has no choices");
  for (int i = 0; option->choices[i]; i++) {
    const char *choice = option->choices[i];
    if (!choice[0] || strpbrk(choice, " \t\r\n"))
      return error_set(STRAIT_EINVAL, "the choice \"%s\" is empty or has a blank in it", choice);
    for (int j = 0; j < i; j++)
      if (strcmp(choice, option->choices[j]) == 0)
        return error_set(STRAIT_EINVAL, "the choice \"%s\" appears twice", choice);
  }
  return STRAIT_OK;
}

/* The default, read as a user's text would be; of a required option it is an example, and may be missing. */
static int check_default(const strait_option *option, struct arena *arena) {
  if (option->value)
    return value_check(option, option->value, arena) ? error_wrap("its default \"%s\"", option->value) : STRAIT_OK;
  if ((option->flags & STRAIT_REQUIRED) || option_is_list(option) || option->type == STRAIT_OPT_STRING ||
      option->type == STRAIT_OPT_PATH)
    return STRAIT_OK;
  return error_set(STRAIT_EINVAL, "it has no default and is not STRAIT_REQUIRED");
}

static int check_help(const strait_option *option) {
  if (!option->help || !option->help[0] || strchr(option->help, '\n'))
    return error_set(STRAIT_EINVAL, "its help is not one line of text");
  return STRAIT_OK;
}

/* Against the options before it: one name, one field. */
static int check_unique(const struct option_table *table, uint32_t i) {
  strait_option option = option_at(table, i);
  for (uint32_t j = 0; j < i; j++) {
    strait_option other = option_at(table, j);
    if (strcmp(option.name, other.name) == 0)
      return error_set(STRAIT_EINVAL, "its name appears twice");
    if (option.offset < other.offset + other.width && other.offset < option.offset + option.width)
      return error_set(STRAIT_EINVAL, "it shares its field with option %s", other.name);
  }
  return STRAIT_OK;
}

static int check_option(const struct option_table *table, uint32_t i, size_t instance_size, struct arena *arena) {
  strait_option option = option_at(table, i);
  if (!option.name || !is_dotted_name(option.name))
    return error_set(STRAIT_EINVAL, "option %u: \"%s\" is not a name ([a-z][a-z0-9-]*)", (unsigned)i,
                     option.name ? option.name : "");
  int status = check_field(&option, instance_size);
  status = status ? status : check_flags(&option);
  status = status ? status : check_bounds(&option);
  status = status ? status : check_choices(&option);
  status = status ? status : check_default(&option, arena);
  status = status ? status : check_help(&option);
  status = status ? status : check_unique(table, i);
  return status ? error_wrap("option %s", option.name) : STRAIT_OK;
}

int options_check(const struct option_table *table, size_t instance_size) {
  if (table->count == 0)
    return STRAIT_OK;
  if (!table->first)
    return error_set(STRAIT_EINVAL, "%u options are promised and none is there", (unsigned)table->count);
  if (table->size < OPTION_SIZE_1_0 || table->size % _Alignof(strait_option) != 0)
    return error_set(STRAIT_EINVAL, "its options have %u bytes each; the least is %u", (unsigned)table->size,
                     (unsigned)OPTION_SIZE_1_0);
  struct arena *arena = arena_create();
  if (!arena)
    return error_failure();
  int status = STRAIT_OK;
  for (uint32_t i = 0; i < table->count && !status; i++)
    status = check_option(table, i, instance_size, arena);
  arena_free(arena);
  return status;
}
