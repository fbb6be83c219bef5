/* cli/command_describe.c: `strait describe KIND NAME`, `describe verb NAME`, `describe key NAME`. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/topic.h"
#include "verbs/verbs.h"

static int form_of(const struct arguments *a) {
  return a->json ? TOPIC_JSON : a->ini ? TOPIC_INI : a->man ? TOPIC_MAN : TOPIC_TEXT;
}

static int describe_plugin(const struct arguments *a, uint32_t kind, const char *name) {
  struct registry *registry = NULL;
  const strait_class *cls;
  int status = arguments_registry(a, &registry);
  if (!status)
    status = registry_class(registry, kind, name, &cls);
  if (!status) {
    struct option_table table = class_options(cls);
    char *prefix = arena_format(a->arena, "%s.", kind_name(kind));
    struct topic topic = {.kind = kind_name(kind),
                          .name = cls->name,
                          .version = cls->version,
                          .summary = cls->summary,
                          .help = cls->description,
                          .origin = registry_origin(registry, kind, name),
                          .cls = cls,
                          .tables = 1,
                          .table = {{"options", prefix, &table}}};
    status = prefix ? topic_print(&topic, form_of(a)) : error_failure();
  }
  if (registry)
    registry_free(registry);
  return status;
}

static int describe_verb(const struct arguments *a, const char *name) {
  const struct verb *verb = verb_find(verbs, name);
  const char *names[16];
  size_t n = 0;
  for (size_t i = 0; verbs[i] && n < 16; i++)
    names[n++] = verbs[i]->name;
  if (!verb) {
    const char *nearest = text_nearest(name, names, n);
    return error_set(STRAIT_EINVAL, "no verb \"%s\"; %s%s%s", name,
                     nearest ? "did you mean \"" : "see strait list verb", nearest ? nearest : "",
                     nearest ? "\"?" : "");
  }
  struct key_table tables[8];
  struct topic topic = {.kind = "verb", .name = verb->name, .summary = verb->summary, .help = verb->help};
  topic.section = arena_format(a->arena, "[%s NAME]", verb->name);
  topic.kinds = verb->kinds | (verb->fresh ? KIND_BIT(STRAIT_MODEL) | KIND_BIT(STRAIT_DATASET) : 0);
  topic.tables = verb_tables(verb, tables);
  for (int i = 0; i < topic.tables; i++) {
    topic.table[i].title = arena_format(a->arena, "%s keys", tables[i].title);
    topic.table[i].prefix = "";
    topic.table[i].table = tables[i].table;
    if (!topic.table[i].title)
      return error_failure();
  }
  return topic.section ? topic_print(&topic, form_of(a)) : error_failure();
}

/* Adds the verb to those that take this option, which several verbs' tables may share: one entry for all of them. */
static int add_taker(const struct arguments *a, struct topic *topic, const strait_option *option, const char *verb) {
  int k = 0;
  while (k < topic->tables && topic->table[k].table->first != option)
    k++;
  if (k == TOPIC_TABLES)
    return error_set(STRAIT_EBUG, "more keys of one name than a topic has room for");
  if (k < topic->tables) {
    topic->table[k].title = arena_format(a->arena, "%s, %s", topic->table[k].title, verb);
    return topic->table[k].title ? STRAIT_OK : error_failure();
  }
  struct option_table *one = arena_alloc(a->arena, 1, sizeof *one);
  if (!one)
    return error_failure();
  *one = (struct option_table){option, sizeof *option, 1};
  topic->table[k].table = one;
  topic->table[k].prefix = "";
  topic->table[k].title = verb;
  topic->tables++;
  return STRAIT_OK;
}

/* An option of plugins, as schedule.rate. */
struct sought {
  const struct arguments *arguments;
  struct registry *registry;
  struct topic *topic;
  uint32_t kind;
  const char *option;
};

static int visit_plugin(void *context, uint32_t kind, const char *name, const char *origin) {
  struct sought *s = context;
  const strait_class *cls;
  (void)origin;
  if (kind != s->kind || s->topic->tables == TOPIC_TABLES)
    return STRAIT_OK;
  if (registry_class(s->registry, kind, name, &cls))
    return error_clear(), STRAIT_OK; /* strait list says what is wrong with it */
  struct option_table options = class_options(cls);
  int at = option_find(&options, s->option);
  if (at < 0)
    return STRAIT_OK;
  struct option_table *one = arena_alloc(s->arguments->arena, 1, sizeof *one);
  const char *title = arena_format(s->arguments->arena, "%s %s", kind_name(kind), name);
  const char *prefix = arena_format(s->arguments->arena, "%s.", kind_name(kind));
  if (!one || !title || !prefix)
    return error_failure();
  *one =
      (struct option_table){.first = (const strait_option *)((const char *)options.first + (size_t)at * options.size),
                            .size = options.size,
                            .count = 1};
  s->topic->table[s->topic->tables].table = one;
  s->topic->table[s->topic->tables].prefix = prefix;
  s->topic->table[s->topic->tables++].title = title;
  return STRAIT_OK;
}

static int add_plugins(const struct arguments *a, struct topic *topic, const char *name) {
  const char *dot = strchr(name, '.');
  const char *kind = dot ? arena_copy_n(a->arena, name, (size_t)(dot - name)) : NULL;
  struct sought sought = {
      .arguments = a, .topic = topic, .kind = kind ? kind_of(kind) : 0, .option = dot ? dot + 1 : ""};
  if (!sought.kind)
    return STRAIT_OK;
  int status = arguments_registry(a, &sought.registry);
  if (!status)
    status = registry_scan(sought.registry, visit_plugin, &sought);
  if (sought.registry)
    registry_free(sought.registry);
  return status;
}

/* One key, with the verbs, or the plugins, that take it. */
static int describe_key(const struct arguments *a, const char *name) {
  struct topic topic = {.kind = "key", .name = name};
  for (size_t v = 0; verbs[v]; v++) {
    struct key_table tables[8];
    int n = verb_tables(verbs[v], tables);
    for (int i = 0; i < n; i++) {
      int at = option_find(tables[i].table, name);
      int status = at < 0 ? STRAIT_OK : add_taker(a, &topic, tables[i].table->first + at, verbs[v]->name);
      if (status)
        return status;
    }
  }
  int status = add_plugins(a, &topic, name);
  if (status)
    return status;
  if (!topic.tables)
    return error_set(STRAIT_EINVAL, "no verb has a key \"%s\"; see strait describe verb NAME", name);
  topic.summary = option_at(topic.table[0].table, 0).help;
  return topic_print(&topic, form_of(a));
}

static int describe(const struct arguments *a) {
  const char *what = a->operands[0], *name = a->operands[1];
  uint32_t kind = kind_of(what);
  if (kind)
    return describe_plugin(a, kind, name);
  if (strcmp(what, "verb") == 0)
    return describe_verb(a, name);
  if (strcmp(what, "key") == 0)
    return describe_key(a, name);
  return error_set(STRAIT_EINVAL, "no kind \"%s\"; there are model, dataset, curve, schedule, ensembler, verb and key",
                   what);
}

const struct command command_describe = {
    .name = "describe",
    .operands = "KIND NAME",
    .summary = "describe a plugin, a verb or a key",
    .help = "Prints what a plugin is and its options (strait describe curve bezier), what a verb does and the\n"
            "keys that its sections take (strait describe verb train), or one key (strait describe key\n"
            "weight-decay, strait describe key schedule.rate).",
    .flags = FLAG_PLUGINS | FLAG_JSON | FLAG_INI | FLAG_MAN,
    .least = 2,
    .most = 2,
    .run = describe,
};
