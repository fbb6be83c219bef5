/* store/pickle.h: Python's pickle, protocols 2 to 5, read by a machine that calls nothing. It makes None, numbers,
 * strings, tuples, lists, sets and dicts. A name from the file (a GLOBAL) is looked up in the reader's own table, where
 * what stands for a call is a function of ours. A name that is not there, and all that it would make if it were called,
 * is an opaque value: it has its name and nothing else. No code, import or attribute of the file's choosing is ever
 * reached. Only for store/. */
#ifndef STORE_PICKLE_H
#define STORE_PICKLE_H

#include "base/memory.h"

/* The types of values. */
enum {
  PICKLE_NONE,
  PICKLE_BOOL,
  PICKLE_INTEGER,
  PICKLE_LONG, /* an integer beyond 64 bits: its bytes, little-endian */
  PICKLE_REAL,
  PICKLE_STRING, /* sound UTF-8 */
  PICKLE_BYTES,
  PICKLE_TUPLE,
  PICKLE_LIST,   /* of a set too */
  PICKLE_DICT,   /* items: key, value, key, value, ... in the order of the file; keys are not compared */
  PICKLE_NAME,   /* of the table */
  PICKLE_OBJECT, /* made by the reader */
  PICKLE_OPAQUE, /* text: the name that would have been called, "numpy.ndarray", as pickle_quote writes it */
  PICKLE_MARK    /* inside the machine alone */
};

struct pickle_items;
struct pickle_value {
  uint32_t type;
  uint32_t kind; /* of an object: the reader's own numbering */
  size_t length; /* of text */
  union {
    int64_t integer;
    double real;
    const char *text; /* inside the pickle's bytes; no NUL behind it */
    struct pickle_items *items;
    const struct pickle_name *name;
    void *object;
  };
};
/* What a tuple, list or dict holds. It may hold itself: whoever walks down counts the steps. */
struct pickle_items {
  struct pickle_value *item;
  size_t count, capacity;
};

struct pickle_machine;
/* Makes *result (None before) from the arguments; a failure ends the reading. What it allocates is of a fixed size: the
 * machine counts calls. */
typedef int pickle_maker(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                         struct pickle_value *result);
/* A name that the reader knows, as "torch" "FloatStorage"; make NULL: a call of it is opaque. */
struct pickle_name {
  const char *module, *name;
  pickle_maker *make;
  size_t what; /* the reader's own */
};
struct pickle_rules {
  const struct pickle_name *names; /* ended by a NULL module */
  pickle_maker *persistent;        /* the object behind a persistent id, the one argument; NULL: refused */
  struct arena *arena;             /* where values live */
  void *context;
};

#define PICKLE_LONGEST (64 << 20) /* bytes of one pickle */

/* Reads one pickle: its value, and how many bytes it took (used may be NULL when it must be all). Values borrow from
 * data and rules. Memory and stack are bounded, whatever the bytes say. STRAIT_EFORMAT: damaged; STRAIT_ENOTSUP: it
 * asks for something that is refused; both name it and the place. */
int pickle_read(const struct pickle_rules *rules, const void *data, size_t length, size_t *used,
                struct pickle_value *value);

/* For makers. Defined in pickle_machine.c. */
const struct pickle_rules *pickle_rules_of(const struct pickle_machine *machine);
/* The maker of collections.OrderedDict, for tables. */
pickle_maker pickle_ordered_dict;

/* "dict", as Python calls it; an opaque value's own name. This and what follows is defined in pickle_value.c. */
const char *pickle_type_name(const struct pickle_value *value);
int pickle_is_text(const struct pickle_value *value, const char *text);
/* Text from a file as it may stand in a message: one line, what is not plain ASCII as \xNN, cut when it is long. In
 * the arena. */
const char *pickle_quote(struct arena *arena, const char *text, size_t length);

#endif
