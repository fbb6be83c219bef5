/* experiment/instance.c: makes the copies, and finds those that are alike. Touches the experiment in memory only. */
#include "experiment/instance.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "experiment/settings.h"
#include "experiment/settle.h"
#include "experiment/stages.h"
#include "experiment/verb.h"

#define LONGEST 96       /* bytes that an instance adds to a stage's name */
#define MOST_STAGES 9999 /* more are a mistake in a list */

struct instance {
  struct experiment *experiment;
  const char *text, *whole; /* as it ends names; and unshortened */
  int64_t shift;            /* of every seed */
  struct settings defaults; /* the file's, then the changes of them */
  size_t general;           /* how many of them are the file's */
  struct change *change;    /* those of single stages */
  size_t changes;
  struct stage **copy; /* their origin is in them */
  size_t count, capacity;
};

const char *instance_text(const struct instance *instance) { return instance->text; }

void instances_free(struct experiment *e) {
  for (size_t i = 0; i < e->instance_count; i++) {
    memory_free(e->instances[i]->defaults.v);
    memory_free(e->instances[i]->copy);
  }
  memory_free(e->instances);
}

/* --- names --- */

/* "(64 64)" as 64-64: safe in any shell and file system. *exact: no other value looks the same. */
static void add_value(struct text *text, const char *value, int *exact) {
  size_t length = strlen(value);
  int held = length > 1 && value[0] == '(' && value[length - 1] == ')';
  for (const char *c = value + held; *c && c < value + length - held; c++) {
    int safe = isalnum((unsigned char)*c) || strchr("._-+@", *c) != NULL;
    *exact &= safe || *c == ' ';
    text_add_n(text, safe ? c : "-", 1);
  }
}

/* "seed=2,run=2,arc.curve.bends=3" */
static int describe_instance(struct instance *instance, const struct changes *changes) {
  struct arena *arena = instance->experiment->arena;
  struct text text = {0}, whole = {0};
  int exact = 1;
  text_add(&text, "%s", "");
  if (changes->seed > 1)
    text_add(&text, "seed=%lld", (long long)changes->seed);
  if (changes->run > 1)
    text_add(&text, "%srun=%lld", text.length ? "," : "", (long long)changes->run);
  text_add(&whole, "%s", text.data ? text.data : "");
  for (size_t i = 0; i < changes->count; i++) {
    const struct change *c = &changes->change[i];
    text_add(&text, "%s%s%s%s=", text.length ? "," : "", c->stage ? c->stage : "", c->stage ? "." : "", c->setting.key);
    text_add(&whole, ",%s.%s=%s", c->stage ? c->stage : "", c->setting.key, c->setting.value);
    add_value(&text, c->setting.value, &exact);
  }
  if (!text.status && !whole.status && (!exact || text.length > LONGEST)) {
    char digest[33];
    hash_of(whole.data, whole.length, digest);
    instance->text = arena_format(arena, "%.*s-%.16s", LONGEST, text.data, digest);
  } else if (!text.status)
    instance->text = arena_copy(arena, text.data);
  instance->whole = whole.status ? NULL : arena_copy(arena, whole.data);
  text_free(&text);
  text_free(&whole);
  return instance->text && instance->whole ? STRAIT_OK : error_failure();
}

/* --- instances --- */

/* The file's [defaults], then those that are changed: the later wins. */
static int take_changes(struct instance *instance, const struct changes *changes) {
  const struct settings *general = &instance->experiment->defaults;
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < general->n; i++)
    status = settings_add(&instance->defaults, &general->v[i]);
  instance->general = instance->defaults.n;
  instance->change = arena_alloc(instance->experiment->arena, changes->count, sizeof *instance->change);
  if (!instance->change)
    return error_failure();
  for (size_t i = 0; !status && i < changes->count; i++)
    if (changes->change[i].stage)
      instance->change[instance->changes++] = changes->change[i];
    else
      status = settings_add(&instance->defaults, &changes->change[i].setting);
  instance->shift = 1000 * (changes->seed - 1) + 1000000 * (changes->run - 1);
  return status;
}

int instance_find(struct experiment *e, const struct changes *changes, struct instance **instance) {
  struct instance *made = arena_alloc(e->arena, 1, sizeof *made);
  if (!made)
    return error_failure();
  made->experiment = e;
  int status = describe_instance(made, changes);
  for (size_t i = 0; !status && i < e->instance_count; i++)
    if (strcmp(e->instances[i]->whole, made->whole) == 0)
      return *instance = e->instances[i], STRAIT_OK;
  if (!status)
    status = memory_grow(&e->instances, &e->instance_capacity, e->instance_count + 1, sizeof *e->instances);
  if (status)
    return status;
  *instance = e->instances[e->instance_count++] = made; /* from here on instances_free knows it */
  return take_changes(made, changes);
}

struct setting *instance_untaken(const struct instance *instance) {
  for (size_t i = instance->general; i < instance->defaults.n; i++)
    if (!instance->defaults.v[i].used)
      return &instance->defaults.v[i];
  return NULL;
}

/* --- copies --- */

/* The stage's own seed, moved. */
static int shift_seed(struct instance *instance, struct stage *copy) {
  if (!instance->shift || !(copy->verb->takes & TAKES_SEEDS))
    return STRAIT_OK;
  const struct setting *written = settings_find(&copy->settings, "seed");
  if (!written)
    written = settings_find(&instance->defaults, "seed");
  int64_t seed = 1;
  if (written && text_integer(written->value, &seed))
    return STRAIT_OK; /* reading the section itself says what is wrong with it */
  struct setting moved = written ? *written : (struct setting){.folder = ".", .section = copy->section};
  moved.key = "seed";
  moved.used = 0;
  moved.value = arena_format(instance->experiment->arena, "%lld", (long long)(seed + instance->shift));
  return moved.value ? settings_set(&copy->settings, &moved) : error_failure();
}

static int copy_settings(struct instance *instance, const struct stage *origin, struct stage *copy) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < origin->settings.n; i++) {
    struct setting s = origin->settings.v[i];
    s.used = 1; /* whether something takes it is judged where it is written */
    status = settings_add(&copy->settings, &s);
  }
  for (size_t i = 0; !status && i < instance->changes; i++)
    if (strcmp(instance->change[i].stage, origin->name) == 0)
      status = settings_set(&copy->settings, &instance->change[i].setting);
  return status ? status : shift_seed(instance, copy);
}

static int make_copy(struct instance *instance, struct stage *origin, struct stage **copy) {
  struct experiment *e = instance->experiment;
  struct stage *made = arena_alloc(e->arena, 1, sizeof *made);
  if (!made)
    return error_failure();
  if (e->all_count >= MOST_STAGES)
    return error_set(STRAIT_EINVAL, "more than %d stages with all copies; shorten a list", MOST_STAGES);
  *made = (struct stage){.experiment = e,
                         .verb = origin->verb,
                         .instance = instance,
                         .defaults = &instance->defaults,
                         .origin = origin,
                         .file = origin->file,
                         .line = origin->line};
  made->name = *instance->text ? arena_format(e->arena, "%s,%s", origin->name, instance->text) : origin->name;
  made->section = made->name ? arena_format(e->arena, "%s %s", origin->verb->name, made->name) : NULL;
  if (!made->section)
    return error_failure();
  int status = memory_grow(&instance->copy, &instance->capacity, instance->count + 1, sizeof *instance->copy);
  if (!status)
    status = experiment_add(e, made);
  if (status)
    return status;
  instance->copy[instance->count++] = *copy = made; /* before it refers to others, which may refer to it */
  status = copy_settings(instance, origin, made);
  if (!status)
    status = settle_own(made);
  if (!status)
    status = made->verb->refer(made);
  stage_find_source(made);
  return status;
}

int instance_stage(struct instance *instance, struct stage *origin, struct stage **copy) {
  for (size_t i = 0; i < instance->count; i++)
    if (instance->copy[i]->origin == origin)
      return *copy = instance->copy[i], STRAIT_OK;
  if (!*instance->text)
    return *copy = origin, STRAIT_OK;
  return make_copy(instance, origin, copy);
}

int instance_needs(struct stage *stage, const struct changes *changes, struct stage *const *of, size_t count) {
  struct instance *instance;
  int status = instance_find(stage->experiment, changes, &instance);
  for (size_t i = 0; !status && i < count; i++) {
    struct stage *copy;
    status = instance_stage(instance, of[i], &copy);
    if (!status)
      status = stage_need(stage, copy);
  }
  return status;
}

/* --- copies that are alike --- */

static struct stage *standing(struct stage *stage) {
  while (stage && stage->same)
    stage = stage->same;
  return stage;
}

void instance_redirect(struct stage *stage) {
  for (size_t i = 0; i < stage->reference_count; i++)
    stage->references[i]->stage = standing(stage->references[i]->stage);
  for (size_t i = 0; i < stage->route_count; i++)
    stage->routes[i]->stage = standing(stage->routes[i]->stage);
  for (size_t i = 0; i < stage->need_count; i++)
    stage->needs[i] = standing(stage->needs[i]);
  stage->source = standing(stage->source);
}

static int alike(const struct stage *a, const struct stage *b) {
  return strcmp(a->key, b->key) == 0 && strcmp(a->measured, b->measured) == 0;
}

void instance_merge(struct experiment *e, struct stage *stage) {
  for (size_t i = 0; stage->origin && i < e->count && e->stages[i] != stage; i++) {
    struct stage *other = e->stages[i];
    if ((other == stage->origin || other->origin == stage->origin) && alike(other, stage)) {
      stage->same = standing(other);
      return;
    }
  }
}
