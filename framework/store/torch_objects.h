/* store/torch_objects.h: the tensors and storages that a pickle describes, before any data are read. Only for the
 * torch*.c files. */
#ifndef STORE_TORCH_OBJECTS_H
#define STORE_TORCH_OBJECTS_H

#include "store/loaded.h"
#include "store/notes.h"
#include "store/pickle.h"

/* The element types, by the names of their storages. */
struct torch_type {
  const char *storage; /* "HalfStorage" */
  const char *name;    /* "float16" */
  size_t bytes;        /* of an element in the file */
  uint32_t type;       /* what it becomes, STRAIT_F32; 0: it cannot be read */
  /* Elements, `stride` bytes apart, to a packed array of `type`. NULL: they are equal bytes already. */
  void (*convert)(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count);
};
extern const struct torch_type torch_types[]; /* ended by a NULL storage */

/* A piece of memory in the file, as one persistent id describes it. */
struct torch_storage {
  const struct torch_type *type;
  const char *key; /* in the pickle's bytes */
  size_t key_length;
  int64_t count;              /* elements */
  struct torch_storage *same; /* the first one of this key: what follows is filled in there; set by torch_settle */
  int wanted, passed;         /* a chosen tensor uses it; it was met in the file */
  unsigned char *data;        /* NULL until it is read */
};
struct torch_tensor {
  struct torch_storage *storage;
  int64_t offset;                                          /* of its first element in the storage */
  size_t rank;                                             /* above STRAIT_MAX_DIMS: dims and strides are not kept */
  int64_t dims[STRAIT_MAX_DIMS], strides[STRAIT_MAX_DIMS]; /* in elements; all of it lies inside the storage */
};
enum { TORCH_STORAGE = 1, TORCH_TENSOR }; /* the kinds of PICKLE_OBJECT */

struct torch_objects {
  struct arena *arena;
  struct torch_storage **storage; /* one a persistent id; after torch_settle one a key, sorted by key */
  size_t count, capacity;
};
/* Reads a pickle of tensors; pickle_read's contract. */
int torch_pickle(struct torch_objects *objects, const void *data, size_t length, size_t *used,
                 struct pickle_value *value);
/* Brings the storages of one key together; STRAIT_EFORMAT when they contradict each other. */
int torch_settle(struct torch_objects *objects);
/* Of settled storages; NULL when there is none. */
struct torch_storage *torch_find(const struct torch_objects *objects, const char *key, size_t length);
/* Bytes of its data. */
size_t torch_storage_bytes(const struct torch_storage *storage);
void torch_objects_free(struct torch_objects *objects); /* not the arena */

/* The named tensors of the dict that is meant. In `arena`. Defined in torch_select.c. */
struct torch_named {
  const char *name;
  const struct torch_tensor *tensor;
};
int torch_select(const struct pickle_value *root, const char *key, struct arena *arena, struct notes *notes,
                 struct torch_named **named, size_t *count);

/* Adds the tensor, whose storage is read, to arrays, whose arena also holds the storage. Defined in torch_gather.c. */
int torch_gather(struct arrays *arrays, const struct torch_named *named);

#endif
