/* experiment/ini.h: an experiment file as it was written: sections and settings in order, with their lines; nothing is
 * applied.
 *
 * inih splits the lines; a reader in front of it refuses what inih would take wrongly or in silence (see ini.c). What
 * the verbs, names and keys mean is the experiment's business (stage/). */
#ifndef EXPERIMENT_INI_H
#define EXPERIMENT_INI_H

#include "base/faults.h"
#include "base/memory.h"

struct ini_setting {
  const char *key;
  const char *value; /* trimmed, "" when there is none; the lines of a list are joined with a blank */
  const char *file;
  int line; /* of the key */
};
struct ini_section {
  const char *verb; /* the first word: "defaults", "train" */
  const char *name; /* the second word, or NULL: a section without a name is the experiment's to judge */
  const char *file;
  int line;
  struct ini_setting *settings; /* in order; no key twice */
  size_t count, capacity;
  int damaged; /* a line of it could not be read */
};
struct ini_include {
  const char *file; /* as written */
  int line;
};
struct ini {
  const char *file;             /* as messages show it */
  struct ini_section *sections; /* in order, empty ones too; none twice; at least one, or an include */
  size_t count, capacity;
  struct ini_include *includes; /* "include = FILE", before the first section */
  size_t include_count, include_capacity;
  struct arena *arena; /* the strings' */
};

/* Reads a whole file. Faults of lines, "FILE:LINE: what is wrong; what to do", are added to `faults`; the lines are
 * left out and the rest is read, except after very many. */
int ini_read(struct ini **ini, const char *path, struct faults *faults);
/* The same for text in memory; `file` is for messages. */
int ini_text(struct ini **ini, const char *file, const char *text, size_t length, struct faults *faults);
void ini_free(struct ini *ini); /* NULL is nothing */

#endif
