/* store/torch_objects.h: the tensors and storages that a pickle describes, before any data are read. Only for the
 * torch*.c files. */
#ifndef STORE_TORCH_OBJECTS_H
#define STORE_TORCH_OBJECTS_H

#include "store/elements.h"
#include "store/notes.h"
#include "store/pickle.h"

/* A piece of memory in the file, as one persistent id describes it. */
struct torch_storage {
  const struct element *element; /* NULL: of a type that is not known here, `unknown` */
  const char *unknown;
  const char *key; /* in the pickle's bytes */
  size_t key_length;
  int64_t count;              /* elements */
  struct torch_storage *same; /* the first one of this key: what follows is filled in there; set by torch_settle */
  int wanted, passed;         /* a chosen tensor uses it; it was met in the file */
  unsigned char *data;        /* NULL until it is read */
};
struct torch_tensor {
  const char *refusal; /* why it cannot be read; NULL: it can, and the rest is set */
  struct torch_storage *storage;
  const struct element *element; /* the storage's, unless that has none of its own */
  int negated;                   /* a view whose numbers are the storage's with the other sign */
  int64_t offset;                /* of its first element in the storage */
  size_t rank;
  int64_t dims[STRAIT_MAX_DIMS], strides[STRAIT_MAX_DIMS]; /* in elements; all of it lies inside the storage */
};
enum { TORCH_STORAGE = 1, TORCH_TENSOR }; /* the kinds of PICKLE_OBJECT */

/* What a persistent id makes: a storage, or (in old files) a window on one. */
struct torch_window {
  struct torch_storage *storage;
  int64_t first, count; /* elements */
};

struct torch_objects {
  struct arena *arena;
  const struct pickle_name *names; /* set by torch_pickle */
  struct torch_storage **storage;  /* one a persistent id; after torch_settle one a key, sorted by key */
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

/* The type of numbers that a name of PyTorch's is, torch.float16; NULL: it is none. Is it a class of plain tensors? */
const struct element *torch_type_of(const struct pickle_value *value);
int torch_is_tensor_class(const struct pickle_value *value);

/* What stands for PyTorch's functions of these names. Defined in torch_tensors.c, as the next two. */
pickle_maker torch_make_tensor, torch_make_tensor2, torch_make_tensor3, torch_make_parameter,
    torch_make_parameter_with_state, torch_make_of_type;
/* Is it a tensor? Those that are made by functions of PyTorch that have no part here are opaque values, but tensors
 * too: *tensor is NULL for them, until torch_refused makes one that says so. NULL: memory is out. */
int torch_is_tensor(const struct pickle_value *value, const struct torch_tensor **tensor);
const struct torch_tensor *torch_refused(const struct pickle_value *value, struct arena *arena);

/* The dict that is meant: under `key` ("a/b" goes down two steps, "." is the file's own), or found;
 * *path says where it was found, NULL where nobody needs to be told. Defined in torch_search.c. */
int torch_search(const struct pickle_value *root, const char *key, struct arena *arena,
                 const struct pickle_value **dict, const char **path);

/* The named tensors of the dict that is meant. In `arena`. Defined in torch_select.c. */
struct torch_named {
  const char *name;
  const struct torch_tensor *tensor;
};
int torch_select(const struct pickle_value *root, const char *key, struct arena *arena, struct notes *notes,
                 struct torch_named **named, size_t *count);

#endif
