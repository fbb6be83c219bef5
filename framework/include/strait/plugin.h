/* strait/plugin.h: the class descriptor and the one symbol a plugin exports.
 *
 * A plugin is a shared object KIND-NAME.so (curve-bezier.so) with one exported function, strait_plugin_v1, which
 * returns its class. The major version is in the symbol: a host of another major never calls it. STRAIT_PLUGIN as the
 * last line of the file defines it:
 *
 *   static const strait_curve_ops ops = {sizeof ops, points, coefficients, derivatives};
 *   static const strait_class bezier_class = {
 *     STRAIT_CLASS(STRAIT_CURVE, "bezier", "1.0", "Bezier curve of any degree", struct bezier, options, &ops)};
 *   STRAIT_PLUGIN(curve, bezier, bezier_class)
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
} strait_class;

/* The leading fields of a class with an option table (an array); append presets, init and fini by hand if needed. */
#define STRAIT_CLASS(kind, name, version, summary, S, options, ops)                                                    \
  sizeof(strait_class), STRAIT_ABI_MINOR, kind, (uint32_t)sizeof(S), name, version, summary, ops, options,             \
      (uint32_t)sizeof(strait_option), (uint32_t)(sizeof(options) / sizeof(strait_option))
/* The same for a class without options. */
#define STRAIT_CLASS_BARE(kind, name, version, summary, S, ops)                                                        \
  sizeof(strait_class), STRAIT_ABI_MINOR, kind, (uint32_t)sizeof(S), name, version, summary, ops, NULL,                \
      (uint32_t)sizeof(strait_option), 0
/* The preset fields, after STRAIT_CLASS. */
#define STRAIT_PRESETS(presets)                                                                                        \
  presets, (uint32_t)sizeof(strait_preset), (uint32_t)(sizeof(presets) / sizeof(strait_preset))
#define STRAIT_NO_PRESETS NULL, (uint32_t)sizeof(strait_preset), 0

/* The exported function's type. The host table stays valid for the life of the process. The function only returns the
 * class. [one thread, once] */
typedef const strait_class *strait_entry(const struct strait_host *host);

/* The last line of a plugin. kind and name are words, '_' for '-' in the name: STRAIT_PLUGIN(dataset, fashion_mnist, c) */
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

#ifdef __cplusplus
}
#endif
#endif
