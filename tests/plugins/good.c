/* A plugin with nothing wrong, for the tests that move its file about. */
#include "flat.h"

static const strait_option options[] = {STRAIT_INT("bends", struct flat, bends, "1", 0, 9, "how often it bends")};
static const strait_class good = {
    STRAIT_CLASS(STRAIT_CURVE, "good", "1.0", "a sound plugin", struct flat, options, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_PLUGIN(curve, good, good)
