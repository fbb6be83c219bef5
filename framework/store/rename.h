/* store/rename.h: what tensors are called elsewhere, and what they are to be called here. */
#ifndef STORE_RENAME_H
#define STORE_RENAME_H

#include "store/arrays.h"
#include "store/notes.h"

/* A map file: a line a rule, "FROM TO", blank lines and what follows a # left out. Each * in FROM stands for any run of
 * characters (as few as will do, from left to right) and goes where the * of the same rank is in TO; TO "-" drops the
 * tensor. The first rule that matches a whole name is applied, once; a name that no rule matches stays. */
struct renames;
int renames_read(struct renames **renames, const char *path);
void renames_free(struct renames *renames); /* NULL is nothing */
/* The new name, in the arena: `name` itself where no rule matches; *dropped: it is to go. NULL when memory is out. */
const char *renames_apply(const struct renames *renames, const char *name, struct arena *arena, int *dropped);

/* Takes a prefix away from the names that have it. */
int arrays_strip(struct arrays *arrays, const char *prefix, struct notes *notes);
/* Applies the rules to all names, and drops what is to go. */
int arrays_rename(struct arrays *arrays, const struct renames *renames, struct notes *notes);
/* Are the names there once each? STRAIT_EINVAL. To be asked after renaming. */
int arrays_check_names(const struct arrays *arrays);

#endif
