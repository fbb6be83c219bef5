/* Bad: says another name than its file. */
#include "flat.h"

static const strait_class bad = {STRAIT_CLASS_BARE(STRAIT_CURVE, "other", "1.0", "misnamed", struct flat, &flat_ops),
                                 STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(curve, misnamed, bad)
