/* Bad: says another kind than its file. */
#include "flat.h"

static const strait_class bad = {
    STRAIT_CLASS_BARE(STRAIT_SCHEDULE, "miskind", "1.0", "another kind", struct flat, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_PLUGIN(curve, miskind, bad)
