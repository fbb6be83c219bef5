/* strait/plugin.h: the class descriptor and the one symbol a plugin exports.
 *
 * A plugin is a shared object KIND-NAME.so (curve-bezier.so) with one exported function, strait_plugin_v1, which
 * returns its class. The major version is in the symbol, so a host of another major never calls it. STRAIT_REGISTER at
 * the end of the file defines both:
 *
 *   static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
 *   STRAIT_REGISTER(curve, bezier, struct bezier, .version = "1.0", .summary = "Bezier curve of any degree",
 *                   .ops = &ops, STRAIT_WITH_OPTIONS(options))
 */
#ifndef STRAIT_PLUGIN_H
#define STRAIT_PLUGIN_H

#include <strait/option.h>
#include <strait/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key that the plugin asks for in the stages that use it; the user's own section overrides it, [defaults] does not.
 * fge asks for {"schedule", "triangle"}. */
typedef struct strait_preset {
  const char *key;
  const char *value;
} strait_preset;

typedef struct strait_class {
  uint32_t size;          /* sizeof(strait_class) */
  uint32_t host_minor;    /* the least STRAIT_ABI_MINOR of a host it works with */
  uint32_t kind;          /* STRAIT_MODEL ... */
  uint32_t instance_size; /* of the instance struct, which begins with strait_object */
  const char *name;       /* [a-z][a-z0-9-]*, as in the file's name; at most 32 bytes */
  const char *version;    /* enters the keys of results: change it when results change */
  const char *summary;    /* one line */
  const void *ops;        /* strait_model_ops ... strait_ensembler_ops, by kind */
  const strait_option *options;
  uint32_t option_size; /* sizeof(strait_option) */
  uint32_t option_count;
  const strait_preset *presets;
  uint32_t preset_size; /* sizeof(strait_preset) */
  uint32_t preset_count;
  /* Called when the options are set; may refuse them with strait_fail. NULL: nothing to do. After a failed init(),
   * fini() is not called. [one thread, once] */
  int32_t (*init)(void *self);
  /* Called at the end of a successfully initialised instance. Memory of strait_alloc is freed after it. NULL: nothing
   * to do. [one thread, once, after init()] */
  void (*fini)(void *self);
  /* --- since 1.1 --- */
  /* What it does, with its equation and source, for `strait describe` and the manual page; NULL: the summary says it
   * all. A line is a paragraph, which the host breaks; one that begins with a blank stands as it is; empty lines part
   * them. */
  const char *description;
} strait_class;

/* The exported function's type. The host table stays valid for the life of the process. The function only returns the
 * class. [one thread, once] */
typedef const strait_class *strait_entry(const struct strait_host *host);

/* The entry alone, for a class `object` written by hand; kind and name are words: STRAIT_PLUGIN(curve, my_curve, c). */
#ifdef STRAIT_BUILTIN
#define STRAIT_PLUGIN(kind, name, object)                                                                              \
  const strait_class *strait_plugin_v1_##kind##_##name(const struct strait_host *host);                                \
  const strait_class *strait_plugin_v1_##kind##_##name(const struct strait_host *host) { return (void)host, &(object); }
#elif defined(__cplusplus)
#define STRAIT_PLUGIN(kind, name, object)                                                                              \
  extern "C" STRAIT_EXPORT const strait_class *strait_plugin_v1(const struct strait_host *host);                       \
  const strait_class *strait_plugin_v1(const struct strait_host *host) { return (void)host, &(object); }
#else
#define STRAIT_PLUGIN(kind, name, object)                                                                              \
  STRAIT_EXPORT const strait_class *strait_plugin_v1(const struct strait_host *host);                                  \
  const strait_class *strait_plugin_v1(const struct strait_host *host) { return (void)host, &(object); }
#endif

/* The last lines of a plugin: the class `name` of this kind, whose instances are of type S, and the entry that returns
 * it. kind and name are words, as in the file's name. Named fields follow, in the order of strait_class: version,
 * summary and ops always; options, presets, init, fini and description where there are any. What is left out is zero:
 *
 *   STRAIT_REGISTER(schedule, warm, struct warm, .version = "1.0", .summary = "a slow start",
 *                   .ops = &schedule_ops, STRAIT_WITH_OPTIONS(options), .init = init)
 *
 * For C, and for C++ from C++20 on. (Since 1.1.) */
#define STRAIT_REGISTER(kind, name, S, ...) STRAIT_REGISTER_AS(kind, name, #name, S, __VA_ARGS__)
/* The same for a name with a '-', which cannot stand in a word of C: the word has a '_' there, and the name is a
 * string:
 *
 *   STRAIT_REGISTER_AS(dataset, two_moons, "two-moons", struct moons, .version = "1.0", .summary = "two half circles",
 *                      .ops = &dataset_ops)
 */
#define STRAIT_REGISTER_AS(kind, word, name, S, ...)                                                                   \
  static const strait_class strait_class_##word = {STRAIT_CLASS_OF(kind, name, S), __VA_ARGS__};                       \
  STRAIT_PLUGIN(kind, word, strait_class_##word)
#define STRAIT_WITH_OPTIONS(table)                                                                                     \
  .options = table, .option_size = sizeof(strait_option), .option_count = sizeof(table) / sizeof(strait_option)
#define STRAIT_WITH_PRESETS(table)                                                                                     \
  .presets = table, .preset_size = sizeof(strait_preset), .preset_count = sizeof(table) / sizeof(strait_preset)
/* What STRAIT_REGISTER fills in. */
#define STRAIT_CLASS_OF(kind_word, class_name, S)                                                                      \
  .size = sizeof(strait_class), .host_minor = STRAIT_ABI_MINOR, .kind = STRAIT_KIND_##kind_word,                       \
  .instance_size = sizeof(S), .name = class_name
enum {
  STRAIT_KIND_model = STRAIT_MODEL,
  STRAIT_KIND_dataset = STRAIT_DATASET,
  STRAIT_KIND_curve = STRAIT_CURVE,
  STRAIT_KIND_schedule = STRAIT_SCHEDULE,
  STRAIT_KIND_ensembler = STRAIT_ENSEMBLER
};

/* The older form, by position: a class written by hand, then STRAIT_PLUGIN. It still serves C++ before C++20, and a
 * class that is made in some other way:
 *
 *   static const strait_class older = {
 *       STRAIT_CLASS(STRAIT_CURVE, "older", "1.0", "a curve", struct bezier, options, &ops), STRAIT_NO_PRESETS, 0, 0};
 *   STRAIT_PLUGIN(curve, older, older)
 *
 * STRAIT_CLASS is the leading fields with an option table (an array), STRAIT_CLASS_BARE those without one; the preset
 * fields follow, then init and fini. */
#define STRAIT_CLASS(kind, name, version, summary, S, options, ops)                                                    \
  STRAIT_CLASS_SIZE, STRAIT_ABI_MINOR, kind, (uint32_t)sizeof(S), name, version, summary, ops, options,                \
      (uint32_t)sizeof(strait_option), (uint32_t)(sizeof(options) / sizeof(strait_option))
#define STRAIT_CLASS_BARE(kind, name, version, summary, S, ops)                                                        \
  STRAIT_CLASS_SIZE, STRAIT_ABI_MINOR, kind, (uint32_t)sizeof(S), name, version, summary, ops, NULL,                   \
      (uint32_t)sizeof(strait_option), 0
#define STRAIT_PRESETS(presets)                                                                                        \
  presets, (uint32_t)sizeof(strait_preset), (uint32_t)(sizeof(presets) / sizeof(strait_preset))
#define STRAIT_NO_PRESETS NULL, (uint32_t)sizeof(strait_preset), 0
/* In C a first field by name tells the compiler that the later ones are left out on purpose. */
#ifdef __cplusplus
#define STRAIT_CLASS_SIZE sizeof(strait_class)
#else
#define STRAIT_CLASS_SIZE .size = sizeof(strait_class)
#endif

#ifdef __cplusplus
}
#endif
#endif
