/* Bad: made for major version 2, whose layouts version 1 knows nothing of: reading what the entry returns would crash.
 */
#include <strait/types.h>

STRAIT_EXPORT const void *strait_plugin_v2(const void *host);
const void *strait_plugin_v2(const void *host) { return (void)host, (const void *)1; }
