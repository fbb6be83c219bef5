/* store/npy.h: the header of NumPy's .npy format, the members of an .npz. Only for store/. */
#ifndef STORE_NPY_H
#define STORE_NPY_H

#include "base/text.h"
#include "store/arrays.h"

/* The bytes in front of the data: magic, version 1.0, and the dictionary, padded to 64 bytes. C order, little-endian.
 */
void npy_header(struct text *text, const struct array *array);
/* Reads the dictionary (NUL-terminated) into type, rank and dims. Strict; what is legal but not supported (another
 * type, Fortran order) is STRAIT_ENOTSUP. */
int npy_dictionary(const char *text, struct array *array);

#endif
