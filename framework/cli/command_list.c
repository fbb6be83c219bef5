/* cli/command_list.c: `strait list`: the plugins that are found, each opened in a child process, and the verbs. */
#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/probe.h"
#include "report/table.h"
#include "verbs/verbs.h"

struct listing {
  struct registry *registry;
  uint32_t only; /* a kind, or 0 */
  json_t *plugins;
  int failures;
};

static json_t *describe_builtin(struct registry *registry, uint32_t kind, const char *name) {
  const strait_class *cls;
  if (registry_class(registry, kind, name, &cls))
    return NULL;
  return json_pack("{s:s, s:s, s:s, s:s}", "kind", kind_name(kind), "name", name, "version", cls->version, "summary",
                   cls->summary);
}

/* One plugin's row; a failure is a row too. */
static int visit_list(void *context, uint32_t kind, const char *name, const char *origin) {
  struct listing *l = context;
  json_t *row = NULL;
  if (l->only && kind != l->only)
    return STRAIT_OK;
  if (origin[0] != '/')
    row = describe_builtin(l->registry, kind, name);
  else if (probe(origin, &row))
    row = NULL;
  if (!row) {
    row = json_pack("{s:s, s:s, s:s}", "kind", kind_name(kind), "name", name, "error", error_text());
    error_clear();
    l->failures++;
  }
  if (!row || json_object_set_new(row, "origin", json_string(origin)) || json_array_append_new(l->plugins, row))
    return error_set(STRAIT_ENOMEM, "out of memory");
  return STRAIT_OK;
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static int print_plugins(const json_t *plugins) {
  struct table *table = table_create("llll");
  json_t *one;
  size_t i;
  if (!table)
    return error_failure();
  table_add(table, "kind");
  table_add(table, "name");
  table_add(table, "version");
  table_add(table, "what it is");
  table_rule(table);
  json_array_foreach(plugins, i, one) {
    table_add(table, "%s", text_of(one, "kind"));
    table_add(table, "%s", text_of(one, "name"));
    table_add(table, "%s", text_of(one, "version"));
    if (json_object_get(one, "error"))
      table_add(table, "CANNOT BE USED: %s", text_of(one, "error"));
    else
      table_add(table, "%s", text_of(one, "summary"));
  }
  int status = table_print(table, stdout, 0);
  table_free(table);
  return status;
}

static int list_verbs(int json) {
  json_t *all = json_array();
  for (size_t i = 0; verbs[i]; i++) {
    if (json)
      json_array_append_new(all, json_pack("{s:s, s:s}", "name", verbs[i]->name, "summary", verbs[i]->summary));
    else
      printf("%-10s %s\n", verbs[i]->name, verbs[i]->summary);
  }
  if (json)
    return answer_json(all);
  json_decref(all);
  return STRAIT_OK;
}

static int list(const struct arguments *a) {
  struct listing l = {0};
  const char *what = a->operand_count ? a->operands[0] : NULL;
  if (what && (strcmp(what, "verb") == 0 || strcmp(what, "verbs") == 0))
    return list_verbs(a->json);
  if (what && !(l.only = kind_of(what)))
    return error_set(STRAIT_EINVAL, "no kind \"%s\"; there are model, dataset, curve, schedule, ensembler and verb",
                     what);
  int status = arguments_registry(a, &l.registry);
  if (!status && !(l.plugins = json_array()))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = registry_scan(l.registry, visit_list, &l);
  if (!status)
    status = a->json ? answer_json(json_incref(l.plugins)) : print_plugins(l.plugins);
  json_decref(l.plugins);
  if (l.registry)
    registry_free(l.registry);
  if (!status && l.failures)
    status = error_set(STRAIT_EIO, "%d plugin%s cannot be used", l.failures, l.failures == 1 ? "" : "s");
  return status;
}

const struct command command_list = {
    .name = "list",
    .operands = "[KIND]",
    .summary = "list plugins and verbs",
    .help = "Lists the plugins that are found, of one kind (model, dataset, curve, schedule, ensembler) or of\n"
            "all, or with \"verb\" the verbs that sections of an experiment file begin with. Each plugin is\n"
            "opened in a process of its own; one that cannot be used is reported and skipped.",
    .flags = FLAG_PLUGINS | FLAG_JSON,
    .least = 0,
    .most = 1,
    .run = list,
};
