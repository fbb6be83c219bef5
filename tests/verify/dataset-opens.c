/* Breaks opens: fails, and does not say why. */
#include "dataset.h"

static int32_t open(void *self) { return (void)self, STRAIT_ENOENT; }

DATASET(opens, open, dots_describe, dots_read)
