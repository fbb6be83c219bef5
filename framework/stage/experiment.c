/* stage/experiment.c: sections to stages: names and references. Reads the experiment file and opens plugins; writes
 * nothing. The values of keys are settle.c's, copies of stages instance.c's, their order is order.c's. */
#include "stage/experiment.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "stage/ini.h"
#include "stage/instance.h"
#include "stage/settle.h"
#include "stage/verb.h"

struct setting *settings_find(const struct settings *settings, const char *key) {
  for (size_t i = settings->n; i-- > 0;)
    if (strcmp(settings->v[i].key, key) == 0)
      return &settings->v[i];
  return NULL;
}

int settings_add(struct settings *settings, const struct setting *setting) {
  int status = memory_grow(&settings->v, &settings->capacity, settings->n + 1, sizeof *settings->v);
  if (!status)
    settings->v[settings->n++] = *setting;
  return status;
}

struct stage *experiment_stage(const struct experiment *experiment, const char *name) {
  for (size_t i = 0; i < experiment->count; i++)
    if (strcmp(experiment->stages[i]->name, name) == 0)
      return experiment->stages[i];
  return NULL;
}

int experiment_add(struct experiment *e, struct stage *stage) {
  int status = memory_grow(&e->all, &e->all_capacity, e->all_count + 1, sizeof *e->all);
  if (status)
    return status;
  e->all[e->all_count++] = stage;
  e->stages = e->all;
  e->count = e->all_count;
  return STRAIT_OK;
}

static int no_such_stage(const struct experiment *e, const char *name) {
  const char **names = arena_alloc(e->arena, e->count, sizeof *names);
  if (!names)
    return error_failure();
  for (size_t i = 0; i < e->count; i++)
    names[i] = e->stages[i]->name;
  const char *nearest = text_nearest(name, names, e->count);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no stage \"%s\"; did you mean \"%s\"?", name, nearest);
  return error_set(STRAIT_EINVAL, "no stage \"%s\" in this file", name);
}

/* --- references --- */

/* What a whole stage's name means that is no one network. */
static int not_one_network(const struct reference *r) {
  const struct verb *verb = r->stage->verb;
  if (verb->answers & REFERENCE_BIT(REFERENCE_POINT))
    return error_set(STRAIT_EINVAL, "\"%s\" is a whole curve; %s(0.5) or %s#1 names weights on it", r->name, r->name,
                     r->name);
  if (verb->answers & REFERENCE_BIT(REFERENCE_MEMBER))
    return error_set(STRAIT_EINVAL, "\"%s\" has several members; %s[0] names one", r->name, r->name);
  return error_set(STRAIT_EINVAL, "\"%s\" is a %s stage and has no weights", r->name, verb->name);
}

/* Does the verb of the stage that is named answer this form? */
static int suits(const struct reference *r) {
  static const char *const marks[] = {[REFERENCE_EPOCH] = "@ needs",         [REFERENCE_ITERATION] = "@ needs",
                                      [REFERENCE_MEMBER] = "[ ] needs",      [REFERENCE_MEMBERS] = "[ ] needs",
                                      [REFERENCE_POINT] = "(t) and #i need", [REFERENCE_CONTROL] = "(t) and #i need"};
  const struct experiment *e = r->stage->experiment;
  if (r->stage->verb->answers & REFERENCE_BIT(r->type))
    return STRAIT_OK;
  if (r->type == REFERENCE_FINAL)
    return not_one_network(r);
  const char *wanted = verbs_answering(e->verbs, REFERENCE_BIT(r->type), e->arena);
  return wanted ? error_set(STRAIT_EINVAL, "\"%s\" is a %s stage; %s %s", r->name, r->stage->verb->name, marks[r->type],
                            wanted)
                : error_failure();
}

int stage_named(struct stage *stage, const char *name, struct stage **found) {
  *found = experiment_stage(stage->experiment, name);
  if (!*found)
    return no_such_stage(stage->experiment, name);
  return stage->instance ? instance_stage(stage->instance, *found, found) : STRAIT_OK;
}

int stage_need(struct stage *stage, struct stage *needed) {
  int status = memory_grow(&stage->needs, &stage->need_capacity, stage->need_count + 1, sizeof *stage->needs);
  if (!status)
    stage->needs[stage->need_count++] = needed;
  return status;
}

/* Finds the stages of a reference and of its parts, and lists them. */
static int bind(struct stage *stage, struct reference *r) {
  int status = STRAIT_OK;
  if (r->name && (status = stage_named(stage, r->name, &r->stage)) == STRAIT_OK)
    status = suits(r);
  if (!status)
    status = memory_grow(&stage->references, &stage->reference_capacity, stage->reference_count + 1,
                         sizeof *stage->references);
  if (!status)
    stage->references[stage->reference_count++] = r;
  for (size_t i = 0; !status && i < r->count; i++)
    status = bind(stage, r->parts[i]);
  return status;
}

/* Where relative paths in the value of a key start. */
static const char *folder_of(const struct stage *stage, const char *key) {
  const struct setting *s = settings_find(&stage->settings, key);
  if (!s)
    s = settings_find(stage_defaults(stage), key);
  return s ? s->folder : ".";
}

int stage_refer(struct stage *stage, const char *key, const char *text, struct reference **reference) {
  int status = reference_parse(stage->experiment->arena, text, folder_of(stage, key), reference);
  if (!status)
    status = bind(stage, *reference);
  return status ? stage_fault(stage, key) : STRAIT_OK;
}

static int not_a_path(const struct route *route) {
  const struct experiment *e = route->stage->experiment;
  const char *wanted = verbs_answering(e->verbs, ANSWERS_CURVE, e->arena);
  return wanted
             ? error_set(STRAIT_EINVAL, "\"%s\" is a %s stage; a path is the name of %s, line(a,b) or chain(a,b,...)",
                         route->name, route->stage->verb->name, wanted)
             : error_failure();
}

static int bind_route(struct stage *stage, struct route *route) {
  int status = STRAIT_OK;
  if (route->name)
    status = stage_named(stage, route->name, &route->stage);
  if (!status && route->name && !(route->stage->verb->answers & ANSWERS_CURVE))
    return not_a_path(route);
  for (size_t i = 0; !status && i < route->count; i++)
    status = bind(stage, route->parts[i]);
  if (!status)
    status = memory_grow(&stage->routes, &stage->route_capacity, stage->route_count + 1, sizeof *stage->routes);
  if (!status)
    stage->routes[stage->route_count++] = route;
  return status;
}

int stage_route(struct stage *stage, const char *key, const char *text, struct route **route) {
  int status = route_parse(stage->experiment->arena, text, folder_of(stage, key), route);
  if (!status)
    status = bind_route(stage, *route);
  return status ? stage_fault(stage, key) : STRAIT_OK;
}

void stage_find_source(struct stage *stage) {
  for (size_t i = 0; i < stage->reference_count && !stage->source; i++)
    stage->source = stage->references[i]->stage;
  for (size_t i = 0; i < stage->route_count && !stage->source; i++)
    stage->source = stage->routes[i]->stage;
  if (stage->need_count && !stage->source)
    stage->source = stage->needs[0];
}

/* --- sections --- */

/* The verb and name of a section, judged. */
static int check_head(const struct experiment *e, const struct ini_section *section) {
  const struct verb *verb = verb_find(e->verbs, section->verb);
  if (!verb) {
    const char *names[16] = {"defaults"};
    size_t n = 1;
    for (size_t i = 0; e->verbs[i] && n < 16; i++)
      names[n++] = e->verbs[i]->name;
    const char *nearest = text_nearest(section->verb, names, n);
    return error_set(STRAIT_EINVAL, "no verb \"%s\"; %s%s%s", section->verb, nearest ? "did you mean \"" : "see ",
                     nearest ? nearest : "strait list verbs", nearest ? "\"?" : "");
  }
  if (!section->name)
    return error_set(STRAIT_EINVAL, "a stage needs a name: [%s first]", section->verb);
  if (!text_is_name(section->name))
    return error_set(STRAIT_EINVAL, "the name has lower-case letters, digits and '-', 32 at most, a letter first");
  if (name_is_reserved(section->name))
    return error_set(STRAIT_EINVAL, "\"%s\" is a reserved word; choose another name", section->name);
  const struct stage *other = experiment_stage(e, section->name);
  if (other)
    return error_set(STRAIT_EINVAL, "the name \"%s\" is taken by [%s %s] in line %d", section->name, other->verb->name,
                     other->name, other->line);
  return STRAIT_OK;
}

/* The folder of the experiment file, where its relative paths start. */
static char *folder_of_file(struct arena *arena, const char *file) {
  const char *slash = strrchr(file, '/');
  return slash ? arena_copy_n(arena, file, slash == file ? 1 : (size_t)(slash - file)) : arena_copy(arena, ".");
}

static char *stem_of_file(struct arena *arena, const char *file) {
  const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
  size_t length = strlen(base);
  return arena_copy_n(arena, base, length > 4 && text_ends(base, ".ini") ? length - 4 : length);
}

static int copy_settings(struct experiment *e, const struct ini_section *section, const char *folder, const char *head,
                         struct settings *settings) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < section->count; i++) {
    const struct ini_setting *from = &section->settings[i];
    struct setting s = {.key = arena_copy(e->arena, from->key),
                        .value = arena_copy(e->arena, from->value),
                        .folder = folder,
                        .file = e->file,
                        .line = from->line,
                        .section = head};
    status = s.key && s.value ? settings_add(settings, &s) : error_failure();
  }
  return status;
}

static int take_section(struct experiment *e, const struct ini_section *section, const char *folder) {
  if (strcmp(section->verb, "defaults") == 0) {
    if (section->name)
      return error_set(STRAIT_EINVAL, "%s:%d: [defaults] has no name", e->file, section->line);
    return copy_settings(e, section, folder, "defaults", &e->defaults);
  }
  if (check_head(e, section) != STRAIT_OK)
    return error_set(error_status(), "%s:%d: [%s%s%s] %s", e->file, section->line, section->verb,
                     section->name ? " " : "", section->name ? section->name : "", error_text());
  struct stage *stage = arena_alloc(e->arena, 1, sizeof *stage);
  if (!stage)
    return error_failure();
  stage->experiment = e;
  stage->verb = verb_find(e->verbs, section->verb);
  stage->name = arena_copy(e->arena, section->name);
  stage->section = arena_format(e->arena, "%s %s", section->verb, section->name);
  stage->file = e->file;
  stage->line = section->line;
  int status = experiment_add(e, stage);
  if (status)
    return status;
  return stage->name && stage->section ? copy_settings(e, section, folder, stage->section, &stage->settings)
                                       : error_failure();
}

static int take_sections(struct experiment *e, const struct ini *ini) {
  const char *folder = folder_of_file(e->arena, e->file);
  if (!folder)
    return error_failure();
  for (size_t i = 0; i < ini->count; i++) {
    int status = take_section(e, &ini->sections[i], folder);
    if (status)
      return status;
  }
  return e->count ? STRAIT_OK : error_set(STRAIT_EINVAL, "%s: no stage; add one, as [train first]", e->file);
}

/* --- --set --- */

/* Replaces or adds the key in the section's settings. */
static int set_key(struct settings *settings, const struct setting *setting) {
  struct setting *old = settings_find(settings, setting->key);
  if (!old)
    return settings_add(settings, setting);
  *old = *setting;
  return STRAIT_OK;
}

/* "train.left.seed=3" or "defaults.epochs=2" */
static int take_set(struct experiment *e, const char *text) {
  char *copy = arena_copy(e->arena, text), *equals = copy ? strchr(copy, '=') : NULL;
  if (!copy)
    return error_failure();
  if (!equals)
    return error_set(STRAIT_EINVAL, "write it as VERB.STAGE.KEY=VALUE or defaults.KEY=VALUE");
  *equals = 0;
  struct setting s = {.value = equals + 1, .folder = "."};
  if (text_starts(copy, "defaults.")) {
    s.key = copy + 9;
    s.section = "defaults";
    return set_key(&e->defaults, &s);
  }
  char *name = strchr(copy, '.'), *key = name ? strchr(name + 1, '.') : NULL;
  if (!key)
    return error_set(STRAIT_EINVAL, "write it as VERB.STAGE.KEY=VALUE or defaults.KEY=VALUE");
  *name++ = *key++ = 0;
  struct stage *stage = experiment_stage(e, name);
  if (!stage)
    return no_such_stage(e, name);
  if (strcmp(stage->verb->name, copy) != 0)
    return error_set(STRAIT_EINVAL, "\"%s\" is a %s stage: %s.%s.%s", name, stage->verb->name, stage->verb->name, name,
                     key);
  s.key = key;
  s.section = stage->section;
  return set_key(&stage->settings, &s);
}

static int take_sets(struct experiment *e, const char *const *sets, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (take_set(e, sets[i]))
      return error_wrap("--set %s", sets[i]);
  return STRAIT_OK;
}

/* --- all together --- */

static int settle(struct experiment *e) {
  int status = STRAIT_OK;
  for (size_t i = 0, written = e->count; !status && i < written; i++) { /* their copies are added behind them */
    status = settle_own(e->stages[i]);
    if (!status)
      status = e->stages[i]->verb->refer(e->stages[i]);
    stage_find_source(e->stages[i]);
  }
  if (!status)
    status = experiment_order(e);
  for (size_t i = 0; !status && i < e->count; i++)
    status = settle_stage(e->stages[i]);
  return status ? status : settle_leftovers(e);
}

static struct experiment *create(const struct verb *const *known, struct registry *registry, const char *file) {
  struct arena *arena = arena_create();
  struct experiment *e = arena ? arena_alloc(arena, 1, sizeof *e) : NULL;
  if (e) {
    *e = (struct experiment){.arena = arena, .verbs = known, .registry = registry};
    e->file = arena_copy(arena, file);
    e->stem = stem_of_file(arena, file);
  }
  if (e && e->file && e->stem)
    return e;
  arena_free(arena);
  return NULL;
}

int experiment_read(struct experiment **experiment, const struct verb *const *known, struct registry *registry,
                    const char *file, const char *const *sets, size_t set_count) {
  *experiment = NULL;
  struct ini *ini = NULL;
  int status = ini_read(&ini, file);
  if (status)
    return status;
  struct experiment *e = create(known, registry, file);
  status = e ? take_sections(e, ini) : error_failure();
  if (e) {
    e->sets = sets;
    e->set_count = set_count;
  }
  if (!status)
    status = take_sets(e, sets, set_count);
  if (!status)
    status = settle(e);
  ini_free(ini);
  if (status)
    experiment_free(e);
  else
    *experiment = e;
  return status;
}

void experiment_free(struct experiment *e) {
  if (!e)
    return;
  for (size_t i = 0; i < e->all_count; i++) {
    struct stage *stage = e->all[i];
    for (uint32_t kind = 1; kind < KINDS; kind++)
      memory_free(stage->choice[kind].settings.v);
    memory_free(stage->settings.v);
    memory_free(stage->references);
    memory_free(stage->routes);
    memory_free(stage->needs);
    memory_free(stage->wanted);
  }
  instances_free(e);
  memory_free(e->all);
  memory_free(e->defaults.v);
  arena_free(e->arena);
}
