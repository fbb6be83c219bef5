/* store/torch.h: weights in PyTorch's files (.pt, .pth, .th), read without Python and without calling anything.
 *
 * Two formats: a zip (torch.save since 1.6) of a pickle and one member a storage; and the legacy one, five pickles in a
 * row with the storages behind. In both, the pickle is read by store/pickle.h with a table of names that can make
 * tensors and nothing else. */
#ifndef STORE_TORCH_H
#define STORE_TORCH_H

#include "store/arrays.h"
#include "store/notes.h"

/* Do these first bytes of a file (32 will do) say that it has the legacy format? Defined in torch_file.c. */
int torch_is_legacy(const void *head, size_t bytes);

/* Reads the dict of tensors in a file: the one under `key` ("state_dict"; "a/b" goes down two steps, "." is the file's
 * own), or with key NULL the only one that can be meant; notes say which, and what else was left or changed. Tensors
 * are gathered to C order; types of elements become ours as arrays.h has it. One that cannot be read is there all the
 * same: see array_refusal. STRAIT_EFORMAT: the file is damaged; STRAIT_ENOTSUP: it asks for what is refused;
 * STRAIT_EINVAL: no such key, no dict of tensors, or several. All name the file. Defined in torch_file.c. */
int torch_read(struct arrays **arrays, const char *path, int legacy, const char *key, struct notes *notes);

/* Writes an OrderedDict of tensors that torch.load reads, weights_only or not; equal arrays are equal bytes. Names are
 * UTF-8. Defined in torch_write.c. */
int torch_write(const char *path, const struct array *arrays, size_t count);

#endif
