/* plugin/class.c: is what a plugin says of itself sound? All that can be checked when a plugin is opened is checked
 * here, so that no later code has to ask whether a pointer is there. */
#include <config.h>

#include "plugin/class.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* An instance is allocated zeroed and whole; large data belongs into strait_alloc. */
#define INSTANCE_MOST ((uint32_t)1 << 24)

static const char *const kinds[] = {[STRAIT_MODEL] = "model",
                                    [STRAIT_DATASET] = "dataset",
                                    [STRAIT_CURVE] = "curve",
                                    [STRAIT_SCHEDULE] = "schedule",
                                    [STRAIT_ENSEMBLER] = "ensembler"};
#define KINDS (sizeof kinds / sizeof *kinds)

const char *kind_name(uint32_t kind) { return kind < KINDS ? kinds[kind] : NULL; }

uint32_t kind_of(const char *name) {
  for (uint32_t kind = 1; kind < KINDS; kind++)
    if (strcmp(kinds[kind], name) == 0)
      return kind;
  return 0;
}

struct option_table class_options(const strait_class *cls) {
  return (struct option_table){cls->options, cls->option_size, cls->option_count};
}

static uint32_t size_of(const void *theirs) {
  uint32_t size;
  memcpy(&size, theirs, sizeof size);
  return size;
}

void ops_copy(void *ours, size_t our_size, const void *theirs) {
  size_t size = size_of(theirs) < our_size ? size_of(theirs) : our_size;
  memset(ours, 0, our_size);
  memcpy(ours, theirs, size);
}

static int missing(const char *operation) { return error_set(STRAIT_EFORMAT, "it has no operation %s", operation); }

/* Copies the operations and looks for those that a kind cannot do without. */
static int take_ops(struct loaded *loaded, const void *theirs) {
  static const uint32_t sizes[] = {[STRAIT_MODEL] = sizeof(strait_model_ops),
                                   [STRAIT_DATASET] = sizeof(strait_dataset_ops),
                                   [STRAIT_CURVE] = sizeof(strait_curve_ops),
                                   [STRAIT_SCHEDULE] = sizeof(strait_schedule_ops),
                                   [STRAIT_ENSEMBLER] = sizeof(strait_ensembler_ops)};
  uint32_t size = sizes[loaded->cls.kind];
  if (!theirs)
    return error_set(STRAIT_EFORMAT, "it has no operations");
  ops_copy(&loaded->ops, size, theirs);
  memcpy(&loaded->ops, &size, sizeof size);
  loaded->cls.ops = &loaded->ops;
  switch (loaded->cls.kind) {
  case STRAIT_MODEL:
    return loaded->ops.model.build ? STRAIT_OK : missing("build");
  case STRAIT_DATASET:
    if (!loaded->ops.dataset.open)
      return missing("open");
    if (!loaded->ops.dataset.describe)
      return missing("describe");
    return loaded->ops.dataset.read ? STRAIT_OK : missing("read");
  case STRAIT_CURVE:
    if (!loaded->ops.curve.points)
      return missing("points");
    return loaded->ops.curve.coefficients ? STRAIT_OK : missing("coefficients");
  case STRAIT_SCHEDULE:
    return loaded->ops.schedule.rate ? STRAIT_OK : missing("rate");
  default:
    if (!loaded->ops.ensembler.source)
      return missing("source");
    return loaded->ops.ensembler.collect ? STRAIT_OK : missing("collect");
  }
}

/* Is it the plugin that its file's name promises, and can this host serve it? Reads only the fields up to `ops`. */
static int check_identity(const strait_class *cls, uint32_t kind, const char *name) {
  if (cls->host_minor > STRAIT_ABI_MINOR)
    return error_set(STRAIT_ENOTSUP,
                     "it needs version %d.%u of the plugin interface; this strait has %d.%d: use a newer one",
                     STRAIT_ABI_MAJOR, (unsigned)cls->host_minor, STRAIT_ABI_MAJOR, STRAIT_ABI_MINOR);
  if (!kind_name(cls->kind))
    return error_set(STRAIT_ENOTSUP, "its kind %u is not known", (unsigned)cls->kind);
  if (!cls->name || !text_is_name(cls->name))
    return error_set(STRAIT_EFORMAT, "its name \"%s\" is not a name ([a-z][a-z0-9-]*, at most 32 bytes)",
                     cls->name ? cls->name : "");
  if (cls->kind != kind || strcmp(cls->name, name) != 0)
    return error_set(STRAIT_EFORMAT, "it says that it is %s \"%s\"; the file of that is %s-%s.so", kind_name(cls->kind),
                     cls->name, kind_name(cls->kind), cls->name);
  if (!cls->version || !cls->version[0])
    return error_set(STRAIT_EFORMAT, "it has no version");
  if (!cls->summary || !cls->summary[0])
    return error_set(STRAIT_EFORMAT, "it has no summary");
  if (cls->instance_size < sizeof(strait_object) || cls->instance_size > INSTANCE_MOST)
    return error_set(STRAIT_EFORMAT,
                     "its instance has %u bytes; it begins with strait_object (%zu bytes) and has at most %u",
                     (unsigned)cls->instance_size, sizeof(strait_object), (unsigned)INSTANCE_MOST);
  return STRAIT_OK;
}

/* What options_check, which also serves our own tables, does not ask of an option. */
static int check_options(const strait_class *cls) {
  struct option_table table = class_options(cls);
  if (options_check(&table, cls->instance_size))
    return error_wrap("its option table is not sound");
  for (uint32_t i = 0; i < table.count; i++) {
    strait_option option = option_at(&table, i);
    if (!text_is_name(option.name))
      return error_set(STRAIT_EFORMAT, "its option %s: a plugin's options have no dots in their names", option.name);
    if (option.offset < sizeof(strait_object))
      return error_set(STRAIT_EFORMAT, "its option %s lies within strait_object, with which an instance begins",
                       option.name);
  }
  return STRAIT_OK;
}

static int check_presets(const strait_class *cls) {
  if (cls->preset_count == 0)
    return STRAIT_OK;
  if (!cls->presets || cls->preset_size < sizeof(strait_preset))
    return error_set(STRAIT_EFORMAT, "its presets have %u bytes each; the least is %zu", (unsigned)cls->preset_size,
                     sizeof(strait_preset));
  for (uint32_t i = 0; i < cls->preset_count; i++) {
    strait_preset preset;
    memcpy(&preset, (const char *)cls->presets + (size_t)i * cls->preset_size, sizeof preset);
    if (!preset.key || !preset.key[0] || !preset.value)
      return error_set(STRAIT_EFORMAT, "its preset %u has no key or no value", (unsigned)i);
  }
  return STRAIT_OK;
}

int class_take(struct loaded *loaded, const strait_class *theirs, uint32_t kind, const char *name) {
  if (!theirs)
    return error_set(STRAIT_EFORMAT, "its entry returned no class");
  if (size_of(theirs) < CLASS_SIZE_LEAST || size_of(theirs) % _Alignof(strait_class) != 0)
    return error_set(STRAIT_EFORMAT, "its class has %u bytes; the least is %zu, in steps of %zu",
                     (unsigned)size_of(theirs), CLASS_SIZE_LEAST, _Alignof(strait_class));
  ops_copy(&loaded->cls, sizeof loaded->cls, theirs);
  loaded->cls.size = sizeof loaded->cls;
  int status = check_identity(&loaded->cls, kind, name);
  status = status ? status : take_ops(loaded, loaded->cls.ops);
  loaded->identified = !status;
  status = status ? status : check_options(&loaded->cls);
  return status ? status : check_presets(&loaded->cls);
}
