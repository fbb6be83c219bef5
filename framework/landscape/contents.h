/* landscape/contents.h: the arrays of an .npz file, gathered one by one. A failure is kept and comes out at the end. */
#ifndef LANDSCAPE_CONTENTS_H
#define LANDSCAPE_CONTENTS_H

#include "landscape/evaluate.h"
#include "store/arrays.h"

/* The reference code's names: tr (train), te (test), and va (validation); loss, nll, err. */
extern const char *const split_prefix[SPLITS];
extern const char *const measure_suffix[];

struct contents {
  struct arena *arena; /* for names and copies */
  struct array *array;
  size_t count, capacity;
  int status;
};
int contents_begin(struct contents *contents);
/* Names by a format. The data is borrowed until contents_write; a scalar is copied. */
void contents_add(struct contents *contents, struct array array, const char *format, ...) STRAIT_PRINTF(3, 4);
void contents_row(struct contents *contents, const double *row, int64_t count, const char *format, ...)
    STRAIT_PRINTF(4, 5);
void contents_table(struct contents *contents, const double *table, int64_t rows, int64_t columns, const char *format,
                    ...) STRAIT_PRINTF(5, 6);
void contents_scalar(struct contents *contents, double value, const char *format, ...) STRAIT_PRINTF(3, 4);
/* Writes the file, unless something failed before, and frees the contents in any case. made: says in the file what made
 * it (arrays_check_made). */
int contents_write(struct contents *contents, const char *file, const struct metadata *made, size_t pairs);

/* The array of this name, if it is `count` elements of this type, whatever its dimensions; else NULL. */
const void *arrays_row(const struct arrays *arrays, uint32_t type, int64_t count, const char *format, ...)
    STRAIT_PRINTF(4, 5);

#endif
