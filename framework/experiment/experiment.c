/* experiment/experiment.c: sections and --set to stages. Reads the experiment file and opens plugins; writes nothing.
 * The values of keys are settle.c's, references refer.c's, copies of stages instance.c's, their order is order.c's. */
#include "experiment/experiment.h"

#include <string.h>

#include "base/error.h"
#include "base/faults.h"
#include "base/file.h"
#include "compute/device.h"
#include "experiment/compose.h"
#include "experiment/ini.h"
#include "experiment/instance.h"
#include "experiment/leftovers.h"
#include "experiment/order.h"
#include "experiment/settings.h"
#include "experiment/settle.h"
#include "experiment/stages.h"
#include "experiment/verb.h"

/* --- sections --- */

/* The verb and name of a section, judged. */
static int check_head(const struct experiment *e, const struct ini_section *section) {
  const struct verb *verb = verb_find(e->verbs, section->verb);
  if (!verb) {
    const char *names[16] = {"defaults", "set"};
    size_t n = 2;
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

/* expand: variables stand for their values; not in [set] itself, whose own may follow. */
static int copy_settings(struct experiment *e, const struct ini_section *section, const char *head, int expand,
                         struct settings *settings) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < section->count; i++) {
    const struct ini_setting *from = &section->settings[i];
    const char *value = expand ? compose_expand(e->arena, &e->variables, from->value) : from->value;
    if (!value) {
      error_wrap("%s:%d: [%s] %s", from->file, from->line, head, from->key);
      status = faults_add(e->faults, from->line);
      continue;
    }
    struct setting s = {.key = arena_copy(e->arena, from->key),
                        .value = arena_copy(e->arena, value),
                        .folder = folder_of_file(e->arena, from->file),
                        .file = arena_copy(e->arena, from->file),
                        .line = from->line,
                        .section = head};
    status = s.key && s.value && s.folder && s.file ? settings_add(settings, &s) : error_failure();
  }
  return status;
}

static int take_section(struct experiment *e, const struct ini_section *section) {
  if (strcmp(section->verb, "set") == 0)
    return STRAIT_OK; /* taken before all others */
  if (strcmp(section->verb, "defaults") == 0) {
    if (section->name)
      return error_set(STRAIT_EINVAL, "%s:%d: [defaults] has no name", section->file, section->line);
    return copy_settings(e, section, "defaults", 1, &e->defaults);
  }
  if (check_head(e, section) != STRAIT_OK)
    return error_set(error_status(), "%s:%d: [%s%s%s] %s", section->file, section->line, section->verb,
                     section->name ? " " : "", section->name ? section->name : "", error_text());
  struct stage *stage = arena_alloc(e->arena, 1, sizeof *stage);
  if (!stage)
    return error_failure();
  stage->experiment = e;
  stage->defaults = &e->defaults;
  stage->verb = verb_find(e->verbs, section->verb);
  stage->name = arena_copy(e->arena, section->name);
  stage->section = arena_format(e->arena, "%s %s", section->verb, section->name);
  stage->file = arena_copy(e->arena, section->file);
  stage->line = section->line;
  stage->damaged = section->damaged;
  int status = experiment_add(e, stage);
  if (status)
    return status;
  return stage->name && stage->section && stage->file ? copy_settings(e, section, stage->section, 1, &stage->settings)
                                                      : error_failure();
}

/* The variables of [set], and over them those of --set set.NAME=VALUE. */
static int take_variables(struct experiment *e, const struct ini *ini, const char *const *sets, size_t count) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < ini->count; i++) {
    const struct ini_section *section = &ini->sections[i];
    if (strcmp(section->verb, "set") != 0)
      continue;
    if (section->name) {
      error_set(STRAIT_EINVAL, "%s:%d: [set] has no name", section->file, section->line);
      status = faults_add(e->faults, section->line);
    } else
      status = copy_settings(e, section, "set", 0, &e->variables);
  }
  for (size_t i = 0; !status && i < count; i++) {
    char *text = text_starts(sets[i], "set.") ? arena_copy(e->arena, sets[i] + 4) : NULL;
    char *equals = text ? strchr(text, '=') : NULL;
    if (!equals)
      continue;
    *equals = 0;
    struct setting s = {.key = text, .value = equals + 1, .folder = ".", .section = "set"};
    if (settings_find(&e->variables, text))
      status = settings_set(&e->variables, &s);
  }
  return status;
}

static int take_sections(struct experiment *e, const struct ini *ini) {
  const char **unread = arena_alloc(e->arena, ini->count, sizeof *unread);
  if (!unread)
    return error_failure();
  e->unread = unread;
  for (size_t i = 0; i < ini->count; i++)
    if (take_section(e, &ini->sections[i])) {
      if (faults_add(e->faults, ini->sections[i].line))
        return error_failure();
      unread[e->unread_count++] = arena_copy(e->arena, ini->sections[i].name ? ini->sections[i].name : "");
    }
  return e->count || e->faults->count ? STRAIT_OK
                                      : error_set(STRAIT_EINVAL, "%s: no stage; add one, as [train first]", e->file);
}

/* --- --set --- */

/* "train.left.seed=3" or "defaults.epochs=2" */
static int take_set(struct experiment *e, const char *text) {
  char *copy = arena_copy(e->arena, text), *equals = copy ? strchr(copy, '=') : NULL;
  if (!copy)
    return error_failure();
  if (!equals)
    return error_set(STRAIT_EINVAL, "write it as VERB.STAGE.KEY=VALUE or defaults.KEY=VALUE");
  *equals = 0;
  struct setting s = {.value = compose_expand(e->arena, &e->variables, equals + 1), .folder = "."};
  if (!s.value)
    return error_failure();
  if (text_starts(copy, "set.")) /* taken by take_variables */
    return settings_find(&e->variables, copy + 4) ? STRAIT_OK
                                                  : error_set(STRAIT_EINVAL, "[set] has no variable \"%s\"", copy + 4);
  if (text_starts(copy, "defaults.")) {
    s.key = copy + 9;
    s.section = "defaults";
    return settings_set(&e->defaults, &s);
  }
  char *name = strchr(copy, '.'), *key = name ? strchr(name + 1, '.') : NULL;
  if (!key)
    return error_set(STRAIT_EINVAL, "write it as VERB.STAGE.KEY=VALUE or defaults.KEY=VALUE");
  *name++ = *key++ = 0;
  struct stage *stage = experiment_stage(e, name);
  if (!stage)
    return stages_none(e, name);
  if (strcmp(stage->verb->name, copy) != 0)
    return error_set(STRAIT_EINVAL, "\"%s\" is a %s stage: %s.%s.%s", name, stage->verb->name, stage->verb->name, name,
                     key);
  s.key = key;
  s.section = stage->section;
  return settings_set(&stage->settings, &s);
}

static int take_sets(struct experiment *e, const char *const *sets, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (take_set(e, sets[i])) {
      error_wrap("--set %s", sets[i]);
      if (faults_add(e->faults, 0))
        return error_failure();
    }
  return STRAIT_OK;
}

/* --- all together --- */

/* The key that is one for the whole run. */
static int settle_device(struct experiment *e) {
  struct setting *s = settings_find(&e->defaults, "device");
  if (!s)
    return STRAIT_OK;
  s->used = 1;
  e->device = s->value;
  if (!device_known(s->value))
    return STRAIT_OK;
  error_wrap("device = %s", s->value);
  return setting_fault(s);
}

static int settle(struct experiment *e) {
  int status = STRAIT_OK;
  for (size_t i = 0, written = e->count; !status && i < written; i++) { /* their copies are added behind them */
    struct stage *stage = e->stages[i];
    status = settle_own(stage);
    if (!status && !stage->incomplete && stage->verb->refer(stage))
      status = stages_fault(e);
    stage_find_source(stage);
  }
  if (!status && experiment_order(e))
    return stages_fault(e);
  for (size_t i = 0; !status && i < e->count; i++)
    status = settle_stage(e->stages[i]);
  if (!status && settle_device(e))
    status = stages_fault(e);
  return status ? status : experiment_leftovers(e);
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

/* What stops at once, and with it all that was found before, is reported in the end. */
static int read_all(struct experiment *e, const char *const *sets, size_t set_count) {
  struct ini *ini = NULL;
  int status = compose_read(&ini, e->file, e->faults);
  e->sets = sets;
  e->set_count = set_count;
  if (!status)
    status = take_variables(e, ini, sets, set_count);
  if (!status)
    status = take_sections(e, ini);
  if (!status)
    status = take_sets(e, sets, set_count);
  if (!status)
    status = settle(e);
  ini_free(ini);
  return status ? status : faults_report(e->faults);
}

int experiment_read(struct experiment **experiment, const struct verb *const *known, struct registry *registry,
                    const char *file, const char *const *sets, size_t set_count) {
  struct faults faults = {0};
  *experiment = NULL;
  struct experiment *e = create(known, registry, file);
  if (!e)
    return error_failure();
  e->faults = &faults;
  int status = read_all(e, sets, set_count);
  e->faults = NULL;
  faults_free(&faults);
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
  memory_free(e->variables.v);
  memory_free(e->defaults.v);
  arena_free(e->arena);
}
