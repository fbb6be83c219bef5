/* Bad: an integer option, which writes 8 bytes, into a field of 4. */
#include "flat.h"

static const strait_option options[] = {STRAIT_INT("small", struct flat, small, "1", 0, 9, "too narrow a field")};
static const strait_class bad = {
    STRAIT_CLASS(STRAIT_CURVE, "width", "1.0", "a narrow field", struct flat, options, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_PLUGIN(curve, width, bad)
