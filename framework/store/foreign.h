/* store/foreign.h: weights in any of the formats that are read here, told apart by content, made ready for our own. */
#ifndef STORE_FOREIGN_H
#define STORE_FOREIGN_H

#include "store/arrays.h"
#include "store/notes.h"

/* Reads the tensors of a safetensors, .npz or PyTorch file. key: see torch_read; only for PyTorch's. *format becomes
 * its name for messages. Float64 becomes float32 (STRAIT_EINVAL for a number beyond its range), and the counters
 * num_batches_tracked, which nothing here uses, are dropped; notes say so. */
int foreign_read(struct arrays **arrays, const char *path, const char *key, struct notes *notes, const char **format);
/* Writes by the name's end: .pt, .pth, .th, .npz, .safetensors; else STRAIT_EINVAL, which foreign_check_name tells
 * beforehand. */
int foreign_write(const char *path, const struct arrays *arrays);
int foreign_check_name(const char *path);

#endif
