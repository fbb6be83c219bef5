/* verify/verify.h: the conformance laws: what every plugin holds to, and what a plugin of each kind does. They are the
 * contracts of the public headers, put to the test with nothing but the plugin's own class.
 *
 * A plugin under test may crash, hang or print; so this runs in a child process, law by law, and tells its parent where
 * it is. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <stddef.h>
#include <stdint.h>

/* LAW_NOT_RUN: it could not be tried, which is no success; LAW_VOID: the plugin has nothing that it speaks of. */
enum { LAW_HOLDS, LAW_FAILS, LAW_NOT_RUN, LAW_VOID, VERDICTS };
/* "holds" "fails" "not run" "n/a". Defined in laws.c. */
const char *verdict_name(int verdict);

/* Who is told. Texts are borrowed. */
struct verify_report {
  void *context;
  void (*begin)(void *context, size_t number, const char *law, const char *text); /* a law: its name, what it says */
  void (*note)(void *context, const char *text);                                  /* where in the law it is */
  void (*end)(void *context, int verdict, const char *evidence);                  /* evidence: "" where it holds */
  void (*answers)(void *context, const char *digest); /* VERIFY_ANSWERS: of what an instance answers; "": nothing */
};

/* How much may be tried: all; the options as set alone, after a crash at their limits; nothing, after one in opening.
 * Or no law: an instance is made and asked, for another process to compare. */
enum { VERIFY_NOTHING, VERIFY_AS_SET, VERIFY_ALL, VERIFY_ANSWERS };

struct verify_plan {
  const char *file;        /* KIND-NAME.so */
  const char *const *sets; /* "KEY=VALUE" each, for every instance that is made */
  size_t set_count;
  size_t first;          /* the law to begin with, from 0: after one that ended the process */
  int extent;            /* VERIFY_... */
  uint64_t seed;         /* of the made-up numbers that are tried */
  const char *elsewhere; /* what an instance answered in another process; "": it could not be asked */
};

/* Runs the laws of the file's kind, in order. A failure is not a law that fails: it is what the user has to mend before
 * anything can be said, as a --set that no option takes. Defined in laws.c. */
int verify_run(const struct verify_plan *plan, const struct verify_report *report);

/* What only the parent can see: that nothing is printed. */
extern const char *const silence_law, *const silence_text;

#endif
