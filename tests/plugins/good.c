/* A plugin with nothing wrong, for the tests that move its file about. */
#include "flat.h"

static const strait_option options[] = {STRAIT_INT("bends", struct flat, bends, "1", 0, 9, "how often it bends")};
STRAIT_REGISTER(curve, good, struct flat, .version = "1.0", .summary = "a sound plugin", .ops = &flat_ops,
                STRAIT_WITH_OPTIONS(options))
