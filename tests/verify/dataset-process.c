/* Breaks process: its fingerprint is another in each process. */
#include <unistd.h>

#include "dataset.h"

static int32_t open(void *self) {
  int pid = getpid();
  return strait_fingerprint(self, &pid, sizeof pid);
}

DATASET(process, open, dots_describe, dots_read)
