/* Bad: crashes as soon as it is opened. */
#include <stdlib.h>

#include "flat.h"

__attribute__((constructor)) static void crash(void) { abort(); }

static const strait_class bad = {STRAIT_CLASS_BARE(STRAIT_CURVE, "crash", "1.0", "crashes", struct flat, &flat_ops),
                                 STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(curve, crash, bad)
