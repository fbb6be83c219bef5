/* Bad: an option that would be written over the object's own header. */
#include "flat.h"

static const strait_option options[] = {STRAIT_STRING("name", struct flat, object.name, "x", "over the header")};
static const strait_class bad = {
    STRAIT_CLASS(STRAIT_CURVE, "header", "1.0", "over the header", struct flat, options, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_PLUGIN(curve, header, bad)
