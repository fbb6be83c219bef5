/* experiment/settle.c: gives every key of a stage its value, by precedence: its section, what its plugins ask for, what
 * it takes over from the stage it refers to, [defaults], built in. Opens plugins; touches no data and no results. */
#include "experiment/settle.h"

#include <string.h>

#include "base/error.h"
#include "experiment/settings.h"
#include "experiment/stages.h"
#include "experiment/verb.h"

/* The plugin of a kind when nobody names one: what runs without any file to fetch, and the reference recipe. */
static const char *const built_in[KINDS] = {
    [STRAIT_MODEL] = "mlp", [STRAIT_DATASET] = "digits", [STRAIT_CURVE] = "bezier", [STRAIT_SCHEDULE] = "decay"};

const char *settle_built_in(uint32_t kind) { return kind < KINDS ? built_in[kind] : NULL; }

/* Sets the options of a table that a list of settings names; skips keys that a stronger list has. */
static int apply(struct stage *stage, const struct option_table *table, void *values, struct settings *from,
                 const struct settings *stronger) {
  struct arena *arena = stage->experiment->arena;
  for (size_t i = 0; i < from->n; i++) {
    struct setting *s = &from->v[i];
    if (option_find(table, s->key) < 0)
      continue;
    s->used = 1;
    if (stronger && settings_find(stronger, s->key))
      continue;
    if (options_set(table, values, s->key, s, arena) && stages_fault(stage->experiment))
      return error_failure();
  }
  return STRAIT_OK;
}

int settle_own(struct stage *stage) {
  const struct option_table *table = &stage->verb->options;
  stage->own = arena_alloc(stage->experiment->arena, 1, stage->verb->own_size);
  if (!stage->own)
    return error_failure();
  int status = options_default(table, stage->own, stage->experiment->arena);
  if (!status)
    status = apply(stage, table, stage->own, stage->defaults, &stage->settings);
  if (!status)
    status = apply(stage, table, stage->own, &stage->settings, NULL);
  for (uint32_t i = 0; !status && i < table->count; i++) {
    strait_option option = option_at(table, i);
    if ((option.flags & STRAIT_REQUIRED) && !settings_find(&stage->settings, option.name) &&
        !settings_find(stage->defaults, option.name)) {
      stage->incomplete = 1;
      if (stage->damaged) /* it may be in a line that could not be read */
        continue;
      error_set(STRAIT_EINVAL, "%s is missing: %s", option.name, option.help);
      stage_fault(stage, NULL);
      status = stages_fault(stage->experiment);
    }
  }
  return status;
}

/* "bends" of "curve.bends" for the kind curve; NULL when the key is not an option of this kind. */
static const char *option_of(uint32_t kind, const char *key) {
  const char *name = kind_name(kind);
  size_t length = strlen(name);
  return strncmp(key, name, length) == 0 && key[length] == '.' ? key + length + 1 : NULL;
}

/* Which plugin [defaults] means for a kind. */
static const char *default_name(const struct stage *stage, uint32_t kind) {
  const struct setting *s = settings_find(stage->defaults, kind_name(kind));
  return s ? s->value : built_in[kind];
}

static int inherits(const struct stage *stage, uint32_t kind) {
  return stage->source && (kind == STRAIT_MODEL || kind == STRAIT_DATASET);
}

/* The class of a kind that the stage uses. */
static int choose_class(struct stage *stage, uint32_t kind, const struct settings *presets) {
  struct experiment *e = stage->experiment;
  struct setting *own = settings_find(&stage->settings, kind_name(kind));
  struct setting *preset = settings_find(presets, kind_name(kind));
  struct setting *general = settings_find(stage->defaults, kind_name(kind));
  const struct setting *from = own ? own : preset ? preset : general;
  if (own)
    own->used = 1;
  if (general && !inherits(stage, kind))
    general->used = 1;
  if (own && kind == STRAIT_MODEL && stage->source) {
    error_set(STRAIT_EINVAL, "the model comes from '%s'; set it there", stage->source->name);
    return setting_fault(own);
  }
  if (inherits(stage, kind) && !own && !preset) {
    stage->choice[kind].cls = stage->source->choice[kind].cls;
    return STRAIT_OK;
  }
  const char *name = from ? from->value : built_in[kind];
  if (!name) {
    error_set(STRAIT_EINVAL, "%s is missing; strait list %s shows what there is", kind_name(kind), kind_name(kind));
    return stage_fault(stage, NULL);
  }
  if (!text_is_name(name)) {
    error_set(STRAIT_EINVAL, "%s = %s: a plugin's name has lower-case letters, digits and '-'%s", kind_name(kind), name,
              strpbrk(name, "\"'") ? "; write it without quotation marks" : "");
    return from ? setting_fault(from) : stage_fault(stage, NULL);
  }
  int status = registry_class(e->registry, kind, name, &stage->choice[kind].cls);
  if (!status)
    return STRAIT_OK;
  error_wrap("%s = %s", kind_name(kind), name);
  return from ? setting_fault(from) : stage_fault(stage, NULL);
}

/* Appends the settings of this kind's options in a list; each must be an option of the plugin. */
static int take_options(struct stage *stage, uint32_t kind, struct settings *from) {
  struct choice *choice = &stage->choice[kind];
  struct option_table table = class_options(choice->cls);
  void *trial = arena_alloc(stage->experiment->arena, 1, choice->cls->instance_size);
  if (!trial)
    return error_failure();
  for (size_t i = 0; i < from->n; i++) {
    struct setting *s = &from->v[i];
    const char *name = option_of(kind, s->key);
    if (!name)
      continue;
    s->used = 1;
    int status = options_set(&table, trial, name, s, stage->experiment->arena);
    status = status ? stages_fault(stage->experiment) : settings_add(&choice->settings, s);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

/* The plugin's options by precedence, weakest first. */
static int choose_options(struct stage *stage, uint32_t kind, struct settings *presets) {
  struct choice *choice = &stage->choice[kind];
  const char *general = default_name(stage, kind);
  int status = STRAIT_OK;
  if (inherits(stage, kind)) {
    const struct choice *theirs = &stage->source->choice[kind];
    for (size_t i = 0; !status && choice->cls == theirs->cls && i < theirs->settings.n; i++)
      status = settings_add(&choice->settings, &theirs->settings.v[i]);
  } else if (general && strcmp(general, choice->cls->name) == 0) {
    status = take_options(stage, kind, stage->defaults);
  }
  const struct setting *asked = settings_find(presets, kind_name(kind));
  if (!status && (!asked || strcmp(asked->value, choice->cls->name) == 0))
    status = take_options(stage, kind, presets);
  for (size_t i = 0; !status && kind == STRAIT_MODEL && stage->source && i < stage->settings.n; i++)
    if (option_of(kind, stage->settings.v[i].key)) {
      error_set(STRAIT_EINVAL, "%s: the model comes from '%s'; set it there", stage->settings.v[i].key,
                stage->source->name);
      setting_fault(&stage->settings.v[i]);
      status = stages_fault(stage->experiment);
    }
  return status ? status : take_options(stage, kind, &stage->settings);
}

/* Name, version and options of the choice as text, for keys. Checks what can be checked without init. */
static int describe_choice(struct stage *stage, uint32_t kind) {
  struct arena *arena = stage->experiment->arena;
  struct choice *choice = &stage->choice[kind];
  struct option_table table = class_options(choice->cls);
  char *values = arena_alloc(arena, 1, choice->cls->instance_size);
  int status = values ? options_default(&table, values, arena) : error_failure();
  for (size_t i = 0; !status && i < choice->settings.n; i++)
    status = options_set(&table, values, option_of(kind, choice->settings.v[i].key), &choice->settings.v[i], arena);
  struct text text = {0}, full = {0};
  text_add(&text, "%s %s", choice->cls->name, choice->cls->version);
  text_add(&full, "%s %s", choice->cls->name, choice->cls->version);
  for (uint32_t i = 0; !status && i < table.count; i++) {
    strait_option option = option_at(&table, i);
    const char *value = options_text(&option, values, arena);
    if (!value) {
      status = error_failure();
      break;
    }
    text_add(&full, " %s=%s", option.name, value);
    if (option.type != STRAIT_OPT_PATH)
      text_add(&text, " %s=%s", option.name, value);
    int given = 0;
    for (size_t k = 0; k < choice->settings.n; k++)
      given |= strcmp(option_of(kind, choice->settings.v[k].key), option.name) == 0;
    if ((option.flags & STRAIT_REQUIRED) && !given && !stage->damaged) {
      error_set(STRAIT_EINVAL, "%s.%s is missing: %s", kind_name(kind), option.name, option.help);
      stage_fault(stage, NULL);
      status = stages_fault(stage->experiment);
    }
  }
  choice->text = status || text.status ? NULL : arena_copy(arena, text.data);
  choice->full = status || full.status ? NULL : arena_copy(arena, full.data);
  text_free(&text);
  text_free(&full);
  return choice->text && choice->full ? STRAIT_OK : error_failure();
}

/* What the stage's plugins ask for, as settings. */
static int add_presets(const strait_class *cls, struct settings *presets) {
  for (uint32_t i = 0; i < cls->preset_count; i++) {
    const strait_preset *p = (const strait_preset *)((const char *)cls->presets + (size_t)i * cls->preset_size);
    struct setting s = {.key = p->key, .value = p->value, .folder = "."};
    int status = settings_find(presets, p->key) ? STRAIT_OK : settings_add(presets, &s);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

/* The plugin cannot be used: the keys that are its options cannot be judged. */
static void skip_options(struct stage *stage, uint32_t kind) {
  struct settings *lists[] = {&stage->settings, stage->defaults};
  for (int k = 0; k < 2; k++)
    for (size_t i = 0; i < lists[k]->n; i++)
      lists[k]->v[i].used |= option_of(kind, lists[k]->v[i].key) != NULL;
}

/* The plugins, those first that may ask for a schedule. */
static int choose_plugins(struct stage *stage, struct settings *presets) {
  static const uint32_t order[] = {STRAIT_ENSEMBLER, STRAIT_CURVE, STRAIT_MODEL, STRAIT_DATASET, STRAIT_SCHEDULE};
  unsigned kinds = stage->verb->kinds | KIND_BIT(STRAIT_MODEL) | KIND_BIT(STRAIT_DATASET);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    uint32_t kind = order[i];
    if (!(kinds & KIND_BIT(kind)))
      continue;
    int status = choose_class(stage, kind, presets);
    if (status || !stage->choice[kind].cls) { /* a fault here, or in the stage that the plugin comes from */
      if (status && stages_fault(stage->experiment))
        return error_failure();
      skip_options(stage, kind);
      continue;
    }
    if (!status)
      status = add_presets(stage->choice[kind].cls, presets);
    if (!status)
      status = choose_options(stage, kind, presets);
    if (!status)
      status = describe_choice(stage, kind);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

/* One shared table of keys. `over`: the values of the stage it refers to, or NULL. */
static int settle_table(struct stage *stage, const struct option_table *table, void *values, const void *over,
                        size_t size, struct settings *presets) {
  int status = STRAIT_OK;
  if (over)
    memcpy(values, over, size);
  else if ((status = options_default(table, values, stage->experiment->arena)) == STRAIT_OK)
    status = apply(stage, table, values, stage->defaults, NULL);
  if (!status)
    status = apply(stage, table, values, presets, NULL);
  return status ? status : apply(stage, table, values, &stage->settings, NULL);
}

/* Label noise and subsets are one draw for all stages: unless set, they follow the experiment's seed, not the stage's.
 */
static int settle_common_seeds(struct stage *stage) {
  const struct setting *general = settings_find(&stage->experiment->defaults, "seed");
  const struct seeds *theirs = stage->source ? &stage->source->seeds : NULL;
  int64_t common = 1;
  if (general && text_integer(general->value, &common))
    error_clear(); /* reported where the key is taken */
  if (stage->seeds.noise < 0 || (theirs && !settings_find(&stage->settings, "seed.noise")))
    stage->seeds.noise = theirs ? theirs->noise : common;
  if (stage->seeds.subset < 0 || (theirs && !settings_find(&stage->settings, "seed.subset")))
    stage->seeds.subset = theirs ? theirs->subset : common;
  return STRAIT_OK;
}

/* Our own tables of keys. */
static int settle_tables(struct stage *stage, struct settings *presets) {
  const struct stage *source = stage->source;
  unsigned takes = stage->verb->takes;
  /* A verb that trains nothing measures as the training it looks at did: same batch, same regulariser. */
  const void *optimiser = !(takes & TAKES_OPTIMISER) && stage->base ? &stage->base->optimiser : NULL;
  int status =
      settle_table(stage, &data_options, &stage->data, source ? &source->data : NULL, sizeof stage->data, presets);
  if (!status)
    status = settle_table(stage, &seeds_options, &stage->seeds, NULL, 0, presets);
  if (!status)
    status = settle_common_seeds(stage);
  if (!status && optimiser)
    memcpy(&stage->optimiser, optimiser, sizeof stage->optimiser);
  else if (!status)
    status = settle_table(stage, &optimiser_options, &stage->optimiser, NULL, 0, presets);
  if (!status)
    status = settle_table(stage, &evaluate_options, &stage->evaluation, NULL, 0, presets);
  return status ? status : apply(stage, &stage->verb->options, stage->own, presets, &stage->settings);
}

int settle_stage(struct stage *stage) {
  struct settings presets = {0};
  int status = choose_plugins(stage, &presets);
  stage->base = stage->verb->fresh ? stage : stage->source ? stage->source->base : NULL;
  if (!status)
    status = settle_tables(stage, &presets);
  memory_free(presets.v);
  return status;
}
