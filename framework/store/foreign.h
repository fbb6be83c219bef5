/* store/foreign.h: weights in any of the formats that are read here, told apart by content, made ready for our own. */
#ifndef STORE_FOREIGN_H
#define STORE_FOREIGN_H

#include "store/arrays.h"
#include "store/notes.h"

/* Reads the tensors of a safetensors, .npz or PyTorch file, or of all files that an index of parts names. key: see
 * torch_read; only for PyTorch's. *format becomes its name for messages. The counters num_batches_tracked, which
 * nothing here uses, are dropped. Tensors that cannot be read are there all the same, so that they can be dropped by
 * name. */
int foreign_read(struct arrays **arrays, const char *path, const char *key, struct notes *notes, const char **format);
/* To be called when names are settled: STRAIT_ENOTSUP when a tensor is left that could not be read; float64 becomes
 * float32, STRAIT_EINVAL for a number beyond its range. Notes say so. */
int foreign_finish(struct arrays *arrays, struct notes *notes);
/* Writes by the name's end: .pt, .pth, .th, .npz, .safetensors; else STRAIT_EINVAL, which foreign_check_name tells
 * beforehand. */
int foreign_write(const char *path, const struct arrays *arrays);
int foreign_check_name(const char *path);

#endif
