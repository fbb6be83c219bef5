/* strait/option.h: the declarative option table.
 *
 * A plugin lists its options once; the host reads INI values by it, checks them, prints `strait describe`, the sample
 * INI and the manual page from it. Values are in the instance struct, at their defaults or as set, before init() is
 * called, and do not change afterwards. Strings and lists belong to the host and live as long as the instance.
 *
 *   struct ridge { strait_object object; int64_t bends; double scale; };
 *   static const strait_option options[] = {
 *     STRAIT_INT("bends", struct ridge, bends, "1", 0, 64, "control points between the two ends"),
 *     STRAIT_FLOAT("scale", struct ridge, scale, "0.5", 0, 1, "how far the ridge leans"),
 *   };
 */
#ifndef STRAIT_OPTION_H
#define STRAIT_OPTION_H

#include <strait/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Option types, with the C type of the field. */
enum {
  STRAIT_OPT_INT = 1, /* int64_t                      "12"                    */
  STRAIT_OPT_FLOAT,   /* double, never NaN            "0.5", "1e-4", "inf" only where max allows it */
  STRAIT_OPT_BOOL,    /* int32_t, 0 or 1              yes no true false on off 1 0 */
  STRAIT_OPT_CHOICE,  /* int32_t, index in `choices`  one of the names        */
  STRAIT_OPT_STRING,  /* const char *, may be NULL when the default is NULL   */
  STRAIT_OPT_PATH,    /* const char *, made absolute: relative to the INI file, or to the current folder for --set */
  STRAIT_OPT_INTS,    /* strait_ints                  separated by blanks     */
  STRAIT_OPT_FLOATS,  /* strait_floats                                        */
  STRAIT_OPT_STRINGS  /* strait_strings; parentheses hold an item together    */
};

enum {
  STRAIT_REQUIRED = 1,  /* must be given; `value` is then only an example, shown in samples */
  STRAIT_REPEATABLE = 2 /* lists only: may be empty */
};

typedef struct strait_ints {
  size_t n;
  const int64_t *v;
} strait_ints;
typedef struct strait_floats {
  size_t n;
  const double *v;
} strait_floats;
typedef struct strait_strings {
  size_t n;
  const char *const *v;
} strait_strings;

typedef struct strait_option {
  const char *name;  /* [a-z][a-z0-9-]* */
  uint32_t type;     /* STRAIT_OPT_... */
  uint32_t flags;    /* STRAIT_REQUIRED | STRAIT_REPEATABLE */
  uint32_t offset;   /* of the field in the instance struct */
  uint32_t width;    /* sizeof the field: the host refuses a table whose widths do not fit the types */
  const char *value; /* the default, as a user would write it; NULL: no value (strings and paths), empty (lists) */
  double min, max;   /* numbers, and each number of a list: least and greatest legal value */
  const char *const *choices; /* STRAIT_OPT_CHOICE: the names, ended by NULL */
  const char *help;           /* one line: what it is, with its unit */
} strait_option;

#define STRAIT_OPTION(name, type, flags, S, field, value, min, max, choices, help)                                     \
  { name, type, flags, (uint32_t)offsetof(S, field), (uint32_t)sizeof(((S *)0)->field), value, min, max, choices, help }
#define STRAIT_INT(name, S, field, value, min, max, help)                                                              \
  STRAIT_OPTION(name, STRAIT_OPT_INT, 0, S, field, value, min, max, NULL, help)
#define STRAIT_FLOAT(name, S, field, value, min, max, help)                                                            \
  STRAIT_OPTION(name, STRAIT_OPT_FLOAT, 0, S, field, value, min, max, NULL, help)
#define STRAIT_BOOL(name, S, field, value, help)                                                                       \
  STRAIT_OPTION(name, STRAIT_OPT_BOOL, 0, S, field, value, 0, 1, NULL, help)
#define STRAIT_CHOICE(name, S, field, value, choices, help)                                                            \
  STRAIT_OPTION(name, STRAIT_OPT_CHOICE, 0, S, field, value, 0, 0, choices, help)
#define STRAIT_STRING(name, S, field, value, help)                                                                     \
  STRAIT_OPTION(name, STRAIT_OPT_STRING, 0, S, field, value, 0, 0, NULL, help)
#define STRAIT_PATH(name, S, field, value, help)                                                                       \
  STRAIT_OPTION(name, STRAIT_OPT_PATH, 0, S, field, value, 0, 0, NULL, help)
#define STRAIT_INTS(name, S, field, value, min, max, help)                                                             \
  STRAIT_OPTION(name, STRAIT_OPT_INTS, 0, S, field, value, min, max, NULL, help)
#define STRAIT_FLOATS(name, S, field, value, min, max, help)                                                           \
  STRAIT_OPTION(name, STRAIT_OPT_FLOATS, 0, S, field, value, min, max, NULL, help)
#define STRAIT_STRINGS(name, S, field, value, help)                                                                    \
  STRAIT_OPTION(name, STRAIT_OPT_STRINGS, 0, S, field, value, 0, 0, NULL, help)

#ifdef __cplusplus
}
#endif
#endif
