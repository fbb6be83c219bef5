/* store/wrappers.h: names of tensors as PyTorch's wrappers of a network change them. */
#ifndef STORE_WRAPPERS_H
#define STORE_WRAPPERS_H

#include "store/arrays.h"
#include "store/notes.h"

/* Takes away what wrappers put into names, nested in any order: "_orig_mod." of torch.compile and the like, wherever it
 * is; "module." of DataParallel and AveragedModel, where it follows the same names in all tensors that have these; and
 * AveragedModel's counter n_averaged. Notes say so. */
int arrays_unwrap(struct arrays *arrays, struct notes *notes);
/* A network's own prefix, as "model." of Lightning: takes away the longest one that all tensors share, if that way
 * every name is one for which `known` says yes, and before not all were. */
int arrays_strip_known(struct arrays *arrays, int (*known)(void *context, const char *name), void *context,
                       struct notes *notes);

#endif
