/* store/npy.h: the header of NumPy's .npy format, the members of an .npz. Only for store/. */
#ifndef STORE_NPY_H
#define STORE_NPY_H

#include "base/text.h"
#include "store/elements.h"

/* The bytes in front of the data: magic, version 1.0, and the dictionary, padded to 64 bytes. C order, little-endian.
 */
void npy_header(struct text *text, const struct array *array);
/* What the dictionary says of the numbers behind it. */
struct npy_layout {
  const struct element *element;
  int swapped; /* big-endian */
  int fortran; /* the first dimension runs fastest */
};
/* Reads the dictionary (NUL-terminated) into type, rank and dims. Strict; what is legal but cannot be read (another
 * type, more dimensions) is STRAIT_ENOTSUP. */
int npy_dictionary(const char *text, struct array *array, struct npy_layout *layout);
/* Gives the array its data from the file's bytes, in arrays' arena, which change. STRAIT_ENOTSUP as element_place. */
int npy_place(const struct npy_layout *layout, struct arrays *arrays, struct array *array, unsigned char *bytes);

#endif
