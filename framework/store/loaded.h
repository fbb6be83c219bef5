/* store/loaded.h: what the two readers of arrays share: the arrays read so far, and sizes that are checked before they
 * are believed. Only for store/. Functions are defined in arrays.c. */
#ifndef STORE_LOADED_H
#define STORE_LOADED_H

#include "store/arrays.h"

#define ELEMENT_KINDS 32 /* rows of the table in elements.c, at most */
struct arrays {
  struct arena *arena; /* names, data, metadata */
  struct array *array;
  size_t count, capacity;
  struct metadata *metadata;
  size_t pairs, pairs_capacity;
  size_t converted[ELEMENT_KINDS]; /* arrays of each type of element in the file */
  int without_sums;                /* an archive whose checksums are all 0 */
  struct arrays *adopted;          /* arrays of other files, whose entries are in this one's list */
};
int arrays_create(struct arrays **arrays);
int arrays_add(struct arrays *arrays, const struct array *array); /* the name and data are in the arena already */
/* After a failure: makes of an array one that cannot be read, of type 0, with the reason that error_text has. Only
 * STRAIT_ENOTSUP is such a reason; any other status is returned as it is. */
int arrays_refuse(struct arrays *arrays, struct array *array, int status);
/* Takes over all arrays of another file, which is freed with these. */
int arrays_adopt(struct arrays *arrays, struct arrays *other);
/* STRAIT_ENOTSUP, with name and reason, when an array is there that could not be read. */
int arrays_check_read(const struct arrays *arrays);

/* Bytes of an element; 0 for a type that is none. */
size_t element_bytes(uint32_t type);
/* The bytes of an array's data; STRAIT_EFORMAT when the rank, a dimension or the product is out of range. */
int array_measure(const struct array *array, size_t *bytes);
/* Adds to the bytes that a file's arrays come to. 1: they come to more than `most` times the file, of which the first
 * 16 MB are free: small archives may swell, large ones not without end. */
int array_swells(uint64_t *total, size_t bytes, uint64_t most, uint64_t file_bytes);
/* Are these fit for a file: known types, legal dimensions, names that are there once? STRAIT_EINVAL. */
int arrays_check(const struct array *arrays, size_t count);

#endif
