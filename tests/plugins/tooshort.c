/* Bad: a class so short that it has no operations. */
#include "flat.h"

static const strait_class tooshort = {
    .size = 16, .kind = STRAIT_CURVE, .instance_size = sizeof(struct flat), .name = "tooshort"};
STRAIT_PLUGIN(curve, tooshort, tooshort)
