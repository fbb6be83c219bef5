/* plugin/host.h: the host table that every plugin gets. Its entries are registered by the folders that own them. */
#ifndef PLUGIN_HOST_H
#define PLUGIN_HOST_H

#include <strait/host.h>

/* The process's table. log, fail, alloc, open, the fingerprints and share are filled here; random and
 * gemm by compute/. */
strait_host *host_table(void);

#endif
