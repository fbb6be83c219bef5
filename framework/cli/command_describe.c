/* cli/command_describe.c: `strait describe KIND NAME`, `describe verb NAME`, `describe key NAME`. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/topic.h"
#include "stage/verb.h"

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
                          .origin = registry_origin(registry, kind, name),
                          .cls = cls,
                          .tables = 1,
                          .table = {{"options", prefix, &table}}};
    status = prefix ? topic_print(&topic, form_of(a)) : error_status();
  }
  if (registry)
    registry_free(registry);
  return status;
}

static int describe_verb(const struct arguments *a, const char *name) {
  const struct verb *verb = verb_find(name);
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
      return error_status();
  }
  return topic.section ? topic_print(&topic, form_of(a)) : error_status();
}

/* One key, wherever verbs take it. */
static int describe_key(const struct arguments *a, const char *name) {
  int found = 0;
  for (size_t v = 0; verbs[v]; v++) {
    struct key_table tables[8];
    int n = verb_tables(verbs[v], tables);
    for (int i = 0; i < n; i++) {
      int at = option_find(tables[i].table, name);
      if (at < 0)
        continue;
      strait_option o = option_at(tables[i].table, (uint32_t)at);
      struct text type = {0};
      topic_type(&type, &o);
      printf("%s: %s = %s: %s (%s)\n", verbs[v]->name, o.name, o.value ? o.value : "", o.help,
             type.data ? type.data : "");
      text_free(&type);
      found = 1;
    }
  }
  (void)a;
  return found ? STRAIT_OK : error_set(STRAIT_EINVAL, "no verb has a key \"%s\"; see strait describe verb NAME", name);
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
    .summary = "tell all about a plugin, a verb or a key",
    .help = "Prints what a plugin is and its options (strait describe curve bezier), what a verb does and the keys "
            "that its\n"
            "sections take (strait describe verb train), or one key (strait describe key weight-decay).",
    .flags = FLAG_PLUGINS | FLAG_JSON | FLAG_INI | FLAG_MAN,
    .least = 2,
    .most = 2,
    .run = describe,
};
