/* store/elements.h: the types of numbers in files of weights, by the names that each format has for them, and what
 * becomes of each here. Only for store/. */
#ifndef STORE_ELEMENTS_H
#define STORE_ELEMENTS_H

#include "store/loaded.h"

struct element {
  const char *name;        /* PyTorch's and NumPy's word, "float16" */
  const char *storage;     /* PyTorch's storage, "HalfStorage"; NULL: it has none */
  const char *safetensors; /* "F16"; NULL: the format has no such type */
  const char *npy;         /* "f2", behind the sign of the byte order; NULL */
  uint32_t bytes;          /* of one in a file; 0: less than a byte */
  uint32_t type;           /* what it becomes, STRAIT_F32; 0: it is not read */
  /* Numbers, `stride` bytes apart, to a packed array of `type`. NULL: they are equal bytes already. */
  void (*convert)(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count);
};
extern const struct element elements[]; /* ended by a NULL name */

/* The element that a format knows by this word; NULL: none. */
const struct element *element_of_safetensors(const char *word);
const struct element *element_of_npy(const char *word);

/* Gives an array of an element's type its data: `from`, in arrays' arena, as it is where that will do, else gathered
 * and converted. Its numbers lie `strides` elements apart; NULL: packed, in C order. STRAIT_ENOTSUP: one of them does
 * not fit into what it is to become. */
int element_place(const struct element *element, struct arrays *arrays, struct array *array, const int64_t *strides,
                  unsigned char *from);
/* Turns the sign of each number, in an allocation of its own; not of STRAIT_U8. */
int element_negate(struct arrays *arrays, struct array *array);
/* "2 tensors of float16 became float32", one line per type that occurred. */
struct notes;
int element_notes(const struct arrays *arrays, struct notes *notes);

#endif
