/* store/torch.h: weights in PyTorch's files (.pt, .pth, .th), read without Python and without calling anything.
 *
 * Two formats: a zip (torch.save since 1.6) of a pickle and one member a storage; and the legacy one, five pickles in a
 * row with the storages behind. In both, the pickle is read by store/pickle.h with a table of names that can make
 * tensors and nothing else. */
#ifndef STORE_TORCH_H
#define STORE_TORCH_H

#include "store/arrays.h"
#include "store/notes.h"

/* Does a file that begins with these bytes (64 will do) have the legacy format? Defined in torch_file.c. */
int torch_is_legacy(const void *head, size_t bytes);
/* Is a zip of torch.save's, rather than an .npz? */
int torch_is_zip(const char *path, int *is_torch);

/* Reads the dict of tensors in a file: the whole file's, or the one under `key` ("state_dict"; "a/b" goes down two
 * steps). With key NULL, a checkpoint's one dict of tensors is found; notes say which, and what else was left or
 * changed. Tensors are gathered to C order; float16 and bfloat16 become float32, int8 and int16 int32, bool uint8.
 * STRAIT_EFORMAT: the file is damaged; STRAIT_ENOTSUP: it asks for what is refused; STRAIT_EINVAL: no such key, or no
 * dict of tensors. All name the file. Defined in torch_file.c. */
int torch_read(struct arrays **arrays, const char *path, int legacy, const char *key, struct notes *notes);

/* Writes an OrderedDict of tensors that torch.load reads, weights_only or not; equal arrays are equal bytes. Names are
 * UTF-8. Defined in torch_write.c. */
int torch_write(const char *path, const struct array *arrays, size_t count);

#endif
