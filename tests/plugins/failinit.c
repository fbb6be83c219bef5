/* Bad: init refuses, and says why; fini, which may not run then, ends the process. */
#include <stdlib.h>

#include <strait/host.h>

#include "flat.h"

static int32_t init(void *self) { return strait_fail(self, STRAIT_EINVAL, "the moon is not full"); }
static void fini(void *self) {
  (void)self;
  abort();
}

static const strait_class failinit = {
    STRAIT_CLASS_BARE(STRAIT_CURVE, "failinit", "1.0", "refuses", struct flat, &flat_ops), STRAIT_NO_PRESETS, init,
    fini};
STRAIT_PLUGIN(curve, failinit, failinit)
