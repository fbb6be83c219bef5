/* strait/types.h: what every plugin and the host share: status codes, the object, element types.
 *
 * Rules of the boundary, for every struct in these headers:
 *  - a struct that crosses it starts with `uint32_t size`, set to sizeof by the side that fills it; the receiver copies
 *    min(size, its own sizeof) into zeroed memory, so a field that one side does not know is zero;
 *  - fields are only ever appended; zero and NULL mean "the default";
 *  - arguments are borrowed until the call returns; nothing allocated on one side is freed on the other;
 *  - integers have fixed width; enumerations below name constants, they are never stored as such.
 *
 * Threads and life cycle: the comment of every operation that a plugin offers, and of every function that the host
 * offers, ends with a tag [THREADS, WHEN]. It binds the caller: the host for an operation, the plugin for a function.
 *  - one thread: never two calls at once on one instance or handle; the thread need not be the same each time;
 *  - any thread: calls on one instance may overlap, so an operation must not change the instance;
 *  - once: a single time per instance;
 *  - from init(): from the start of init() to the end of fini();
 *  - after NAME(): from the return of the operation NAME to the start of fini();
 *  - in NAME(): only while the plugin's operation NAME runs, on the handles passed to it.
 */
#ifndef STRAIT_TYPES_H
#define STRAIT_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRAIT_ABI_MAJOR 1
#define STRAIT_ABI_MINOR 1 /* the host minor these headers describe */

#if defined(__GNUC__)
#define STRAIT_PRINTF(template, first) __attribute__((format(printf, template, first)))
#define STRAIT_EXPORT __attribute__((visibility("default")))
#else
#define STRAIT_PRINTF(template, first)
#define STRAIT_EXPORT
#endif

/* What a function that can fail returns: 0, or one of these after it called strait_fail (or passed on a failure). */
enum {
  STRAIT_OK = 0,
  STRAIT_EINVAL = -1,   /* an argument, option or file of the user breaks a rule: exit code 2 */
  STRAIT_ENOENT = -2,   /* a file, plugin or name that was asked for does not exist: exit code 2 */
  STRAIT_EFORMAT = -3,  /* a file is not what it claims to be: exit code 2 */
  STRAIT_ENOTSUP = -4,  /* the other side does not offer this: exit code 2 */
  STRAIT_EIO = -5,      /* reading or writing failed: exit code 1 */
  STRAIT_ENOMEM = -6,   /* memory ran out: exit code 1 */
  STRAIT_ESTOP = -7,    /* stopped by a signal; the work can be resumed: exit code 128 + signal */
  STRAIT_EDIVERGE = -8, /* the loss or the weights are no longer finite: exit code 1 */
  STRAIT_EBUG = -9      /* the code broke a promise of its own: exit code 1 */
};

/* The five kinds of plugin. */
enum { STRAIT_MODEL = 1, STRAIT_DATASET, STRAIT_CURVE, STRAIT_SCHEDULE, STRAIT_ENSEMBLER };

/* Types of array elements. */
enum { STRAIT_U8 = 1, STRAIT_I32, STRAIT_I64, STRAIT_F32, STRAIT_F64 };

#define STRAIT_MAX_DIMS 6

struct strait_class;
struct strait_host;

/* The first member of every plugin's instance struct. Frozen for major version 1; the host grows behind `core`. */
typedef struct strait_object {
  const struct strait_class *cls;
  const struct strait_host *host;
  const char *name; /* the instance's name for messages; outlives the instance */
  void *core;       /* the host's; not for plugins */
} strait_object;

#ifdef __cplusplus
}
#endif
#endif
