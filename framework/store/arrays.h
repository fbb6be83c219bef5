/* store/arrays.h: named arrays in files: safetensors for weights, .npz for results. Both are written atomically and are
 * the same bytes for the same content: fixed dates, no owners. Reading checks every size before it is believed. */
#ifndef STORE_ARRAYS_H
#define STORE_ARRAYS_H

#include <strait/types.h>

#include "base/memory.h"

struct array {
  const char *name;
  uint32_t type; /* STRAIT_U8 ... STRAIT_F64; 0: see array_refusal */
  uint32_t rank; /* 0: a scalar */
  int64_t dims[STRAIT_MAX_DIMS];
  const void *data;
};
int64_t array_count(const struct array *array);
size_t array_bytes(const struct array *array);
/* Why an array of a file of others could not be read: of elements that have no place here, or too many dimensions. It
 * has no type, rank and data then, and is in the list so that it can be dropped by its name. NULL: it was read. */
const char *array_refusal(const struct array *array);
/* Shorthands for writers. */
struct array array_f32(const char *name, const float *data, int64_t count);
struct array array_f64(const char *name, const double *data, int64_t count);
struct array array_i64(const char *name, const int64_t *data, int64_t count);

/* Arrays to write, gathered one by one. */
struct array_list {
  struct array *array;
  size_t count, capacity;
};
int array_list_add(struct array_list *list, struct array array);
void array_list_free(struct array_list *list);

struct metadata {
  const char *key, *value;
};

/* safetensors: `__metadata__` gets the pairs, "strait.format" and "strait.checksum", a hash of the whole file that
 * reading verifies: any changed bit is found. Files of others, without these, are read too. Names and pairs are UTF-8,
 * names not twice. Defined in safetensors.c. */
int safetensors_write(const char *path, const struct array *arrays, size_t count, const struct metadata *metadata,
                      size_t pairs);

/* npz: the names are plain ASCII, the pairs a few plain words. They, "strait.format" and "strait.checksum" are the
 * archive's comment; files of others have none, and npz_read reads them too, npz_read_ours does not. Defined in
 * npz.c. */
int npz_write(const char *path, const struct array *arrays, size_t count, const struct metadata *metadata,
              size_t pairs);

/* A whole file read into memory. Elements of types that are not ours become the next larger one of ours: float16 and
 * bfloat16 float32, int8, int16 and uint16 int32, uint32 and uint64 int64, bool uint8; any byte order and NumPy's
 * Fortran order are read. STRAIT_EFORMAT: it is damaged, or of another format; STRAIT_ENOTSUP: legal, but not to be
 * read, as an array of complex numbers or an npz that swells too much. Both name file and array. Defined in
 * safetensors.c and npz.c, as the next. */
struct arrays;
int safetensors_read(struct arrays **arrays, const char *path);
int npz_read(struct arrays **arrays, const char *path);
/* The same, but arrays that cannot be read stay in the list: see array_refusal. */
int safetensors_read_any(struct arrays **arrays, const char *path);
int npz_read_any(struct arrays **arrays, const char *path);
int npz_read_ours(struct arrays **arrays, const char *path);

void arrays_free(struct arrays *arrays);
size_t arrays_count(const struct arrays *arrays);
const struct array *arrays_at(const struct arrays *arrays, size_t i);           /* in file order */
const struct array *arrays_find(const struct arrays *arrays, const char *name); /* NULL when there is none */
const char *arrays_metadata(const struct arrays *arrays, const char *key);      /* NULL when there is none */
/* Does the file say of itself that it was made by this? STRAIT_EINVAL, with what differs, when not. The pairs that
 * tell: "strait.key", the hash of all that decides a stage's results, and "strait.numerics", which a version of strait
 * that alters bytes raises. No pairs: any file will do. */
int arrays_check_made(const struct arrays *arrays, const struct metadata *made, size_t pairs);

#endif
