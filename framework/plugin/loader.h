/* plugin/loader.h: opens one plugin's file. For this folder alone. */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include "plugin/class.h"

/* The kind and name that a file's name promises ("curve-bezier.so"): the kind, or 0 when it is no plugin's. name: 33
 * bytes. */
uint32_t plugin_file_name(const char *file, char *name);

/* Opens path by the rules of plugin/registry.h and takes its class. The code stays in the process, also when its class
 * is refused. loaded->origin is the caller's to set. */
int loader_open(struct loaded *loaded, const char *path, uint32_t kind, const char *name);

#endif
