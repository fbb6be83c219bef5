/* verify/variants.c: option values to test with: the user's, each option at its limits, and values beyond them. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "verify/law.h"

/* Values while they are written down: texts in the trial's arena. */
struct values {
  const struct trial *t;
  const char **value;
  size_t count, most;
};

static void add(struct values *v, const char *value) {
  for (size_t i = 0; i < v->count; i++)
    if (value && strcmp(v->value[i], value) == 0)
      return;
  if (value && v->count < v->most)
    v->value[v->count++] = value;
}

static void add_integer(struct values *v, int64_t value) {
  add(v, arena_format(v->t->arena, "%lld", (long long)value));
}

static void add_number(struct values *v, double value) {
  char text[32];
  add(v, arena_copy(v->t->arena, text_of_number(value, text)));
}

/* Bounds of integers are doubles, which may lie beyond every integer. */
static int64_t least_integer(const strait_option *option) {
  return option->min <= -0x1p63 ? INT64_MIN : (int64_t)ceil(option->min);
}
static int64_t greatest_integer(const strait_option *option) {
  return option->max >= 0x1p63 ? INT64_MAX : (int64_t)floor(option->max);
}

static void integers_within(struct values *v, const strait_option *option) {
  int64_t least = least_integer(option), greatest = greatest_integer(option);
  add_integer(v, least);
  if (least < greatest)
    add_integer(v, least + 1);
  if (least < 0 && greatest > 0)
    add_integer(v, 0);
  add_integer(v, greatest);
}

static void numbers_within(struct values *v, const strait_option *option) {
  add_number(v, option->min);
  if (option->min < 0 && option->max > 0)
    add_number(v, 0);
  if (isfinite(option->min) && isfinite(option->max))
    add_number(v, option->min / 2 + option->max / 2);
  add_number(v, option->max);
}

/* One item at each limit, and several of the least; none where a list may be empty. */
static void lists_within(struct values *v, const strait_option *option) {
  int integers = option->type == STRAIT_OPT_INTS;
  if (integers)
    add_integer(v, least_integer(option));
  else
    add_number(v, option->min);
  const char *least = v->count ? v->value[v->count - 1] : "0";
  add(v, arena_format(v->t->arena, "%s %s %s", least, least, least));
  if (integers)
    add_integer(v, greatest_integer(option));
  else
    add_number(v, option->max);
  if ((option->flags & STRAIT_REPEATABLE) || !option->value || !option->value[0])
    add(v, "");
}

static const char *long_text(const struct trial *t) {
  char *text = arena_alloc(t->arena, 1, 4001);
  return text ? memset(text, 'x', 4000) : NULL;
}

size_t variants_within(const struct trial *t, const strait_option *option, const char **values, size_t most) {
  struct values v = {t, values, 0, most};
  switch (option->type) {
  case STRAIT_OPT_INT:
    integers_within(&v, option);
    break;
  case STRAIT_OPT_FLOAT:
    numbers_within(&v, option);
    break;
  case STRAIT_OPT_BOOL:
    add(&v, "no");
    add(&v, "yes");
    break;
  case STRAIT_OPT_CHOICE:
    for (int i = 0; option->choices[i]; i++)
      add(&v, option->choices[i]);
    break;
  case STRAIT_OPT_STRING:
    add(&v, "");
    add(&v, "%s%n");
    add(&v, long_text(t));
    break;
  case STRAIT_OPT_PATH:
    add(&v, "/nonexistent/strait");
    add(&v, "/");
    break;
  case STRAIT_OPT_STRINGS:
    add(&v, "a (b c) %n");
    if ((option->flags & STRAIT_REPEATABLE) || !option->value || !option->value[0])
      add(&v, "");
    break;
  default:
    lists_within(&v, option);
  }
  return v.count;
}

static void integers_beyond(struct values *v, const strait_option *option) {
  if (least_integer(option) > INT64_MIN)
    add_integer(v, least_integer(option) - 1);
  if (greatest_integer(option) < INT64_MAX)
    add_integer(v, greatest_integer(option) + 1);
  add(v, "9223372036854775808");
  add(v, "1.5");
}

static void numbers_beyond(struct values *v, const strait_option *option) {
  if (option->min > -DBL_MAX)
    add_number(v, nextafter(option->min, -INFINITY));
  if (option->max < DBL_MAX)
    add_number(v, nextafter(option->max, INFINITY));
  add(v, "nan");
}

size_t variants_beyond(const struct trial *t, const strait_option *option, const char **values, size_t most) {
  struct values v = {t, values, 0, most};
  switch (option->type) {
  case STRAIT_OPT_INT:
  case STRAIT_OPT_INTS:
    integers_beyond(&v, option);
    add(&v, "x");
    break;
  case STRAIT_OPT_FLOAT:
  case STRAIT_OPT_FLOATS:
    numbers_beyond(&v, option);
    add(&v, "x");
    break;
  case STRAIT_OPT_BOOL:
    add(&v, "maybe");
    break;
  case STRAIT_OPT_CHOICE:
    add(&v, "no such choice");
    break;
  case STRAIT_OPT_PATH:
    add(&v, "");
    break;
  case STRAIT_OPT_STRINGS:
    add(&v, "(a");
    break;
  default: /* any text is a string */
    break;
  }
  return v.count;
}

int variant_add(struct trial *t, struct variant *variant, const char *key, const char *value) {
  struct setting *settings = arena_alloc(t->arena, variant->count + 1, sizeof *settings);
  if (!settings)
    return error_failure();
  if (variant->count)
    memcpy(settings, variant->settings, variant->count * sizeof *settings);
  settings[variant->count] = (struct setting){.key = key, .value = value};
  variant->settings = settings;
  variant->count++;
  return STRAIT_OK;
}

static int keep(struct trial *t, const struct variant *variant) {
  if (memory_grow(&t->variant, &t->variant_capacity, t->variants + 1, sizeof *t->variant))
    return error_failure();
  t->variant[t->variants++] = *variant;
  return STRAIT_OK;
}

/* The name of the option that a key sets: what follows "curve.". */
static const char *option_of(const struct trial *t, const char *key) {
  const char *kind = kind_name(t->kind);
  size_t length = strlen(kind);
  return strncmp(key, kind, length) == 0 && key[length] == '.' ? key + length + 1 : key;
}

/* One --set, checked against the table. */
static int take_set(struct trial *t, struct variant *variant, const char *set, void *scratch) {
  const char *equals = strchr(set, '=');
  struct option_table table = class_options(t->found.cls);
  if (!equals || equals == set)
    return error_set(STRAIT_EINVAL, "--set %s: it has the form KEY=VALUE", set);
  char *key = arena_copy_n(t->arena, set, (size_t)(equals - set));
  if (!key || variant_add(t, variant, key, equals + 1))
    return error_failure();
  return options_set(&table, scratch, option_of(t, key), &variant->settings[variant->count - 1], t->arena);
}

static int is_set(const struct trial *t, const struct variant *variant, const char *name) {
  for (size_t i = 0; i < variant->count; i++)
    if (strcmp(option_of(t, variant->settings[i].key), name) == 0)
      return 1;
  return 0;
}

/* As set: what the user says, and for what must be given the table's own example. */
static int make_first(struct trial *t, const char *const *sets, size_t count) {
  struct variant first = {.text = "the options as set"};
  struct option_table table = class_options(t->found.cls);
  void *scratch = memory_alloc(1, t->found.cls->instance_size);
  int status = scratch ? STRAIT_OK : error_failure();
  for (size_t i = 0; i < count && !status; i++)
    status = take_set(t, &first, sets[i], scratch);
  memory_free(scratch);
  for (uint32_t i = 0; i < table.count && !status; i++) {
    strait_option option = option_at(&table, i);
    if ((option.flags & STRAIT_REQUIRED) && option.value && !is_set(t, &first, option.name))
      status = variant_add(t, &first, option.name, option.value);
  }
  return status ? status : keep(t, &first);
}

enum { VALUES = 16 };

/* Every option at its least, or at its greatest, at once; paths and strings stay as they are. */
static int make_extreme(struct trial *t, int greatest) {
  struct option_table table = class_options(t->found.cls);
  struct variant all = t->variant[0];
  all.text = greatest ? "all options at their greatest" : "all options at their least";
  for (uint32_t i = 0; i < table.count; i++) {
    strait_option option = option_at(&table, i);
    const char *values[VALUES];
    size_t n = variants_within(t, &option, values, VALUES);
    if (n && option.type != STRAIT_OPT_STRING && option.type != STRAIT_OPT_PATH &&
        variant_add(t, &all, option.name, values[greatest ? n - 1 : 0]))
      return error_failure();
  }
  return all.count > t->variant[0].count ? keep(t, &all) : STRAIT_OK;
}

int variants_make(struct trial *t, const char *const *sets, size_t count) {
  struct option_table table = class_options(t->found.cls);
  int status = make_first(t, sets, count);
  for (uint32_t i = 0; i < table.count && !status; i++) {
    strait_option option = option_at(&table, i);
    const char *values[VALUES];
    size_t n = variants_within(t, &option, values, VALUES);
    for (size_t k = 0; k < n && !status; k++) {
      struct variant one = t->variant[0];
      one.text = arena_format(t->arena, "%s = %.40s%s", option.name, values[k], strlen(values[k]) > 40 ? "..." : "");
      status = one.text ? variant_add(t, &one, option.name, values[k]) : error_failure();
      status = status ? status : keep(t, &one);
    }
  }
  for (int greatest = 0; greatest < 2 && !status; greatest++)
    status = make_extreme(t, greatest);
  return status;
}
