/* cli/trier.h: a plugin put to the laws of verify/ in a child process, so that crashing, hanging and printing are
 * findings. */
#ifndef CLI_TRIER_H
#define CLI_TRIER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define TRIER_FLAG "--verify-plugin"

/* In the child, with the words after the flag: first law, extent, seed, answers, file, settings: runs the laws; the
 * exit code. */
int trier_child(char **words);

struct trier {
  const char *file;
  const char *const *sets;
  size_t set_count;
  int64_t seed; /* of the made-up numbers */
  int patience; /* seconds without a word from the child after which it hangs */
  void *context;
  /* Called for each law when it is decided: {"law", "text", "verdict", "evidence"}, borrowed. */
  void (*decided)(void *context, const json_t *law);
};
/* A failure is one of the child's, before anything can be said of the plugin; or of this process. */
int trier_run(const struct trier *trier);

#endif
