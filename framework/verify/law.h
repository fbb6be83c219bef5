/* verify/law.h: one plugin under test, and what its laws share. For this folder alone. Functions are defined in laws.c,
 * where nothing else is said. */
#ifndef VERIFY_LAW_H
#define VERIFY_LAW_H

#include <strait/strait.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "plugin/registry.h"
#include "verify/statics.h"
#include "verify/verify.h"

/* Option values to test with: the user's, and one or more others. */
struct variant {
  const char *text; /* "bends = 62"; "as set": the user's alone */
  struct setting *settings;
  size_t count;
};

struct trial {
  const char *file;
  uint32_t kind;
  char name[33];
  int opened;              /* the status of loading */
  const char *why;         /* its cause */
  struct inspection found; /* found.cls NULL: every later law lacks its subject */
  strait_class bare;       /* the same without init and fini, for making instances */
  struct arena *arena;
  const struct verify_report *report;
  struct variant *variant; /* [0] is "as set"; the others follow where corners are wanted */
  size_t variants, variant_capacity;
  int corners;
  const char *elsewhere;         /* the answers of another process, as a digest */
  const struct statics *watched; /* NULL: nobody looks */
  size_t changed;                /* bytes of them that were seen to differ */
  int no_operations;             /* 1: it was found that the model has none of its own */
  struct text evidence;
};

/* What a law returns: `return law_fails(t, "c(1) = %g", c);` The evidence names the input and what came of it. */
int law_holds(struct trial *t);
int law_fails(struct trial *t, const char *format, ...) STRAIT_PRINTF(2, 3);
int law_not_run(struct trial *t, const char *format, ...) STRAIT_PRINTF(2, 3);
int law_void(struct trial *t, const char *format, ...) STRAIT_PRINTF(2, 3);
/* Fails with the error chain as evidence, which a refusal of the plugin must have left. */
int law_fails_with_error(struct trial *t, const char *what);
/* Tells the parent where the law is, in case the process ends here. */
void law_note(struct trial *t, const char *format, ...) STRAIT_PRINTF(2, 3);

/* A law: its name is one word; its text completes "it holds that ...". */
struct law {
  const char *name, *text;
  int (*run)(struct trial *t);
};

/* What is particular to a kind. */
struct kind_laws {
  const struct law *law;
  size_t count;
  /* Called once for an instance, before it is exercised; a negative status: it cannot be, as data are not there. NULL:
   * nothing. */
  int (*start)(strait_object *object);
  /* Calls every operation once or a few times, and hashes what they answer. A negative status: it cannot be done. */
  int (*exercise)(struct trial *t, strait_object *object, struct hash *hash);
  /* Calls what must work with any legal options, cheaply; a refusal is a negative status. NULL: nothing. */
  int (*touch)(struct trial *t, strait_object *object);
};
/* A touch for kinds whose exercise is cheap: all of it, its hash thrown away. Defined in common.c. */
int touch_by_exercise(struct trial *t, strait_object *object);
extern const struct kind_laws model_laws, dataset_laws, curve_laws, schedule_laws, ensembler_laws;
const struct kind_laws *laws_of(uint32_t kind);
extern const struct law common_laws[];
extern const size_t common_law_count;

/* An instance with the options of a variant; NULL with the error chain saying why. */
strait_object *trial_object(struct trial *t, const struct variant *variant);

/* The same, started: it can be exercised. This and the next three are defined in common.c. */
strait_object *trial_started(struct trial *t, const struct variant *variant);
/* What an instance answers when it is exercised, as a digest. A status. */
int trial_answers(struct trial *t, strait_object *object, char digest[33]);
/* Copies the plugin's static variables, and (object not NULL) the memory of an instance; free them. A status. */
int trial_statics(struct trial *t, const strait_object *object, struct statics *statics);
/* Looks whether those that are watched changed: to be called between the calls of an exercise, for what is written over
 * again may be the same at the end. */
void trial_watch(struct trial *t);

/* The variants: every option at its limits, one at a time. This and the next three are defined in variants.c. */
int variants_make(struct trial *t, const char *const *sets, size_t count);
/* Values that the option table promises to refuse, for one option: how many, at most `most`. */
size_t variants_beyond(const struct trial *t, const strait_option *option, const char **values, size_t most);
/* The legal values at an option's limits. */
size_t variants_within(const struct trial *t, const strait_option *option, const char **values, size_t most);
/* The variant with one more setting. */
int variant_add(struct trial *t, struct variant *variant, const char *key, const char *value);

/* Runs a law for an instance of each variant; stops at the first that does not hold. "at bends = 62: " goes in front of
 * the evidence. Variants that init refuses are passed over. */
int for_variants(struct trial *t, int (*run)(struct trial *t, strait_object *object));
/* The law `name`_law that is `name` for each variant. */
#define FOR_VARIANTS(name)                                                                                             \
  static int name##_law(struct trial *t) { return for_variants(t, name); }

/* A pseudo-random number: the index-th of a stream named by `purpose`. The same at every run with the same seed. */
void law_seed(uint64_t seed);
uint64_t law_bits(const char *purpose, uint64_t index);
double law_unit(const char *purpose, uint64_t index); /* in [0, 1) */
/* The numbers 0..n-1 in an order chosen by `number`. */
void law_shuffle(int64_t *order, int64_t n, uint64_t number);

/* Work in parts, each of which several threads may do at once: answer() hashes what part number `part` came to. worker:
 * 1 to THREADS; 0 is the thread that does it alone. */
struct parts {
  void *context;
  int (*answer)(void *context, int64_t part, int worker, struct hash *hash);
  int64_t count;
};
/* Does each part on one thread, and then all on several at once, each thread in an order of its own, for a while.
 * *part: one that came to something else there, or -1. This and the next are defined in threads.c. */
enum { THREADS = 4 };
int threads_differ(const struct parts *parts, int64_t *part);
/* The same as a law's verdict. */
int law_threads(struct trial *t, const struct parts *parts);

/* Do the instance's own bytes differ from `before` (a copy of them)? Operations take it const. */
void *bytes_of(const strait_object *object);
int bytes_changed(const strait_object *object, const void *before);

/* What the dynamic symbols of a file say: "" or what is wrong. STRAIT_EFORMAT: it is no ELF file of this machine.
 * Defined in symbols.c. */
int symbols_check(const char *file, struct text *wrong);

#endif
