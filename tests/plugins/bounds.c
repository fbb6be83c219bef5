/* Bad: a default outside its own bounds. */
#include "flat.h"

static const strait_option options[] = {STRAIT_INT("bends", struct flat, bends, "10", 0, 9, "how often it bends")};
static const strait_class bad = {
    STRAIT_CLASS(STRAIT_CURVE, "bounds", "1.0", "a bad default", struct flat, options, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_PLUGIN(curve, bounds, bad)
