/* Bad: the entry returns nothing. */
#include "flat.h"

STRAIT_EXPORT const strait_class *strait_plugin_v1(const struct strait_host *host);
const strait_class *strait_plugin_v1(const struct strait_host *host) { return (void)host, NULL; }
