/* data/shelf.h: the samples of one of a data set's splits that are used, with their targets, and with their elements
 * when those fit in memory: in index order, unless that would part the classes (mixing.h). */
#ifndef DATA_SHELF_H
#define DATA_SHELF_H

#include "data/data.h"
#include "data/source.h"

struct shelf {
  int64_t count;
  int64_t *index;     /* (count): their numbers in the data set's own split */
  int32_t *label;     /* (count, source->labels) classes; NULL: real targets */
  float *target;      /* (count, classes); NULL: classes */
  unsigned char *raw; /* (count, source->bytes); NULL: too many, costly, or of different sizes: each use reads */
};
/* How much of a split to take. */
struct selection {
  int64_t limit;    /* `limit` samples: the first, or such as have all classes; 0: all */
  int balanced;     /* limit/classes of each class instead */
  int64_t holdout;  /* the shelf's last samples will be held out */
  uint64_t seed;    /* of the draw, where samples are drawn */
  int skip;         /* leave out samples that cannot be read, and say how many; else they are errors */
  int64_t capacity; /* the most bytes of elements to keep in memory */
};
int shelf_fill(struct shelf *shelf, const struct source *source, int which, const struct selection *selection);
void shelf_free(struct shelf *shelf);
/* Redraws each of the first `count` labels uniformly over the classes with this probability. The draw of a sample
 * depends on the seed and its number in the data set's own split alone. */
void shelf_noise(struct shelf *shelf, int64_t count, int64_t classes, double probability, uint64_t seed);

#endif
