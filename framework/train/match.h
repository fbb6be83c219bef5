/* train/match.h: do named arrays fit a network? All of them are compared before any is used. */
#ifndef TRAIN_MATCH_H
#define TRAIN_MATCH_H

#include "network/network.h"
#include "store/arrays.h"

enum {
  MATCH_MISSING,    /* the network has it, the arrays have not */
  MATCH_UNEXPECTED, /* the arrays have it, the network has not */
  MATCH_SHAPE,      /* both have it, in different shapes */
  MATCH_TYPE        /* both have it, but not as float32 */
};
struct difference {
  int kind;
  const char *name;
  const struct segment *segment; /* the network's; NULL: unexpected */
  const struct array *array;     /* NULL: missing */
};
struct match {
  size_t matched;                /* names and shapes that agree */
  struct difference *difference; /* the network's in its order, then what is unexpected, in the file's */
  size_t count, capacity;
};
int match_network(struct match *match, const struct network *network, const struct arrays *arrays);
void match_free(struct match *match); /* zeroed: nothing */
/* Copies arrays without differences into vectors of the network's layouts. */
void match_fill(const struct network *network, const struct arrays *arrays, float *theta, float *statistics);

#endif
