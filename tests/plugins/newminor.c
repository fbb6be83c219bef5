/* Bad: needs a host one minor version newer than this one. */
#include "flat.h"

static const strait_class newminor = {.size = sizeof newminor,
                                      .host_minor = STRAIT_ABI_MINOR + 1,
                                      .kind = STRAIT_CURVE,
                                      .instance_size = sizeof(struct flat),
                                      .name = "newminor",
                                      .version = "1.0",
                                      .summary = "needs a newer host",
                                      .ops = &flat_ops};
STRAIT_PLUGIN(curve, newminor, newminor)
