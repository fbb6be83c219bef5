/* store/pickle_machine.h: a stack, marks in it, a memo of numbered values, and the bytes that drive them. Only for the
 * pickle*.c files. */
#ifndef STORE_PICKLE_MACHINE_H
#define STORE_PICKLE_MACHINE_H

#include "store/pickle.h"

#define MOST_MARKS 1000 /* what a nesting may come to */

struct pickle_machine {
  const struct pickle_rules *rules;
  const unsigned char *data;
  size_t length, at;
  struct pickle_value *stack, *memo; /* memo: a MARK is an empty place */
  size_t depth, stack_capacity, memo_capacity, memo_used;
  size_t marks[MOST_MARKS], mark_count; /* where in the stack, after the mark */
  size_t objects, items;                /* made so far */
  int stopped;
};

/* STRAIT_EFORMAT: "WHY: the file is damaged". */
int machine_damaged(const char *why);
/* The next bytes; an unsigned little-endian number of at most 8 of them; a line, whose newline is passed. */
int machine_take(struct pickle_machine *m, size_t count, const unsigned char **bytes);
int machine_number(struct pickle_machine *m, size_t count, uint64_t *number);
int machine_line(struct pickle_machine *m, struct pickle_value *line);

/* Values above the last mark only: what is below it cannot be popped. */
int machine_push(struct pickle_machine *m, const struct pickle_value *value);
int machine_pop(struct pickle_machine *m, struct pickle_value *value);
int machine_top(struct pickle_machine *m, struct pickle_value **value);
/* Takes the last mark away, and what lies above it, which stays readable until the next push. */
int machine_pop_mark(struct pickle_machine *m, struct pickle_value **first, size_t *count);

/* Each object that is made, ours or a maker's, counts. */
int machine_count(struct pickle_machine *m);
/* Pushes what a name of the file stands for: the table's, or an opaque value. */
int machine_name(struct pickle_machine *m, const struct pickle_value *module, const struct pickle_value *name);
/* What calling a value makes, where nothing is called: an opaque one; EFORMAT where it is no name. */
int machine_opaque(struct pickle_machine *m, const struct pickle_value *called, struct pickle_value *result);
/* Pushes a container with these items; with all above the last mark; a tuple of the `count` topmost values. */
int machine_container(struct pickle_machine *m, uint32_t type, const struct pickle_value *from, size_t count);
int machine_collect(struct pickle_machine *m, uint32_t type);
int machine_tuple(struct pickle_machine *m, size_t count);
/* Adds the `single` topmost values (0: all above the last mark) to the container below them. */
int machine_add(struct pickle_machine *m, uint32_t type, size_t single);

int machine_put(struct pickle_machine *m, uint64_t number); /* the top value, which stays */
int machine_get(struct pickle_machine *m, uint64_t number);

#endif
