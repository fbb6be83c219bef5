/* store/loaded.h: what the two readers of arrays share: the arrays read so far, and sizes that are checked before they
 * are believed. Only for store/. Functions are defined in arrays.c. */
#ifndef STORE_LOADED_H
#define STORE_LOADED_H

#include "store/arrays.h"

struct arrays {
  struct arena *arena; /* names, data, metadata */
  struct array *array;
  size_t count, capacity;
  struct metadata *metadata;
  size_t pairs, pairs_capacity;
};
int arrays_create(struct arrays **arrays);
int arrays_add(struct arrays *arrays, const struct array *array); /* the name and data are in the arena already */

/* Bytes of an element; 0 for a type that is none. */
size_t element_bytes(uint32_t type);
/* The bytes of an array's data; STRAIT_EFORMAT when the rank, a dimension or the product is out of range. */
int array_measure(const struct array *array, size_t *bytes);
/* Are these fit for a file: known types, legal dimensions, names that are there once? STRAIT_EINVAL. */
int arrays_check(const struct array *arrays, size_t count);

#endif
