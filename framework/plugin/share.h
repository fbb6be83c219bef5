/* plugin/share.h: the host's service `share` (strait/ensembler.h). For this folder alone. */
#ifndef PLUGIN_SHARE_H
#define PLUGIN_SHARE_H

#include <strait/ensembler.h>

int32_t host_share(const void *self, uint32_t among, int64_t parts, int64_t index, strait_source *source);

#endif
